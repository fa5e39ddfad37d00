//! A directory that is exchanged with one of another directory keeps its modification time.

use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, mtime};

/// The promise.
pub const CASE: Case = Case {
    name: "exchanged_directory_keeps_its_time",
    promise: "A directory that is exchanged with one of another directory keeps its modification time.",
    why: "Two releases swapped in place look modified to whatever compares times.",
    origin: "layerbench, found by a random sequence on xfs (xfs_cross_rename stamps both)",
    covers: &["RN4"],
    level: Level::Informs,
    theme: Theme::Renames,
    capability: Some("exchanged_directory_keeps_time"),
    broken_by: &[Fault::Flipped("exchanged_directory_keeps_time")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.rename_flags {
        return Err(Stop::not_applicable("renameat2 has no flags here"));
    }
    let mut container = context.container(None)?;
    container.apply(&[
        dir("a"),
        dir("b"),
        dir("a/one"),
        dir("b/two"),
        mtime("a/one", 1_000_000_000, 0),
    ])?;
    let (from, to) = (container.path("a/one"), container.path("b/two"));
    renameat_with(CWD, &from, CWD, &to, RenameFlags::EXCHANGE)
        .map_err(|errno| Stop::fail("RENAME_EXCHANGE works", errno.to_string()))?;
    let time = container.stat("b/two")?.mtime();
    check::declared(
        "exchanged_directory_keeps_time",
        capabilities.exchanged_directory_keeps_time,
        time == 1_000_000_000,
        format!("its time was 1000000000 and is {time}"),
    )
}
