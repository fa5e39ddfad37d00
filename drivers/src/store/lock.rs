//! One driver at a time on one root: two would discard each other's half-made items.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::descriptors::once_let_go;

/// Beside the items' directory. It stays when the driver is closed: deleting it would race with the next to open.
const FILE: &str = "records-lock";

/// Takes the lock of `root`. The kernel gives it back with the descriptor, however the process ends.
///
/// # Errors
/// `InUse`.
pub(super) fn take(root: &Path) -> Result<OwnedFd> {
    exclusive(&root.join(FILE))
}

/// Makes and locks a file.
///
/// # Errors
/// `InUse`.
pub(crate) fn exclusive(path: &Path) -> Result<OwnedFd> {
    File::create(path).attempt("create the lock", path)?;
    // A file open for writing would keep the host from making the filesystem read-only.
    let file = File::open(path).attempt("open the lock", path)?;
    let lock = || flock(&file, FlockOperation::NonBlockingLockExclusive);
    // A driver of this process that was just closed may live on in a copy of its lock.
    once_let_go(Errno::AGAIN, lock).map_err(|errno| {
        Error::io("lock", path, errno)
            .with_kind(ErrorKind::InUse)
            .because("a driver has this root open")
            .hint("close it, or use another directory")
    })?;
    Ok(file.into())
}
