//! A volume bound into a container is outside of it: renames across give EXDEV, it is no part of the changes, and it outlives the container.

use std::fs;

use drivers::Item;
use drivers::error::Attempt as _;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "volume_outlives_its_container",
    promise: "A volume bound into a container is outside of it: renames across give EXDEV, it is no part of the changes, and it outlives the container.",
    why: "Volumes are where data goes that must outlive the container.",
    origin: "moby volumes; pjdfstest rename (EXDEV)",
    covers: &["RN6"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[
        Fault::RemovalReachesVolumes,
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
        Fault::Lie(&lies::LINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[dir("data"), file("data/hidden", "1"), file("a", "1")],
    )?;
    let mut container = context.container(Some(&base))?;
    let volume = tempfile::tempdir_in(context.driver()?.plain_dir())
        .attempt("make a volume in", context.driver()?.plain_dir())?;
    let bind = drivers::mount::bind(volume.path(), &container.path("data"), false)?;
    live::apply(container.root(), &[file("data/row", "kept")])?;
    let across = rustix::fs::rename(container.path("a"), container.path("data/a"));
    check::errno("a rename into the volume", Errno::XDEV, across)?;
    let across = rustix::fs::link(container.path("data/row"), container.path("row"));
    check::errno("a link out of the volume", Errno::XDEV, across)?;
    bind.unmount()?;
    container.check()?;
    container.unmount()?;
    let changes = context.driver()?.changes(Item::Container(&container.key))?;
    check::same("changes", Vec::new(), changes)?;
    context.remove(container)?;
    let path = volume.path().join("row");
    let content = fs::read_to_string(&path).ok();
    check::same("the volume's content", Some("kept"), content.as_deref())?;
    Ok(Outcome::Pass)
}
