//! A lower directory is ENOTEMPTY until all it shows is deleted, there or in a layer below, and then can be removed.

use std::fs;

use drivers::error::Attempt as _;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "emptied_lower_directory_can_be_removed",
    promise: "A lower directory is ENOTEMPTY until all it shows is deleted, there or in a layer below, and then can be removed.",
    why: "`rmdir` after deleting everything inside must work, whatever the driver hides there.",
    origin: "xfstests overlay/010, 031; unionmount suite (rmdir)",
    covers: &["WO4"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::WhiteoutsForgotten,
        Fault::Lie(&lies::RMDIR_DOES_NOTHING),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            dir("d/sub"),
            file("d/sub/b", "2"),
        ],
    )?;
    let base = context.layer(
        Some(&base),
        &[
            file("d/c", "3"),
            dir("emptied"),
            file("emptied/a", "4"),
            dir("deep"),
            dir("deep/inner"),
            file("deep/inner/a", "5"),
            dir("half"),
            file("half/gone", "6"),
            file("half/kept", "7"),
        ],
    )?;
    let deletions = [
        remove("emptied/a"),
        remove("deep/inner/a"),
        remove("half/gone"),
    ];
    let emptied = context.layer(Some(&base), &deletions)?;
    let mut container = context.container(Some(&base))?;
    for (op, left) in [("d/a", true), ("d/sub", true), ("d/c", false)] {
        let early = fs::remove_dir(container.path("d"));
        check::errno("rmdir of a full directory", Errno::NOTEMPTY, early)?;
        container.apply(&[remove(op)])?;
        check::same("names left", left, !container.names("d")?.is_empty())?;
    }
    fs::remove_dir(container.path("d")).attempt("remove", container.path("d"))?;
    container.predict(&[remove("d")])?;
    container.check()?;
    container.apply(&[file("d", "now a file")])?;
    container.check()?;

    // The layer below holds nothing but deletions in `emptied`, and in `deep` another such directory.
    let mut child = context.container(Some(&emptied))?;
    check::same("names in it", 0, child.names("emptied")?.len())?;
    for full in ["deep", "half"] {
        let early = fs::remove_dir(child.path(full));
        check::errno("rmdir of a full directory", Errno::NOTEMPTY, early)?;
    }
    child.apply(&[dir("new")])?;
    let over = rustix::fs::rename(child.path("new"), child.path("half"));
    check::that(
        // POSIX allows both.
        matches!(over, Err(Errno::NOTEMPTY | Errno::EXIST)),
        "rename over a full directory: ENOTEMPTY or EEXIST",
        format!("{over:?}"),
    )?;
    for empty in ["emptied", "deep/inner", "deep"] {
        fs::remove_dir(child.path(empty)).attempt("remove", child.path(empty))?;
        child.predict(&[remove(empty)])?;
    }
    for (what, path, errno) in [
        ("what is gone", "emptied", Errno::NOENT),
        ("a file", "half/kept", Errno::NOTDIR),
        ("the directory itself, as a dot", "half/.", Errno::INVAL),
        (
            "the directory above, as two dots",
            "half/..",
            Errno::NOTEMPTY,
        ),
    ] {
        let refused = rustix::fs::rmdir(child.path(path));
        check::errno(&format!("rmdir of {what}"), errno, refused)?;
    }
    child.check()?;
    child.apply(&[dir("emptied")])?;
    check::same("names in it", 0, child.names("emptied")?.len())?;
    context.mount(&mut child)?;
    child.check()?;
    let layer = context.commit(child)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
