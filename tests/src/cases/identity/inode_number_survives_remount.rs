//! Inode numbers are the same after the kernel's caches are dropped, and after the container is mounted again.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, remove, rename, symlink, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "inode_number_survives_remount",
    promise: "Inode numbers are the same after the kernel's caches are dropped, and after the container is mounted again.",
    why: "Incremental backups, rsync and NFS take a file with another number for another file.",
    origin: "xfstests overlay/017, 043, 070; catalogue ID1",
    covers: &["ID1"],
    level: Level::Should,
    theme: Theme::Identity,
    capability: Some("inode_survives_remount"),
    broken_by: &[
        Fault::Flipped("inode_survives_remount"),
        Fault::InodesChange,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.inode_survives_remount;
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/lower", "1"),
            file("changed", "2"),
            file("moved", "3"),
            symlink("link", "d"),
        ],
    )?;
    let top = context.layer(Some(&base), &[file("d/middle", "4"), dir("d/sub")])?;
    let mut container = context.container(Some(&top))?;
    // Made and removed first, so that numbers given out in the order of asking are not the same by chance.
    container.apply(&[file("gone", "0"), write("changed", 0, "x")])?;
    container.apply(&[remove("gone"), chmod("d/sub", 0o700)])?;
    container.apply(&[rename("moved", "d/moved"), file("new", "5")])?;
    let before = numbers(&container, false)?;
    fixture::forget_inodes(container.root())?;
    let dropped = numbers(&container, true)?;
    context.mount(&mut container)?;
    let after = numbers(&container, true)?;
    container.check()?;
    check::declared(
        "inode_survives_remount",
        declared,
        before == dropped && before == after,
        format!(
            "{before:?} became {dropped:?} when caches were dropped, and {after:?} when mounted again"
        ),
    )
}

/// The numbers of the same paths, asked in one order or the other.
fn numbers(container: &Container, backwards: bool) -> Result<Vec<u64>, Stop> {
    let mut paths = [
        "d", "d/lower", "d/middle", "d/moved", "d/sub", "changed", "link", "new",
    ];
    if backwards {
        paths.reverse();
    }
    let mut numbers = Vec::new();
    for path in paths {
        numbers.push(container.stat(path)?.ino());
    }
    if backwards {
        numbers.reverse();
    }
    Ok(numbers)
}
