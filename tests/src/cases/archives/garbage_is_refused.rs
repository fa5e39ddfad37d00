//! What is no archive is refused as malformed.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "garbage_is_refused",
    promise: "What is no archive is refused as malformed.",
    why: "An error page saved as a layer must not become an empty layer.",
    origin: "containers/storage bats (junk); moby archive fuzzing",
    covers: &["DF12", "MT11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let gzip = [&[0x1f, 0x8b, 8, 0][..], &fixture::noise(44, 2000)].concat();
    for (what, tar) in [
        ("noise", fixture::noise(45, 4096)),
        ("a compressed stream", gzip),
        ("text", b"hello\n".repeat(200)),
    ] {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, None, Kind::Writable)?;
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        check::refused(what, ErrorKind::BadInput, outcome)?;
        driver.remove(Item::Container(&key))?;
    }
    Ok(Outcome::Pass)
}
