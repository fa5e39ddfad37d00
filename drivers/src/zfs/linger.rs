//! Keeping a filesystem of zfs-fuse until it has nothing left to be told.
//!
//! close(2) does not wait for FUSE: the kernel queues that a file was closed (FUSE_RELEASE), and drops what is still
//! queued when the last mount goes. zfs-fuse then believes the file open, and tries to take the filesystem down for ever,
//! holding the lock without which it answers nobody. On a busy machine an unmount soon after a close is enough. So a
//! detached mount outlives the one that is unmounted until the kernel counts no request any more: what an unmount has
//! let through was queued before it.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
use rustix::io::Errno;
use rustix::mount::{OpenTreeFlags, open_tree};

use crate::fusectl::Control;
use crate::sys::daemon::Daemon;

/// The daemon is told in far less than a millisecond; this only bounds a hang.
const LIMIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_micros(300);

/// The kernel takes the connection down before the last close returns; this only bounds a busy machine.
const GONE_LIMIT: Duration = Duration::from_millis(50);

/// A detached mount of the filesystem, and where the kernel counts its requests.
#[derive(Debug)]
pub(super) struct Linger {
    tree: OwnedFd,
    control: Control,
    minor: u32,
}

impl Linger {
    /// Keeps the filesystem mounted on `at`.
    ///
    /// # Errors
    /// The errno of what could not be opened.
    pub(super) fn at(at: &Path) -> Result<Self, Errno> {
        let tree = open_tree(
            CWD,
            at,
            OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
        )?;
        // Without asking the daemon. The connection has the number of the device.
        let device = statx(
            tree.as_fd(),
            "",
            AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC,
            StatxFlags::empty(),
        )?;
        Ok(Self {
            tree,
            control: Control::open()?,
            minor: device.stx_dev_minor,
        })
    }

    /// Ends the filesystem. If that was not its end, because another mount namespace holds a copy of the mount, gives the
    /// number of its connection.
    pub(super) fn end(self, daemon: &Daemon) -> Option<u32> {
        drop(self.tree);
        let deadline = Instant::now() + GONE_LIMIT;
        while self.control.waiting(self.minor).is_ok() {
            if Instant::now() >= deadline {
                return Some(self.minor);
            }
            if daemon.ended_within(LOOK_AGAIN) {
                break;
            }
        }
        None
    }

    /// Waits until the daemon has been told everything. Says whether it has.
    pub(super) fn wait(&self, daemon: &Daemon) -> bool {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if self.control.waiting(self.minor) == Ok(0) {
                return true;
            }
            if daemon.ended_within(LOOK_AGAIN) {
                return true;
            }
        }
        false
    }
}
