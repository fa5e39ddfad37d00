//! Finds out whether a lower file at a path longer than PATH_MAX can be reached: fuse-overlayfs 1.10 puts whole paths into
//! buffers of that size, and says ENOENT of what does not fit.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use crate::error::{Attempt as _, Result};

/// Directories in one another, with names of [`LENGTH`] bytes: more than 4096 in all.
const DEPTH: usize = 17;
const LENGTH: usize = 250;
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// Makes the directories in one that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    let name = "d".repeat(LENGTH);
    let mut dir = open(lower)?;
    for _ in 0..DEPTH {
        mkdirat(&dir, &name, Mode::RWXU).attempt("make a directory deep in", lower)?;
        dir =
            openat(&dir, &name, FLAGS, Mode::empty()).attempt("open a directory deep in", lower)?;
    }
    Ok(())
}

/// Whether the mounted tree at `root` shows them all.
pub(super) fn measure(root: &Path) -> Result<bool> {
    let name = "d".repeat(LENGTH);
    let mut dir = open(root)?;
    for _ in 0..DEPTH {
        dir = match openat(&dir, &name, FLAGS, Mode::empty()) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NAMETOOLONG) => return Ok(false),
            Err(errno) => return Err(errno).attempt("open a directory deep in", root),
        };
    }
    Ok(true)
}

fn open(path: &Path) -> Result<OwnedFd> {
    openat(CWD, path, FLAGS, Mode::empty()).attempt("open", path)
}
