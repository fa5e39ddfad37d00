//! A container layer on a layer that does not exist is NotFound, and nothing is left behind.

use drivers::{ErrorKind, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;

/// The promise.
pub const CASE: Case = Case {
    name: "missing_parent_is_refused",
    promise: "A container layer on a layer that does not exist is NotFound, and nothing is left behind.",
    why: "A container on nothing, instead of on its image, starts and then fails strangely.",
    origin: "containerd snapshotter suite; moby layer store (missing parent)",
    covers: &["LC5"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::MissingParent],
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
