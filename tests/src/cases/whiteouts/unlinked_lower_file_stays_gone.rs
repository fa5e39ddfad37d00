//! A lower file that is deleted is gone: from lookup, from listings, after a remount, and for everything that stands on it.

use std::fs;

use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "unlinked_lower_file_stays_gone",
    promise: "A lower file that is deleted is gone: from lookup, from listings, after a remount, and for everything that stands on it.",
    why: "A deleted file that comes back is a security problem.",
    origin: "xfstests overlay/003; unionmount suite; containerd snapshotter suite",
    covers: &["WO1"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::DeletedComeBack,
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
        Fault::CommitLeavesMarkers,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            file("d/b", "2"),
            symlink("s", "d/a"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[remove("d/a"), remove("s")])?;
    check::errno(
        "stat of it",
        Errno::NOENT,
        fs::symlink_metadata(container.path("d/a")),
    )?;
    check::errno(
        "opening it",
        Errno::NOENT,
        fs::File::open(container.path("d/a")),
    )?;
    check::errno(
        "unlinking it again",
        Errno::NOENT,
        fs::remove_file(container.path("d/a")),
    )?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let child = context.layer(Some(&layer), &[file("d/c", "3")])?;
    context.check_layer(&child)?;
    let mut grandchild = context.container(Some(&child))?;
    grandchild.check()?;
    grandchild.apply(&[file("d/a", "new")])?;
    grandchild.check()?;
    Ok(Outcome::Pass)
}
