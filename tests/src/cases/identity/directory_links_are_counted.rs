//! The link count of a directory is two and one for each directory in it, whatever layer each comes from.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "directory_links_are_counted",
    promise: "The link count of a directory is two and one for each directory in it, whatever layer each comes from.",
    why: "find's leaf optimisation skips directories where the count is too low but not 1.",
    origin: "fuse-overlayfs (static nlink option); xfstests overlay/047; find -noleaf; catalogue ID5",
    covers: &["ID5"],
    level: Level::Informs,
    theme: Theme::Identity,
    capability: Some("directory_links_are_counted"),
    broken_by: &[
        Fault::Flipped("directory_links_are_counted"),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.directory_links_are_counted;
    let base = context.layer(
        None,
        &[dir("d"), dir("d/1"), dir("d/2"), file("d/f", "1"), dir("e")],
    )?;
    let top = context.layer(Some(&base), &[dir("d/3"), dir("e/4")])?;
    let mut container = context.container(Some(&top))?;
    let mut seen = vec![counts(&container)?];
    container.apply(&[
        dir("d/5"),
        remove("d/1"),
        dir("own"),
        dir("own/6"),
        rename("own", "e/own"),
    ])?;
    seen.push(counts(&container)?);
    context.mount(&mut container)?;
    seen.push(counts(&container)?);
    container.check()?;
    let right = [[5, 3], [5, 4], [5, 4]];
    // 1 means "not counted": programs then look themselves. Any other number lies to them.
    let honest = seen
        .iter()
        .zip(right)
        .all(|(seen, right)| seen.iter().zip(right).all(|(&s, r)| s == 1 || s == r));
    check::that(
        honest,
        format!("{right:?}, or 1 for \"not counted\""),
        format!("{seen:?}"),
    )?;
    check::declared(
        "directory_links_are_counted",
        declared,
        seen == right,
        format!("link counts of directories: {seen:?}, where {right:?} would be right"),
    )
}

/// The link counts of two directories.
fn counts(container: &Container) -> Result<[u64; 2], Stop> {
    Ok([container.stat("d")?.nlink(), container.stat("e")?.nlink()])
}
