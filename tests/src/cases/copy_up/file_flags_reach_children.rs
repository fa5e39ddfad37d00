//! A file made immutable or append-only in a container is so in what is built on the container.

use drivers::error::Attempt as _;
use rustix::fs::{CWD, IFlags, Mode, OFlags, ioctl_getflags, ioctl_setflags, openat};
use rustix::io::{Errno, Result};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "file_flags_reach_children",
    promise: "A file made immutable or append-only in a container is so in what is built on the container.",
    why: "A build step that locks a file leaves it open in the image, and nothing says so.",
    origin: "xfstests overlay/075, 076 (flags); kernel overlayfs keeps them in an attribute of the uppermost layer only; catalogue CU8",
    covers: &["CU8"],
    level: Level::Informs,
    theme: Theme::CopyUp,
    capability: Some("file_flags_reach_children"),
    broken_by: &[Fault::Flipped("file_flags_reach_children")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.file_flags {
        return Err(Stop::not_applicable("containers have no file flags here"));
    }
    let base = context.layer(None, &[file("old", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("new", "2")])?;
    for (name, flag) in FLAGS {
        let set = open(&container, name, OFlags::RDONLY)
            .and_then(|file| ioctl_setflags(&file, ioctl_getflags(&file)? | flag));
        check::that(set.is_ok(), "the flag can be set", format!("{set:?}"))?;
    }
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let child = context.container(Some(&layer))?;
    let mut lost = Vec::new();
    for (name, flag) in FLAGS {
        let shown = open(&child, name, OFlags::RDONLY)
            .and_then(ioctl_getflags)
            .attempt("read the flags of", child.path(name))?;
        let write = open(&child, name, OFlags::WRONLY).map(drop);
        if !shown.contains(flag) || write != Err(Errno::PERM) {
            lost.push(format!(
                "{name} shows {shown:?}, and opening it for writing gives {write:?}"
            ));
        }
    }
    check::declared(
        "file_flags_reach_children",
        capabilities.file_flags_reach_children,
        lost.is_empty(),
        check::some(&lost),
    )
}

const FLAGS: [(&str, IFlags); 2] = [("old", IFlags::IMMUTABLE), ("new", IFlags::APPEND)];

fn open(container: &Container, name: &str, flags: OFlags) -> Result<std::os::fd::OwnedFd> {
    openat(
        CWD,
        container.path(name),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
