//! An ordinary user who writes to a lower setuid file with capabilities takes the setuid bit and the capabilities away.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{chmod, chown, file, write, xattr};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "writing_takes_privileges_away",
    promise: "An ordinary user who writes to a lower setuid file with capabilities takes the setuid bit and the capabilities away.",
    why: "A setuid program that somebody wrote to must not stay setuid.",
    origin: "google/gvisor 13282; pjdfstest chmod (clearing of setuid)",
    covers: &["CU7", "C29"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: Some("writing_clears_setuid"),
    broken_by: &[
        Fault::SpecialBitsLost,
        Fault::Flipped("writing_clears_setuid"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.arbitrary_owners {
        return Err(Stop::not_applicable(
            "owners other than the caller cannot be stored here",
        ));
    }
    let base = context.layer(
        None,
        &[
            file("su", "program"),
            chown("su", fixture::USER, fixture::USER),
            chmod("su", 0o6777),
            xattr("su", "security.capability", fixture::capability()),
        ],
    )?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    let root = container.root().to_owned();
    fixture::as_user(fixture::USER, || live::apply(&root, &[write("su", 0, "P")]))??;
    let mode = container.stat("su")?.mode() & 0o7777;
    container.predict(&[
        write("su", 0, "P"),
        chmod("su", if mode & 0o6000 == 0 { 0o777 } else { mode }),
    ])?;
    container.check()?;
    context.check_layer(&base)?;
    check::declared(
        "writing_clears_setuid",
        capabilities.writing_clears_setuid,
        mode == 0o777,
        format!("the mode was 6777 and is {mode:o} after another user's write"),
    )
}
