//! One driver at a time on one root: two would discard each other's half-made items.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// Beside the items' directory. It stays when the driver is closed: deleting it would race with the next to open.
const FILE: &str = "records-lock";

/// Takes the lock of `root`. The kernel gives it back with the descriptor, however the process ends.
///
/// # Errors
/// `InUse`.
pub(super) fn take(root: &Path) -> Result<OwnedFd> {
    let path = root.join(FILE);
    let file = File::create(&path).attempt("create the lock", &path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|errno| {
        Error::io("lock", &path, errno)
            .with_kind(ErrorKind::InUse)
            .because("a driver has this root open")
            .hint("close it, or use another directory")
    })?;
    Ok(file.into())
}
