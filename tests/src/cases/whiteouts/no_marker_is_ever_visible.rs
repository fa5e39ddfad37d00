//! However files are deleted and renamed, a container never shows a whiteout, an opaque attribute or any other book-keeping.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove, rename};
use crate::oracle::{compare, seen};

/// The promise.
pub const CASE: Case = Case {
    name: "no_marker_is_ever_visible",
    promise: "However files are deleted and renamed, a container never shows a whiteout, an opaque attribute or any other book-keeping.",
    why: "Users have met character devices and odd files that belong to the driver.",
    origin: "coreos/bugs 1097, 989 (character devices in listings); xfstests overlay/006, 011",
    covers: &["WO1", "WO5", "XA5", "C9"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::CommitLeavesMarkers,
        Fault::CommitLosesEmptyDirectories,
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
            dir("e"),
            file("e/a", "3"),
            file("f", "4"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        rename("d/a", "e/moved"),
        rename("d/b", "d/a"),
        remove("e/a"),
        rename("f", "d/f"),
        dir("new"),
        rename("e/moved", "new/a"),
        remove("d/f"),
        rename("new", "newer"),
        remove("e"),
        dir("e"),
    ])?;
    container.check()?;
    for path in seen::read(container.root())?.keys() {
        check::that(
            !path
                .split(|&b| b == b'/')
                .any(|name| name.starts_with(b".wh.")),
            "no marker",
            compare::show(path),
        )?;
    }
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let container = context.container(Some(&layer))?;
    container.check()?;
    Ok(Outcome::Pass)
}
