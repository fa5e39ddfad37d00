//! The inode number of a lower file does not change when it is first written, renamed or linked.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, link, rename, write};

/// The promise.
pub const CASE: Case = Case {
    name: "inode_number_survives_copy_up",
    promise: "The inode number of a lower file does not change when it is first written, renamed or linked.",
    why: "tar, rsync and backup tools know files by inode number; a change looks like a replaced file.",
    origin: "xfstests overlay/017, 043; unionmount suite",
    covers: &["ID1"],
    level: Level::Informs,
    theme: Theme::Identity,
    capability: Some("inode_survives_copy_up"),
    broken_by: &[Fault::Flipped("inode_survives_copy_up")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.inode_survives_copy_up;
    let base = context.layer(
        None,
        &[file("a", "1"), file("b", "2"), file("r", "3"), dir("d")],
    )?;
    let mut container = context.container(Some(&base))?;
    let before = (container.stat("a")?.ino(), container.stat("b")?.ino());
    let unwritten = container.stat("r")?.ino();
    container.apply(&[write("a", 0, "x"), chmod("b", 0o600)])?;
    let after = (container.stat("a")?.ino(), container.stat("b")?.ino());
    container.apply(&[rename("a", "c")])?;
    let renamed = (container.stat("c")?.ino(), container.stat("b")?.ino());
    check::same("inode numbers over a rename", after, renamed)?;
    // A rename alone copies the file up, too.
    container.apply(&[rename("r", "d/r")])?;
    let moved = container.stat("d/r")?.ino();
    // In a user namespace overlayfs cannot find a file's origin again, and a new name shows the number of the copy.
    container.apply(&[link("b", "l")])?;
    let linked = container.stat("l")?.ino();
    check::declared(
        "inode_survives_copy_up",
        declared,
        before == after && linked == before.1 && moved == unwritten,
        format!(
            "{before:?} became {after:?}, and {linked} as seen by a new name; {unwritten} became {moved} by a rename"
        ),
    )
}
