//! chmod, chown or a new time of a large lower file costs no copy of its data.

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, file, mtime};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "metadata_change_keeps_data_shared",
    promise: "chmod, chown or a new time of a large lower file costs no copy of its data.",
    why: "`chown -R` in a Dockerfile doubles the image on some drivers.",
    origin: "for-linux 964, openshift/origin 7289 (layers doubled by chown and setcap); xfstests overlay/060",
    covers: &["CU3", "CU11"],
    level: Level::Informs,
    theme: Theme::Sharing,
    capability: Some("metadata_change_keeps_data_shared"),
    broken_by: &[
        Fault::Flipped("metadata_change_keeps_data_shared"),
        Fault::ChangedFilesCountTwice,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.metadata_change_keeps_data_shared;
    let content = fixture::noise(19, SIZE as usize);
    let base = context.layer(
        None,
        &[
            file("a", &content),
            file("b", &content[1..]),
            file("c", &content[2..]),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let before = fixture::usage(context, &mut container)?.exclusive_bytes;
    context.mount(&mut container)?;
    container.apply(&[
        chmod("a", 0o600),
        chown("b", 1, 2),
        mtime("c", 1_000_000_000, 1),
    ])?;
    let usage = fixture::usage(context, &mut container)?;
    let cost = usage.exclusive_bytes.saturating_sub(before);
    context.mount(&mut container)?;
    container.check()?;
    check::declared(
        "metadata_change_keeps_data_shared",
        declared,
        cost <= SIZE / 4 + fixture::slack(usage),
        format!(
            "changing the metadata of three files of {} costs {}",
            fixture::bytes(SIZE),
            fixture::bytes(cost)
        ),
    )
}

const SIZE: u64 = 4 << 20;
