//! A container mounted twice, in two places or on one, is one tree until both have ended, whoever ends them.

use std::fs;

use drivers::error::Attempt as _;
use drivers::mount::unmount_at;
use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "one_container_can_be_mounted_twice",
    promise: "A container mounted twice, in two places or on one, is one tree until both have ended, whoever ends them.",
    why: "Engines mount a container again to copy files in and out; administrators unmount behind their backs.",
    origin: "containers/storage bats (nested mounts, double release); layerbench driver.rs",
    covers: &["LC2"],
    level: Level::Should,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::MountIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    let elsewhere = context.directory()?;
    // In two places, then twice on one.
    for (round, at) in [elsewhere, container.root().to_owned()]
        .into_iter()
        .enumerate()
    {
        let name = format!("b{round}");
        let second = context.driver()?.mount(&container.key, &at)?;
        container.apply(&[file(&name, "2"), file("etc/passwd", "changed")])?;
        for (name, wanted) in [("etc/passwd", "changed"), (&name, "2")] {
            let path = at.join(name);
            let content = fs::read_to_string(&path).attempt("read", &path)?;
            check::same(name, wanted, content.as_str())?;
        }
        container.unmount()?;
        let remove = context.driver()?.remove(Item::Container(&container.key));
        check::refused("removal while one mount is left", ErrorKind::InUse, remove)?;
        let path = at.join(&name);
        let content = fs::read_to_string(&path).attempt("read", &path)?;
        check::same("what the other mount shows", "2", content.as_str())?;
        second.unmount()?;
        context.mount(&mut container)?;
        container.check()?;
    }
    // Ended by somebody else: the release that follows is harmless, and nothing stays in use.
    unmount_at(container.root()).attempt("unmount", container.root())?;
    container.unmount()?;
    context.mount(&mut container)?;
    container.check()?;
    let at = container.root().to_owned();
    context.remove(container)?;
    let left = fs::read_dir(&at).attempt("list", &at)?.count();
    check::same("names on the mountpoint after the last unmount", 0, left)?;
    Ok(Outcome::Pass)
}
