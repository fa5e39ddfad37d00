//! A file of 1 KiB written to a container of a large image (64 MiB here, for the sake of time) costs about 1 KiB.

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::live;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "small_file_in_a_large_image_costs_little",
    promise: "A file of 1 KiB written to a container of a large image (64 MiB here, for the sake of time) costs about 1 KiB.",
    why: "A 1 KiB write on a large image costs the whole image where layers are copies.",
    origin: "the founding documents (a 1 KiB file in a 1 GB image); catalogue SH1",
    covers: &["SH1"],
    level: Level::Must,
    theme: Theme::Sharing,
    capability: Some("shares_data_with_parent"),
    broken_by: &[
        Fault::Flipped("shares_data_with_parent"),
        Fault::ConstantUsage,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.shares_data_with_parent;
    let tar = archive::write(&[Entry::file("large", fixture::noise(13, IMAGE))]);
    let base = context.layer_of(None, &tar)?;
    let mut container = context.container(Some(&base))?;
    live::apply(container.root(), &[file("small", fixture::noise(14, 1024))])?;
    let usage = fixture::usage(context, &mut container)?;
    check::that(
        usage.exclusive_bytes >= usage.granularity_bytes.min(1024),
        "the file is counted",
        fixture::bytes(usage.exclusive_bytes),
    )?;
    check::declared(
        "shares_data_with_parent",
        declared,
        usage.exclusive_bytes <= fixture::slack(usage),
        format!(
            "1 KiB in an image of {} costs {}",
            fixture::bytes(IMAGE as u64),
            fixture::bytes(usage.exclusive_bytes)
        ),
    )
}

const IMAGE: usize = 64 << 20;
