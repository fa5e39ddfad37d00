//! An unmount while a file is open fails, nothing changes, and once the file is closed unmount and removal work.

use std::io::{Read as _, Seek as _};

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "busy_mount_stays_whole",
    promise: "An unmount while a file is open fails, nothing changes, and once the file is closed unmount and removal work.",
    why: "A removal that is refused once must not leave a container that can be neither used nor removed.",
    origin: "moby 31195, 30392, 22260 (busy on remove, and never again)",
    covers: &["LC3", "C74"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::LazyUnmount, Fault::MountIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let id = context.layer_id()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("mine", "1"), remove("bin")])?;
    for path in ["etc/passwd", "mine"] {
        let mut open = container.open(path)?;
        check::refused(
            &format!("an unmount while {path} is open"),
            ErrorKind::InUse,
            container.try_unmount(),
        )?;
        let item = Item::Container(&container.key);
        let driver = context.driver()?;
        check::refused("its removal", ErrorKind::InUse, driver.remove(item))?;
        let commit = driver.commit(&container.key, &id);
        check::refused("its commit", ErrorKind::InUse, commit)?;
        // Still there, still writable, and the descriptor still reads.
        container.check()?;
        container.apply(&[file(format!("after-{}", path.len()), "2")])?;
        container.check()?;
        let mut text = String::new();
        open.rewind().attempt("rewind", path)?;
        open.read_to_string(&mut text).attempt("read", path)?;
        check::that(!text.is_empty(), "its content is read", "nothing")?;
        drop(open);
        container.unmount()?;
        context.mount(&mut container)?;
        container.check()?;
    }
    let key = container.key.clone();
    context.remove(container)?;
    let again = context.driver()?.remove(Item::Container(&key));
    check::refused("a second removal", ErrorKind::NotFound, again)?;
    Ok(Outcome::Pass)
}
