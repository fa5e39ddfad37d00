//! Deleted subvolumes whose space is not free yet.
//!
//! Deletion only unlinks a subvolume; the kernel's cleaner thread drops its tree later. [`Cleaner::settle`] waits for
//! that, so that free space read after a sync is what the deletions gave back. The kernel has a call that waits
//! (BTRFS_IOC_SUBVOL_SYNC_WAIT, Linux 6.13), but it has no time limit and looks ten times a second; here the tree of
//! trees is asked instead, which any kernel answers.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};

use super::items::{ROOT_TREE, kind};
use super::quota::Quota;
use super::search;
use crate::error::{Attempt as _, Result};
use crate::sys::btrfs as sys;

/// Dropping a tree takes milliseconds for each ten thousand files; this only bounds a stuck cleaner.
const LIMIT: Duration = Duration::from_secs(30);
/// The first pause between two looks; each next one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(32);

/// Ids of the subvolumes that this process has deleted.
#[derive(Debug, Default)]
pub(super) struct Cleaner(Mutex<Vec<u64>>);

impl Cleaner {
    pub(super) fn add(&self, deleted: Vec<u64>) {
        self.lock().extend(deleted);
    }

    /// Waits, bounded, until the space of everything deleted so far is free.
    pub(super) fn settle(&self, on: BorrowedFd<'_>, quota: Quota) -> Result<()> {
        let mut waiting = std::mem::take(&mut *self.lock());
        if waiting.is_empty() {
            return Ok(());
        }
        let mut gone = Vec::new();
        let outcome = wait(on, &mut waiting, &mut gone);
        // Those that are not gone are waited for again next time.
        self.add(waiting);
        outcome?;
        // Freed extents can be used again, and are no longer counted, from the next transaction on.
        sys::sync(on).attempt("sync", "the filesystem")?;
        gone.into_iter().try_for_each(|id| quota.forget(on, id))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves ids from `waiting` to `gone`.
fn wait(on: BorrowedFd<'_>, waiting: &mut Vec<u64>, gone: &mut Vec<u64>) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    let mut pause = FIRST_PAUSE;
    // This wakes the cleaner.
    sys::sync(on).attempt("sync", "the filesystem")?;
    while let Some(&id) = waiting.last() {
        if !exists(on, id)? {
            gone.extend(waiting.pop());
            continue;
        }
        if Instant::now() >= deadline {
            tracing::warn!(
                "{} deleted subvolumes are not freed after {LIMIT:?}",
                waiting.len()
            );
            return Ok(());
        }
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: pause.subsec_nanos().into(),
        };
        // There is no descriptor to wait on: the cleaner tells nobody.
        poll(&mut [], Some(&timeout)).attempt("wait for", "the cleaner")?;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Whether the subvolume's root is still there, alive or dying.
fn exists(on: BorrowedFd<'_>, id: u64) -> Result<bool> {
    let mut found = false;
    let what = search::of_object(ROOT_TREE, id, kind::ROOT, kind::ROOT);
    search::each(on, what, &mut |_| {
        found = true;
        ControlFlow::Break(())
    })?;
    Ok(found)
}
