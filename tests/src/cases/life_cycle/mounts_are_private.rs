//! Mounts do not spread to other mount namespaces, and none is left when the driver is closed.

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::namespace::{Namespace, Places};
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "mounts_are_private",
    promise: "Mounts do not spread to other mount namespaces, and none is left when the driver is closed.",
    why: "A mount that spreads is held by every service of the host, and can never be taken away cleanly.",
    origin: "containers/storage (private mount of the home directory); moby 17839, 34672",
    covers: &["LC8"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::SharedMount, Fault::MountLeft],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    // With whatever the driver holds for itself, before and after.
    let places = Places::of(context)?;
    context.close()?;
    let closed = places.mounts()?;
    context.restart()?;
    let other = Namespace::copy(context)?;
    let there = places.clone();
    let seen_before = other.run(move || there.mounts())??;
    let mut container = context.container(Some(&base))?;
    let mut view = context.view(Some(&base))?;
    container.apply(&[file("mine", "1")])?;
    let driver = context.driver()?;
    let shown = driver.view(drivers::Item::Container(&container.key))?;
    let ours: Vec<String> = places
        .mounts()?
        .into_iter()
        .filter(|line| !closed.contains(line))
        .collect();
    check::that(
        !ours.is_empty(),
        "the container's mount is listed",
        "no new mount",
    )?;
    for line in &ours {
        // Optional fields tell with whom a mount shares.
        let optional = line.split(" - ").next().unwrap_or_default();
        check::that(
            !optional.contains(" shared:") && !optional.contains(" master:"),
            "every mount is private",
            line,
        )?;
    }
    let there = places.clone();
    let seen_after = other.run(move || there.mounts())??;
    check::same("mounts in another namespace", seen_before, seen_after)?;
    other.end();
    shown.close()?;
    container.unmount()?;
    view.unmount()?;
    context.close()?;
    let left: Vec<String> = places
        .mounts()?
        .into_iter()
        .filter(|line| !closed.contains(line))
        .collect();
    context.restart()?;
    if left.is_empty() {
        Ok(Outcome::Pass)
    } else {
        Err(Stop::fail(
            "no mount is left when the driver is closed",
            left.join("\n"),
        ))
    }
}
