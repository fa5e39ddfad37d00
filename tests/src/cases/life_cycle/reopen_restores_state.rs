//! Layers, containers, what they hold and what they stand on survive a restart of the driver.

use drivers::{ErrorKind, Info, Item, Key, Kind, LayerId};
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{file, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "reopen_restores_state",
    promise: "Layers, containers, what they hold and what they stand on survive a restart of the driver.",
    why: "After a restart of the engine all images and containers must be there.",
    origin: "moby layer store and containers/storage bats (reload)",
    covers: &["LC6"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[
        Fault::ForgottenContainers,
        Fault::ViewsForgotten,
        Fault::ListReversed,
        Fault::ListForgetsViews,
        Fault::ListForgetsParents,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(Some(&base), &[remove("bin"), file("new", "1")])?;
    let mut container = context.container(Some(&top))?;
    container.apply(&[file("etc/passwd", "mine"), remove("new")])?;
    container.unmount()?;
    let mut view = context.view(Some(&base))?;
    view.unmount()?;
    let before = context.driver()?.list()?;
    let info = |key: Option<&Key>, layer: Option<&LayerId>, parent: Option<&LayerId>, kind| Info {
        key: key.cloned(),
        layer: layer.cloned(),
        parent: parent.cloned(),
        kind,
    };
    let writable = Some(Kind::Writable);
    let wanted = [
        info(None, Some(&base), None, None),
        info(None, Some(&top), Some(&base), None),
        info(Some(&container.key), None, Some(&top), writable),
        info(Some(&view.key), None, Some(&base), Some(Kind::View)),
    ];
    let mine: Vec<Info> = before
        .iter()
        .filter(|info| wanted.contains(info))
        .cloned()
        .collect();
    check::that(
        mine == wanted,
        format!("a list, in order of creation, with {wanted:?}"),
        format!("{before:?}"),
    )?;
    context.restart()?;
    check::same("the list", before, context.driver()?.list()?)?;
    context.check_layer(&base)?;
    context.check_layer(&top)?;
    let driver = context.driver()?;
    let parent = driver.parent(Item::Container(&container.key))?;
    check::same("the container's parent", Some(top.clone()), parent)?;
    let taken = driver.prepare(&container.key, None, Kind::Writable);
    check::refused("a name taken before", ErrorKind::AlreadyExists, taken)?;
    let used = driver.remove(Item::Layer(&top));
    check::refused("removal of a layer used before", ErrorKind::InUse, used)?;
    context.mount(&mut container)?;
    container.check()?;
    container.apply(&[file("later", "2")])?;
    container.check()?;
    context.mount(&mut view)?;
    let outcome = live::apply(view.root(), &[file("x", "")]);
    check::that(
        outcome
            .as_ref()
            .is_err_and(|e| e.raw_os_error() == Some(Errno::ROFS.raw_os_error())),
        "a view is still a view",
        format!("{outcome:?}"),
    )?;
    Ok(Outcome::Pass)
}
