//! After commit the key is gone, its name is free, and the layer has its content, for good.

use drivers::{ErrorKind, Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "commit_consumes_the_key",
    promise: "After commit the key is gone, its name is free, and the layer has its content, for good.",
    why: "A build step that can still be written to after its commit changes an image others already use.",
    origin: "containerd snapshotter suite (commit); layerbench driver.rs",
    covers: &["LC1", "LC5"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::KeyAfterCommit],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("b", "2"), remove("a")])?;
    let key = container.key.clone();
    let id = context.commit(container)?;
    let driver = context.driver()?;
    let listed = driver.list()?;
    check::that(
        !listed.iter().any(|info| info.key.as_ref() == Some(&key)),
        "the key is gone from the list",
        "it is still there",
    )?;
    check::that(
        listed
            .iter()
            .any(|info| info.layer.as_ref() == Some(&id) && info.parent.as_ref() == Some(&base)),
        "the layer is listed, on its parent",
        "it is not",
    )?;
    let view = driver.view(Item::Container(&key));
    check::refused("a view of the old key", ErrorKind::NotFound, view)?;
    let commit = driver.commit(&key, &id);
    check::refused("a second commit", ErrorKind::NotFound, commit)?;
    check::same("the parent", Some(base), driver.parent(Item::Layer(&id))?)?;
    context.check_layer(&id)?;
    // The name is free again, and what is done under it does not reach the layer.
    let driver = context.driver()?;
    driver.prepare(&key, Some(&id), Kind::Writable)?;
    let at = context.directory()?;
    let mount = context.driver()?.mount(&key, &at)?;
    live::apply(&at, &[file("b", "changed"), file("c", "new")])?;
    mount.unmount()?;
    context.check_layer(&id)?;
    Ok(Outcome::Pass)
}
