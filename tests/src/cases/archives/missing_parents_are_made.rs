//! Directories that an archive implies but does not name are made, and those below keep what they have.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{chmod, chown, dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "missing_parents_are_made",
    promise: "Directories that an archive implies but does not name are made, and those below keep what they have.",
    why: "Minimal images leave out parent directories; readers must agree on their mode.",
    origin: "containerd and moby archive tests (missing parents); catalogue DF9",
    covers: &["DF9"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::ParentsReset],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            chmod("d", 0o711),
            chown("d", 3, 4),
            file("d/a", "1"),
        ],
    )?;
    let tar = archive::write(&[
        Entry::file("d/new/deep/b", "2"),
        Entry::file("fresh/c", "3"),
        Entry::file("d/e", "4"),
    ]);
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(
        &layer,
        Some(&base),
        &[
            dir("d/new"),
            dir("d/new/deep"),
            file("d/new/deep/b", "2"),
            dir("fresh"),
            file("fresh/c", "3"),
            file("d/e", "4"),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
