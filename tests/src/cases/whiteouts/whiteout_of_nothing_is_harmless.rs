//! A whiteout of a name that is not there deletes nothing, shows nowhere, and later layers can use the name.

use std::fs;

use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "whiteout_of_nothing_is_harmless",
    promise: "A whiteout of a name that is not there deletes nothing, shows nowhere, and later layers can use the name.",
    why: "Layers made elsewhere delete what is not there.",
    origin: "containerd archive tests (whiteout under a dead link); fuse-overlayfs 309 (listed but not there)",
    covers: &["WO8", "C8"],
    level: Level::Should,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::MarkersAreFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[dir("d"), file("d/a", "1"), symlink("dead", "no/where")],
    )?;
    let tar = archive::write(&[
        Entry::file("d/.wh.nothing", ""),
        Entry::file(".wh.nothing", ""),
        Entry::file("d/.wh..wh..opq", ""),
        Entry::dir("d/"),
        Entry::file("d/b", "2"),
        Entry::file("d/.wh.neither", ""),
    ]);
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(
        &layer,
        Some(&base),
        &[remove("d"), dir("d"), file("d/b", "2")],
    )?;
    context.check_layer(&layer)?;
    let mut container = context.container(Some(&layer))?;
    container.check()?;
    container.apply(&[
        file("nothing", "now"),
        file("d/nothing", "now"),
        remove("d/b"),
    ])?;
    container.check()?;
    let gone = fs::remove_file(container.path("d/neither"));
    check::errno("unlinking what never was", Errno::NOENT, gone)?;
    container.apply(&[remove("d")])?;
    container.check()?;
    Ok(Outcome::Pass)
}
