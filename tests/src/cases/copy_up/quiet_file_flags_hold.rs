//! A file marked in a container to be read without a trace and written through (noatime, sync) stays marked, over a first write and a remount too.

use rustix::fs::{CWD, IFlags, Mode, OFlags, ioctl_getflags, ioctl_setflags, openat};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "quiet_file_flags_hold",
    promise: "A file marked in a container to be read without a trace and written through (noatime, sync) stays marked, over a first write and a remount too.",
    why: "A database that marks its log with chattr +S believes each write to be on the disk; where the mark is refused or lost, it is not.",
    origin: "xfstests overlay/027, 075; OpenZFS knows only immutable, append-only and nodump, and refuses the rest with EOPNOTSUPP (__zpl_ioctl_setflags in module/os/linux/zfs/zpl_file.c, read in 2.1.11 and 2.3.2); catalogue CU8",
    covers: &["CU8"],
    level: Level::Informs,
    theme: Theme::CopyUp,
    capability: Some("quiet_file_flags"),
    broken_by: &[
        Fault::Flipped("quiet_file_flags"),
        Fault::Lie(&lies::SETTING_FLAGS_DOES_NOTHING),
    ],
    run,
};

const QUIET: IFlags = IFlags::NOATIME.union(IFlags::SYNC);

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quiet_file_flags;
    let base = context.layer(None, &[file("lower", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("new", "1")])?;
    let mut differs = Vec::new();
    for name in ["lower", "new"] {
        if let Err(errno) = mark(&container, name) {
            differs.push(format!("setting noatime and sync of {name}: {errno}"));
        }
    }
    let marked = differs.is_empty();
    differs.extend(unmarked(&container, "at first"));
    container.apply(&[write("lower", 0, "2"), write("new", 0, "2")])?;
    if marked {
        differs.extend(unmarked(&container, "after a write"));
        context.mount(&mut container)?;
        differs.extend(unmarked(&container, "after a remount"));
    }
    container.check()?;
    context.remove(container)?;
    context.check_layer(&base)?;
    check::declared(
        "quiet_file_flags",
        declared,
        differs.is_empty(),
        check::some(&differs),
    )
}

fn open(container: &Container, name: &str) -> Result<std::os::fd::OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    openat(CWD, container.path(name), flags, Mode::empty())
}

fn mark(container: &Container, name: &str) -> Result<(), Errno> {
    let file = open(container, name)?;
    ioctl_setflags(&file, ioctl_getflags(&file)? | QUIET)
}

/// What does not show the marks.
fn unmarked(container: &Container, when: &str) -> Vec<String> {
    ["lower", "new"]
        .into_iter()
        .filter_map(|name| {
            let shown = open(container, name).and_then(ioctl_getflags);
            let kept = shown.is_ok_and(|flags| flags.contains(QUIET));
            (!kept).then(|| format!("{name} shows {shown:?} {when}"))
        })
        .collect()
}
