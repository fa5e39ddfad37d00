//! A lower directory is ENOTEMPTY until all it shows is deleted, and then can be removed.

use std::fs;

use drivers::error::Attempt as _;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "emptied_lower_directory_can_be_removed",
    promise: "A lower directory is ENOTEMPTY until all it shows is deleted, and then can be removed.",
    why: "`rmdir` after deleting everything inside must work, whatever the driver hides there.",
    origin: "xfstests overlay/010, 031; unionmount suite (rmdir)",
    covers: &["WO4"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[],
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
    let base = context.layer(Some(&base), &[file("d/c", "3")])?;
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
    Ok(Outcome::Pass)
}
