//! Of two entries with one name the last one wins, whatever their types; a directory given twice keeps its entries.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{chmod, dir, file, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "last_of_two_entries_wins",
    promise: "Of two entries with one name the last one wins, whatever their types; a directory given twice keeps its entries.",
    why: "If scanners and engines disagree on which entry counts, a scanned image is not what runs.",
    origin: "OCI layer.md (no duplicates); catalogue MT5 (policy: last wins)",
    covers: &["MT5"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FirstOfTwoWins],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let tar = archive::write(&[
        Entry::file("a", "first, and longer"),
        Entry::file("a", "last"),
        Entry::file("b", "a file"),
        Entry::dir("b/"),
        Entry::file("b/in", "1"),
        Entry::symlink("c", "a"),
        Entry::file("c", "not through the link"),
        Entry::dir("d/"),
        Entry::file("d/in", "2"),
        Entry {
            mode: 0o700,
            ..Entry::dir("d/")
        },
        Entry::dir("e/"),
        Entry::file("e/in", "3"),
        Entry::symlink("e", "d"),
    ]);
    let layer = context.layer_of(None, &tar)?;
    context.expect(
        &layer,
        None,
        &[
            file("a", "last"),
            dir("b"),
            file("b/in", "1"),
            file("c", "not through the link"),
            dir("d"),
            file("d/in", "2"),
            chmod("d", 0o700),
            symlink("e", "d"),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
