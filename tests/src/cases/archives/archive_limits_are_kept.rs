//! An archive with more entries, bytes or longer paths than it is allowed is refused as malformed.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

/// The promise.
pub const CASE: Case = Case {
    name: "archive_limits_are_kept",
    promise: "An archive with more entries, bytes or longer paths than it is allowed is refused as malformed.",
    why: "One small download must not be able to fill the disk of the host.",
    origin: "catalogue MT8 (bombs, tested by nobody); layerbench driver.rs",
    covers: &["MT8"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::LimitsIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let tar = archive::write(&[
        Entry::file("a", "123"),
        Entry::file("b", "456"),
        Entry::file("c".repeat(200), "7"),
    ]);
    let fine = Limits {
        entries: 3,
        bytes: 7,
        path_bytes: 200,
        ..Limits::default()
    };
    for (what, limits) in [
        ("too many entries", Limits { entries: 2, ..fine }),
        ("too many bytes", Limits { bytes: 5, ..fine }),
        (
            "too long a path",
            Limits {
                path_bytes: 150,
                ..fine
            },
        ),
    ] {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, None, Kind::Writable)?;
        let outcome = driver.apply(&key, &mut &tar[..], &limits);
        check::refused(what, ErrorKind::BadInput, outcome)?;
        driver.remove(Item::Container(&key))?;
    }
    let key = context.key()?;
    let driver = context.driver()?;
    driver.prepare(&key, None, Kind::Writable)?;
    let applied = driver.apply(&key, &mut &tar[..], &fine)?;
    check::same(
        "entries and bytes applied",
        (3, 7),
        (applied.entries, applied.bytes),
    )?;
    Ok(Outcome::Pass)
}
