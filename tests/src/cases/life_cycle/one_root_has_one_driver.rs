//! A root that a driver has open is refused to every other, unharmed, and free again once it is closed.

use drivers::ErrorKind;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "one_root_has_one_driver",
    promise: "A root that a driver has open is refused to every other, unharmed, and free again once it is closed.",
    why: "Two engines on one directory discard each other's half-made layers and mount one upper directory twice.",
    origin: "xfstests overlay/036, 065 (shared upper and work directories); containers/storage (lock files)",
    covers: &["LC7"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::RootShared],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("mine", "1")])?;
    let root = context.root()?.clone();
    let before = context.driver()?.list()?;
    for _ in 0..2 {
        let second = context.open_at(&root)?;
        check::refused("a second driver on the root", ErrorKind::InUse, second)?;
    }
    check::same("the list", &before, &context.driver()?.list()?)?;
    container.check()?;
    container.apply(&[file("after", "2")])?;
    container.unmount()?;
    context.close()?;
    let next = context.open_at(&root)??;
    check::same("the list of the next", &before, &next.list()?)?;
    next.close()?;
    context.restart()?;
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}
