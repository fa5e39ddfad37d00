//! A container layer on a layer that does not exist is NotFound, and nothing is left behind.

use drivers::{ErrorKind, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;

/// The promise.
pub const CASE: Case = Case {
    name: "missing_parent_is_refused",
    promise: "A container layer on a layer that does not exist is NotFound, and nothing is left behind.",
    origin: "containerd snapshotter suite; moby layer store (missing parent)",
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let (key, absent) = (context.key()?, context.layer_id()?);
    let driver = context.driver()?;
    let before = driver.list()?;
    for kind in [Kind::Writable, Kind::View] {
        let outcome = driver.prepare(&key, Some(&absent), kind);
        check::refused("prepare on a missing layer", ErrorKind::NotFound, outcome)?;
    }
    check::same("the list", before, driver.list()?)?;
    // The name is still free.
    driver.prepare(&key, None, Kind::Writable)?;
    Ok(Outcome::Pass)
}
