//! A container mounted in two places is one tree: what is written in one is seen in the other, until both have ended.

use std::fs;

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "one_container_can_be_mounted_twice",
    promise: "A container mounted in two places is one tree: what is written in one is seen in the other, until both have ended.",
    why: "Engines mount a container again to copy files in and out.",
    origin: "containers/storage bats (nested mounts); layerbench driver.rs",
    covers: &["LC2"],
    level: Level::Should,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::MountIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let mut container = context.container(Some(&base))?;
    let at = context.directory()?;
    let second = context.driver()?.mount(&container.key, &at)?;
    container.apply(&[file("b", "2"), file("a", "changed")])?;
    for (name, wanted) in [("a", "changed"), ("b", "2")] {
        let path = at.join(name);
        let content = fs::read_to_string(&path).attempt("read", &path)?;
        check::same(name, wanted, content.as_str())?;
    }
    container.unmount()?;
    let remove = context.driver()?.remove(Item::Container(&container.key));
    check::refused("removal while one mount is left", ErrorKind::InUse, remove)?;
    second.unmount()?;
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}
