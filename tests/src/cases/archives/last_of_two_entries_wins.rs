//! Of two entries with one name the last one wins, whatever their types; a directory given twice keeps its entries.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{Op, chmod, dir, fifo, file, link, mtime, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "last_of_two_entries_wins",
    promise: "Of two entries with one name the last one wins, whatever their types; a directory given twice keeps its entries.",
    why: "If scanners and engines disagree on which entry counts, a scanned image is not what runs.",
    origin: "OCI layer.md (no duplicates); catalogue MT5 (policy: last wins, as GNU tar and containerd have it)",
    covers: &["MT5"],
    level: Level::Should,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FirstOfTwoWins],
    run,
};

/// Every type that a name can have, with the entries and what they make. `target` is there for links.
fn types(name: &str) -> [(Vec<Entry>, Vec<Op>); 5] {
    let inside = format!("{name}/in");
    [
        (
            vec![Entry::file(name, "content")],
            vec![file(name, "content")],
        ),
        (
            vec![Entry::dir(format!("{name}/")), Entry::file(&inside, "1")],
            vec![dir(name), file(&inside, "1")],
        ),
        (
            vec![Entry::symlink(name, "target")],
            vec![symlink(name, "target")],
        ),
        (
            vec![Entry::link(name, "target")],
            vec![link("target", name)],
        ),
        (
            vec![Entry::new(tar::EntryType::Fifo, name)],
            vec![fifo(name), chmod(name, 0o644)],
        ),
    ]
}

fn run(context: &mut Context<'_>) -> Verdict {
    // Every type after every other.
    let mut entries = vec![Entry::file("target", "linked")];
    let mut ops = vec![file("target", "linked")];
    for first in 0..5 {
        for last in 0..5 {
            let name = format!("{first}-{last}");
            let [before, after] = [first, last].map(|number| types(&name)[number].clone());
            entries.extend(before.0);
            entries.extend(after.0);
            ops.extend(after.1);
        }
    }
    // The content that a name had is gone, what others share stays; a directory described anew keeps what is in it.
    entries.extend([
        Entry::file("a", "first, and longer"),
        Entry::file("a", "last"),
        Entry::file("b", "shared"),
        Entry::link("c", "b"),
        Entry::file("b", "alone"),
        Entry {
            mode: 0o700,
            mtime: (1_234_567_890, 5),
            ..Entry::dir("1-1/")
        },
    ]);
    ops.extend([
        file("a", "last"),
        file("c", "shared"),
        file("b", "alone"),
        chmod("1-1", 0o700),
        mtime("1-1", 1_234_567_890, 5),
    ]);
    let layer = context.layer_of(None, &archive::write(&entries))?;
    context.expect(&layer, None, &ops)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
