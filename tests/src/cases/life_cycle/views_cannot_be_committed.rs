//! A view is never turned into a layer: the commit is refused, and the view stays.

use drivers::ErrorKind;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "views_cannot_be_committed",
    promise: "A view is never turned into a layer: the commit is refused, and the view stays.",
    why: "A view has nothing to commit; a second name for a layer would confuse its users.",
    origin: "containerd snapshotter suite (view)",
    covers: &["LS8", "LC5"],
    level: Level::Should,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::WritableView],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let id = context.layer_id()?;
    let mut view = context.view(Some(&base))?;
    view.unmount()?;
    let driver = context.driver()?;
    let before = driver.list()?;
    check::refused(
        "a commit of a view",
        ErrorKind::Unsupported,
        driver.commit(&view.key, &id),
    )?;
    check::same("the list", before, driver.list()?)?;
    context.mount(&mut view)?;
    view.check()?;
    Ok(Outcome::Pass)
}
