//! A mounted container layer cannot be removed or committed: InUse, and nothing changes; unmounted it can.

use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "mounted_item_is_kept",
    promise: "A mounted container layer cannot be removed or committed: InUse, and nothing changes; unmounted it can.",
    why: "Removing what still runs leaves containers without their files.",
    origin: "moby 31195, 45510 (busy on remove); layerbench driver.rs",
    covers: &["LC3", "C74"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::MountIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let id = context.layer_id()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("b", "2")])?;
    let driver = context.driver()?;
    let before = driver.list()?;
    let remove = driver.remove(Item::Container(&container.key));
    check::refused("removal of a mounted container", ErrorKind::InUse, remove)?;
    let commit = driver.commit(&container.key, &id);
    check::refused("commit of a mounted container", ErrorKind::InUse, commit)?;
    let stage = driver.stage(&container.key);
    check::refused(
        "unpacking into a mounted container",
        ErrorKind::InUse,
        stage,
    )?;
    check::same("the list", before, driver.list()?)?;
    container.check()?;
    container.apply(&[file("c", "still writable")])?;
    container.check()?;
    context.remove(container)?;
    Ok(Outcome::Pass)
}
