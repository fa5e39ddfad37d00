//! Every operation on a key or a layer that does not exist is NotFound.

use drivers::{ErrorKind, Item, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;

/// The promise.
pub const CASE: Case = Case {
    name: "unknown_items_are_not_found",
    promise: "Every operation on a key or a layer that does not exist is NotFound.",
    why: "A clear answer on what is not there keeps retries and clean-up simple.",
    origin: "containerd snapshotter suite; moby layer store",
    covers: &["LC5", "LC9"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::UnknownRemoved],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let (key, layer, other) = (context.key()?, context.layer_id()?, context.layer_id()?);
    let at = context.directory()?;
    let driver = context.driver()?;
    let gone = ErrorKind::NotFound;
    check::refused("mount", gone, driver.mount(&key, &at))?;
    check::refused("stage", gone, driver.stage(&key))?;
    check::refused("commit", gone, driver.commit(&key, &other))?;
    check::refused(
        "apply",
        gone,
        driver.apply(&key, &mut &[0_u8; 1024][..], &Limits::default()),
    )?;
    for item in [Item::Container(&key), Item::Layer(&layer)] {
        check::refused("view", gone, driver.view(item))?;
        check::refused("parent", gone, driver.parent(item))?;
        check::refused("changes", gone, driver.changes(item))?;
        check::refused("export", gone, driver.export(item, &mut Vec::new()))?;
        check::refused("usage", gone, driver.usage(item))?;
        check::refused("remove", gone, driver.remove(item))?;
    }
    Ok(Outcome::Pass)
}
