//! A whiteout of nothing, of . or of .. is malformed: the archive is refused and nothing of it is left.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "bare_whiteouts_are_refused",
    promise: "A whiteout of nothing, of . or of .. is malformed: the archive is refused and nothing of it is left.",
    why: "A marker without a name deletes everything, or nothing, depending on the reader.",
    origin: "OCI layer.md (.wh. alone is invalid); containerd and moby archive tests",
    covers: &["WO7"],
    level: Level::Should,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[dir("d"), file("d/a", "1")])?;
    for name in [".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh..."] {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, Some(&base), Kind::Writable)?;
        let tar = archive::write(&[Entry::file(name, "")]);
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        check::refused(&format!("an entry {name}"), ErrorKind::BadInput, outcome)?;
        driver.remove(Item::Container(&key))?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
