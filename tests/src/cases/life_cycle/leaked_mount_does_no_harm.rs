//! A copy of a mount that another mount namespace still holds keeps no container from being mounted again or removed.

use drivers::Item;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::namespace::Namespace;
use crate::oracle::op::{file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "leaked_mount_does_no_harm",
    promise: "A copy of a mount that another mount namespace still holds keeps no container from being mounted again or removed.",
    why: "Any service started meanwhile with a private namespace holds such copies: containers could not be restarted.",
    origin: "moby 34672 and devmapper tests (leaked mounts, upperdir busy); kernel ovl_inuse",
    covers: &["LC3", "C75"],
    level: Level::Should,
    theme: Theme::LifeCycle,
    capability: Some("leaked_mounts_do_no_harm"),
    broken_by: &[Fault::Flipped("leaked_mounts_do_no_harm")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.leaked_mounts_do_no_harm;
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    let mut doomed = context.container(Some(&base))?;
    container.apply(&[file("mine", "1"), remove("bin")])?;
    doomed.apply(&[file("mine", "1"), remove("bin")])?;
    let leak = Namespace::copy(context)?;
    let mut harm = Vec::new();
    for left in [&mut container, &mut doomed] {
        harm.extend(left.unmount().err().map(|Stop(outcome)| outcome.reason()));
    }
    let (key, item) = (container.key.clone(), Item::Container(&doomed.key));
    match context.driver()?.mount(&key, container.root()) {
        Ok(mount) => {
            container.check()?;
            container.apply(&[file("more", "2"), write("etc/passwd", 0, "mine")])?;
            container.check()?;
            mount.unmount()?;
        }
        Err(error) => harm.push(error.to_string()),
    }
    let removed = context.driver()?.remove(item);
    if let Err(error) = &removed {
        harm.push(error.to_string());
    }
    leak.end();
    // Without the copy, all is as if it had never been.
    context.mount(&mut container)?;
    container.check()?;
    container.unmount()?;
    if removed.is_err() {
        context.driver()?.remove(item)?;
    }
    context.restart()?;
    context.mount(&mut container)?;
    container.check()?;
    check::declared(
        "leaked_mounts_do_no_harm",
        declared,
        harm.is_empty(),
        harm.join("; "),
    )
}
