//! An archive cut within a header or within a file is malformed, and is not taken for a shorter one.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "cut_archive_is_refused",
    promise: "An archive cut within a header or within a file is malformed, and is not taken for a shorter one.",
    why: "A download that ended early must not become an image that lacks files.",
    origin: "catalogue MT8 (truncated stream); containers/storage bats",
    covers: &["MT8", "DF12"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let tar = archive::write(&[
        Entry::file("a", "1"),
        Entry::file("b", fixture::noise(43, 5000)),
    ]);
    // In the first header, in the second, in the content, in the padding.
    for length in [
        100,
        512 + 512 + 300,
        512 + 512 + 512 + 2000,
        512 + 512 + 512 + 5000,
    ] {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, None, Kind::Writable)?;
        let outcome = driver.apply(&key, &mut &tar[..length], &Limits::default());
        check::refused(
            &format!("an archive cut after {length} bytes"),
            ErrorKind::BadInput,
            outcome,
        )?;
        driver.remove(Item::Container(&key))?;
    }
    Ok(Outcome::Pass)
}
