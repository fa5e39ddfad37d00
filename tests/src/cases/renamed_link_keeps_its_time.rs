//! A symbolic link of a lower layer keeps its time and owner when it is renamed.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::oracle::op::{chown, mtime, rename, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "renamed_link_keeps_its_time",
    promise: "A symbolic link of a lower layer keeps its time and owner when it is renamed.",
    origin: "fuse-overlayfs symlinks tests (timestamps); catalogue CU9",
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("symlink_time_survives_copy_up"),
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.symlink_time_survives_copy_up;
    let base = context.layer(
        None,
        &[
            symlink("l", "to"),
            chown("l", 5, 6),
            mtime("l", 1_000_000_001, 0),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[rename("l", "m")])?;
    container.check()?;
    let seconds = container.stat("m")?.mtime();
    check::declared(
        "symlink_time_survives_copy_up",
        declared,
        seconds == 1_000_000_001,
        format!("its time is {seconds}, not 1000000001"),
    )
}
