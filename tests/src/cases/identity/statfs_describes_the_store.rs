//! statfs of a container gives the room of the store it stands on, one identity for all that is in it, and a lasting type.

use std::path::Path;

use drivers::error::Attempt as _;
use rustix::fs::{StatVfs, statfs, statvfs};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{fixture, lies};

/// The promise.
pub const CASE: Case = Case {
    name: "statfs_describes_the_store",
    promise: "statfs of a container gives the room of the store it stands on, one identity for all that is in it, and a lasting type.",
    why: "Installers and databases ask statfs whether there is room; a zero or a stranger's number stops or misleads them.",
    origin: "xfstests overlay/081 (fsid); fuse-overlayfs statfs tests; catalogue ID9",
    covers: &["ID9"],
    level: Level::Should,
    theme: Theme::Identity,
    capability: Some("filesystem_id"),
    broken_by: &[Fault::Lie(&lies::STATFS_IS_REFUSED)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("new", "1"), write("etc/passwd", 0, "x")])?;
    let first = ask(&container.path(""))?;
    for path in ["new", "etc/passwd", "bin/su", "var", "dev/pipe"] {
        let (other, kind) = ask(&container.path(path))?;
        check::same(
            &format!("type and id at {path}"),
            (first.0.f_fsid, first.1),
            (other.f_fsid, kind),
        )?;
    }
    let room = first.0;
    check::that(
        first.1 != 0
            && room.f_frsize.is_power_of_two()
            && room.f_blocks > 0
            && room.f_bfree <= room.f_blocks
            && room.f_bavail <= room.f_bfree
            && room.f_bavail > 0,
        "a type, a block size that is a power of two, and free blocks among all blocks",
        format!(
            "type {:#x}, {} blocks of {}, {} free, {} available",
            first.1, room.f_blocks, room.f_frsize, room.f_bfree, room.f_bavail
        ),
    )?;
    check::same(
        "the longest name",
        u64::from(capabilities.name_max),
        room.f_namemax,
    )?;
    // The store's own numbers: a container without a quota has all of its room.
    let plain = context.driver()?.plain_dir().to_owned();
    let (store, _) = ask(&plain)?;
    let bytes = |of: &StatVfs| of.f_blocks.saturating_mul(of.f_frsize);
    check::that(
        bytes(&room).abs_diff(bytes(&store)) <= bytes(&store) / 10,
        format!("the size of the store, {}", fixture::bytes(bytes(&store))),
        fixture::bytes(bytes(&room)),
    )?;
    filled(context, &mut container)?;
    context.mount(&mut container)?;
    let (again, kind) = ask(&container.path(""))?;
    check::same("the type after a remount", first.1, kind)?;
    check::declared(
        "filesystem_id",
        capabilities.filesystem_id,
        room.f_fsid != 0 && again.f_fsid == room.f_fsid,
        format!(
            "the id is {:#x}, and {:#x} after a remount",
            room.f_fsid, again.f_fsid
        ),
    )
}

/// What is written is missing from the free space.
fn filled(context: &Context<'_>, container: &mut Container) -> Result<(), Stop> {
    const WRITTEN: usize = 8 << 20;
    // Others may free space of the same filesystem meanwhile: once is proof enough.
    let mut taken = 0;
    for number in 0..3 {
        let before = free(&ask(container.root())?.0);
        container.apply(&[file(
            format!("filler-{number}"),
            fixture::noise(41 + number, WRITTEN),
        )])?;
        context.driver()?.sync()?;
        taken = before.saturating_sub(free(&ask(container.root())?.0));
        if taken >= WRITTEN as u64 / 2 {
            return Ok(());
        }
    }
    Err(Stop::fail(
        format!(
            "{} less free after writing that",
            fixture::bytes(WRITTEN as u64)
        ),
        format!("{} less", fixture::bytes(taken)),
    ))
}

fn free(of: &StatVfs) -> u64 {
    of.f_bfree.saturating_mul(of.f_frsize)
}

/// Room and type.
fn ask(path: &Path) -> Result<(StatVfs, i64), Stop> {
    let room = statvfs(path).attempt("ask for the room at", path)?;
    let kind = statfs(path).attempt("ask for the type of", path)?.f_type;
    Ok((room, kind))
}
