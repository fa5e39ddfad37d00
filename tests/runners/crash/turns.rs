//! Trials that kill processes run beside one another, and so do all others, but not the ones beside the others: a process to be
//! killed has a namespace of its own, which begins with a copy of every mount there is. Until it ends, what another trial
//! unmounts stays mounted, and so a power cut would be replayed under a live filesystem.

use std::sync::{Condvar, Mutex, PoisonError};

/// What a trial does to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It kills a process.
    Kill,
    /// It kills a process that uses a pool: a dataset cannot be destroyed as long as another namespace has a copy of its mount.
    KillOnPool,
    /// Neither.
    Other,
}

/// Who runs, and how many.
static NOW: Mutex<(Kind, usize)> = Mutex::new((Kind::Other, 0));
static ENDED: Condvar = Condvar::new();

/// Held by a trial while it runs.
#[derive(Debug)]
pub(crate) struct Turn;

/// Waits until only trials of the same kind run.
pub(crate) fn wait(kind: Kind) -> Turn {
    let now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
    let mut now = ENDED
        .wait_while(now, |(which, count)| *count > 0 && *which != kind)
        .unwrap_or_else(PoisonError::into_inner);
    *now = (kind, now.1 + 1);
    Turn
}

impl Drop for Turn {
    fn drop(&mut self) {
        NOW.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        ENDED.notify_all();
    }
}
