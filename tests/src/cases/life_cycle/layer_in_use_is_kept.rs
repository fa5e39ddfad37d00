//! A layer that another layer or a container stands on cannot be removed: InUse, and nothing changes.

use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "layer_in_use_is_kept",
    promise: "A layer that another layer or a container stands on cannot be removed: InUse, and nothing changes.",
    why: "Deleting a layer that others stand on destroys them.",
    origin: "containers/storage bats (delete order); containerd snapshotter suite; the founding documents",
    covers: &["LC1"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::ChildrenIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let child = context.layer(Some(&base), &[file("b", "2")])?;
    let container = context.container(Some(&child))?;
    let view = context.view(Some(&base))?;
    let driver = context.driver()?;
    let before = driver.list()?;
    for (layer, why) in [
        (&base, "under a layer and a view"),
        (&child, "under a container"),
    ] {
        let outcome = driver.remove(Item::Layer(layer));
        check::refused(
            &format!("removal of a layer {why}"),
            ErrorKind::InUse,
            outcome,
        )?;
    }
    check::same("the list", before, driver.list()?)?;
    context.check_layer(&base)?;
    context.check_layer(&child)?;
    container.check()?;
    view.check()?;
    context.remove(container)?;
    context.remove(view)?;
    let driver = context.driver()?;
    driver.remove(Item::Layer(&child))?;
    driver.remove(Item::Layer(&base))?;
    let view = driver.view(Item::Layer(&base));
    check::refused("a view of a removed layer", ErrorKind::NotFound, view)?;
    Ok(Outcome::Pass)
}
