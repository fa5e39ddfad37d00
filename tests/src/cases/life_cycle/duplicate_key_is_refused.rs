//! Names are taken once: a second prepare of a key is AlreadyExists, whatever its kind, and the first stays as it was.

use drivers::{ErrorKind, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "duplicate_key_is_refused",
    promise: "Names are taken once: a second prepare of a key is AlreadyExists, whatever its kind, and the first stays as it was.",
    why: "Two containers under one name would write over each other.",
    origin: "containerd snapshotter suite; moby layer store (duplicate id)",
    covers: &["LC5"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::DuplicateKey],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let mut first = context.container(Some(&base))?;
    first.apply(&[file("mine", "kept")])?;
    let driver = context.driver()?;
    let before = driver.list()?;
    for (parent, kind) in [
        (Some(&base), Kind::Writable),
        (None, Kind::Writable),
        (Some(&base), Kind::View),
    ] {
        let again = driver.prepare(&first.key, parent, kind);
        check::refused("a second prepare of a key", ErrorKind::AlreadyExists, again)?;
    }
    check::same("the list", before, driver.list()?)?;
    first.check()?;
    Ok(Outcome::Pass)
}
