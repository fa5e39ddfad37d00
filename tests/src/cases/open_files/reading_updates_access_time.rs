//! Reading changes a file's access time as the mount says (relatime), and not with O_NOATIME or noatime, in every layer.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use drivers::error::Attempt as _;
use drivers::sys::mount_attr;
use rustix::fs::{OFlags, StatVfsMountFlags, statvfs};
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chmod, file, mtime};

/// The promise.
pub const CASE: Case = Case {
    name: "reading_updates_access_time",
    promise: "Reading changes a file's access time as the mount says (relatime), and not with O_NOATIME or noatime, in every layer.",
    why: "tmpwatch and mail readers go by access times; where each read writes, reading costs space.",
    origin: "xfstests overlay/039; kernel overlayfs (lower atime); mount(8) relatime; catalogue FD6",
    covers: &["FD6"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("reading_lower_updates_access_time"),
    broken_by: &[
        Fault::Flipped("reading_lower_updates_access_time"),
        Fault::Flipped("reading_own_updates_access_time"),
        Fault::Flipped("noatime_is_heeded"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    // Modified in times to come: relatime sees every access time as older. A file of its own for each question, because
    // what is cached is not read again.
    let ops = |names: &[&str]| -> Vec<Op> {
        names
            .iter()
            .flat_map(|name| [file(name, "1"), mtime(name, 2_000_000_000, 0)])
            .collect()
    };
    let base = context.layer(
        None,
        &ops(&[
            "lower",
            "lower-quiet",
            "lower-noatime",
            "changed",
            "changed-quiet",
            "changed-noatime",
        ]),
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&ops(&["own", "own-quiet", "own-noatime"]))?;
    for name in ["changed", "changed-quiet", "changed-noatime"] {
        container.apply(&[chmod(name, 0o600)])?;
    }
    let room = statvfs(container.root()).attempt("look at", container.root())?;
    let moving = !room.f_flag.contains(StatVfsMountFlags::NOATIME);
    let moved = all(&container, "", OFlags::empty())?;
    let despite_flag = all(&container, "-quiet", OFlags::NOATIME)?;
    let mount = container.open("")?;
    let despite_mount = match mount_attr::without_access_times(mount.as_fd()) {
        // The host decides it for its own mounts, and in a user namespace this may be one of them.
        Err(error) if error.raw_os_error() == Some(Errno::PERM.raw_os_error()) => [false; 3],
        outcome => {
            outcome.attempt("set noatime on", container.root())?;
            all(&container, "-noatime", OFlags::empty())?
        }
    };
    drop(mount);
    container.check()?;
    let words = |moved: [bool; 3]| {
        let names: Vec<_> = READ
            .into_iter()
            .zip(moved)
            .filter(|(_, moved)| *moved)
            .map(|(name, _)| name)
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(" and ")
        }
    };
    let said = format!(
        "reading moved the access times of {} ({}), with O_NOATIME {}, on a noatime mount {}",
        words(moved),
        if moving { "relatime" } else { "noatime" },
        words(despite_flag),
        words(despite_mount),
    );
    let mut outcome = Outcome::Pass;
    for (name, declared, shown) in [
        (
            "reading_lower_updates_access_time",
            capabilities.reading_lower_updates_access_time,
            moved[0] || !moving && capabilities.reading_lower_updates_access_time,
        ),
        (
            "reading_own_updates_access_time",
            capabilities.reading_own_updates_access_time,
            moved[1..] == [true; 2] || !moving && capabilities.reading_own_updates_access_time,
        ),
        (
            "noatime_is_heeded",
            capabilities.noatime_is_heeded,
            (moving || moved == [false; 3])
                && despite_flag == [false; 3]
                && despite_mount == [false; 3],
        ),
    ] {
        let this = check::declared(name, declared, shown, &said)?;
        if outcome == Outcome::Pass {
            outcome = this;
        }
    }
    Ok(outcome)
}

/// From below, copied up, and made in the container.
const READ: [&str; 3] = ["lower", "changed", "own"];

/// Of which reading moves the access time.
fn all(container: &Container, suffix: &str, flags: OFlags) -> Result<[bool; 3], Stop> {
    let mut moved = [false; 3];
    for (name, moved) in READ.into_iter().zip(&mut moved) {
        *moved = moves(container, &format!("{name}{suffix}"), flags)?;
    }
    Ok(moved)
}

/// Whether reading moves a file's access time.
fn moves(container: &Container, name: &str, flags: OFlags) -> Result<bool, Stop> {
    let path = container.path(name);
    let atime = |meta: std::fs::Metadata| (meta.atime(), meta.atime_nsec());
    let before = atime(container.stat(name)?);
    let mut file: File = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&path)
        .attempt("open", &path)?;
    file.read_to_end(&mut Vec::new()).attempt("read", &path)?;
    Ok(atime(container.stat(name)?) != before)
}
