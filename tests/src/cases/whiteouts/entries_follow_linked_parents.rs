//! An archive's entries and whiteouts go through symbolic links among their parents, inside the root, and the link stays a link.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "entries_follow_linked_parents",
    promise: "An archive's entries and whiteouts go through symbolic links among their parents, inside the root, and the link stays a link.",
    why: "Distributions made /bin a link to usr/bin; a layer that writes bin/x must not hide the rest.",
    origin: "usr-merged distributions (bin -> usr/bin); containerd archive tests; moby archive",
    covers: &["DF10", "WO8"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::LinkedParentsReplaced],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("usr"),
            dir("usr/bin"),
            file("usr/bin/old", "1"),
            symlink("bin", "usr/bin"),
            dir("usr/lib"),
            file("usr/lib/old", "1"),
            symlink("lib", "/usr/lib"),
        ],
    )?;
    let middle = context.layer(Some(&base), &[file("x", "1")])?;
    let tar = archive::write(&[
        Entry::file("bin/new", "2"),
        Entry::file("bin/.wh.old", ""),
        Entry::file("lib/new", "2"),
        Entry::file("lib/.wh.old", ""),
    ]);
    let layer = context.layer_of(Some(&middle), &tar)?;
    context.expect(
        &layer,
        Some(&middle),
        &[
            file("usr/bin/new", "2"),
            remove("usr/bin/old"),
            file("usr/lib/new", "2"),
            remove("usr/lib/old"),
        ],
    )?;
    context.check_layer(&layer)?;
    let container = context.container(Some(&layer))?;
    container.check()?;
    Ok(Outcome::Pass)
}
