//! Nothing is renamed or linked across a mount in a container, and a mountpoint cannot be taken away.

use drivers::error::Attempt as _;
use rustix::fs::{AtFlags, CWD, linkat, rename, unlinkat};
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{dir, file, symlink};
use crate::oracle::seen;

/// The promise.
pub const CASE: Case = Case {
    name: "mounts_are_boundaries",
    promise: "rename and link of any type between a container, a volume in it and another container are EXDEV in every direction; a mountpoint is EBUSY; nothing changes.",
    why: "mv falls back to copying on EXDEV alone; a half rename across a mount would lose the file.",
    origin: "POSIX.1-2024 rename() EXDEV, EBUSY; rename(2); pjdfstest rename/15, link/14, rmdir/13",
    covers: &["RN6"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
        Fault::Lie(&lies::LINK_DOES_NOTHING),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

/// What lies on each side.
const NAMES: [&str; 4] = ["file", "empty", "full", "link"];

fn run(context: &mut Context<'_>) -> Verdict {
    let types = [
        file("file", "1"),
        dir("empty"),
        dir("full"),
        file("full/in", "2"),
        symlink("link", "nowhere"),
    ];
    let lower = [&types[..], &[dir("volume"), file("volume/hidden", "3")]].concat();
    let base = context.layer(None, &lower)?;
    let mut container = context.container(Some(&base))?;
    let mut other = context.container(Some(&base))?;
    let plain = context.driver()?.plain_dir();
    let volume = tempfile::tempdir_in(plain).attempt("make a volume in", plain)?;
    live::apply(volume.path(), &types)?;
    let untouched = seen::read(volume.path())?;
    let bind = drivers::mount::bind(volume.path(), &container.path("volume"), false)?;

    let (inside, outside) = (container.path("volume"), container.root().to_owned());
    let elsewhere = other.root().to_owned();
    let sides = [
        ("into the volume", &outside, &inside),
        ("out of the volume", &inside, &outside),
        ("into another container", &outside, &elsewhere),
        (
            "from the volume into another container",
            &inside,
            &elsewhere,
        ),
    ];
    for (way, from, to) in sides {
        for name in NAMES {
            let moved = rename(from.join(name), to.join("new"));
            check::errno(&format!("rename of {name} {way}"), Errno::XDEV, moved)?;
            let replaced = rename(from.join(name), to.join(name));
            check::errno(
                &format!("rename of {name} over its like {way}"),
                Errno::XDEV,
                replaced,
            )?;
            if ["file", "link"].contains(&name) {
                let linked = linkat(CWD, from.join(name), CWD, to.join("new"), AtFlags::empty());
                check::errno(&format!("link of {name} {way}"), Errno::XDEV, linked)?;
            }
        }
    }
    let (at, new) = (container.path("volume"), container.path("new"));
    let removed = unlinkat(CWD, &at, AtFlags::REMOVEDIR);
    check::errno("rmdir of a mountpoint", Errno::BUSY, removed)?;
    check::errno("rename of a mountpoint", Errno::BUSY, rename(&at, &new))?;
    let over = rename(container.path("empty"), &at);
    check::errno("rename over a mountpoint", Errno::BUSY, over)?;

    check::same("the volume", untouched, seen::read(volume.path())?)?;
    bind.unmount()?;
    for container in [&mut container, &mut other] {
        container.check()?;
        context.mount(container)?;
        container.check()?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
