//! A driver is not closed over a mounted container; closed and opened again and again, it says the same of all it keeps.

use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "closing_keeps_state_and_refuses_what_is_mounted",
    promise: "A driver is not closed over a mounted container; closed and opened again and again, it says the same of all it keeps.",
    why: "A service that is restarted must find what it left, and must not pull the ground from under what runs.",
    origin: "containerd snapshotter suite (close); containers/storage bats (status, metadata)",
    covers: &["LC9", "LC6"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::CloseIgnoresMounts, Fault::ForgottenContainers],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("mine", "1")])?;
    let listed = context.driver()?.list()?;
    let refused = context.close();
    check::refused("to close while mounted", ErrorKind::InUse, refused)?;
    // The mount is as it was, whoever is there to end it.
    container.check()?;
    container.apply(&[file("after", "2")])?;
    container.check()?;
    container.unmount()?;
    context.restart()?;
    check::same("the list", listed, context.driver()?.list()?)?;
    let status = status(context)?;
    for _ in 0..2 {
        context.restart()?;
        check::same(
            "what the driver says of itself",
            &status,
            &self::status(context)?,
        )?;
    }
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}

/// Everything a driver says that must not change, as text.
fn status(context: &Context<'_>) -> Result<String, crate::Stop> {
    let driver = context.driver()?;
    let mut told = format!(
        "{}\n{:?}\n{:?}\n",
        driver.ground_label(),
        driver.capabilities(),
        driver.plain_dir()
    );
    check::that(
        driver.plain_dir().is_dir(),
        "the plain directory is there",
        "it is not",
    )?;
    check::that(
        !driver.ground_label().is_empty(),
        "it says what it stands on",
        "nothing",
    )?;
    for (name, _) in driver.facts() {
        told.push_str(&name);
        told.push('\n');
    }
    let list = driver.list()?;
    for info in &list {
        let item = match (&info.key, &info.layer) {
            (Some(key), None) => Item::Container(key),
            (None, Some(id)) => Item::Layer(id),
            _ => {
                return Err(crate::Stop::fail(
                    "an item is a container or a layer",
                    format!("{info:?}"),
                ));
            }
        };
        check::same("the parent", &info.parent, &driver.parent(item)?)?;
        check::same("kind of a layer", info.layer.is_some(), info.kind.is_none())?;
    }
    told.extend(list.iter().map(|info| format!("{info:?}\n")));
    Ok(told)
}
