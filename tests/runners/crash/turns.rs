//! Trials that kill processes run beside one another, and so do all others, but not the ones beside the others: a process to be
//! killed has a namespace of its own, which begins with a copy of every mount there is. Until it ends, what another trial
//! unmounts stays mounted, and so a power cut would be replayed under a live filesystem.

use std::sync::{Condvar, Mutex, PoisonError};

/// Who runs: those that kill or not, and how many.
static NOW: Mutex<(bool, usize)> = Mutex::new((false, 0));
static ENDED: Condvar = Condvar::new();

/// Held by a trial while it runs.
#[derive(Debug)]
pub(crate) struct Turn;

/// Waits until only trials of the same kind run.
pub(crate) fn wait(kills: bool) -> Turn {
    let now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
    let mut now = ENDED
        .wait_while(now, |(which, count)| *count > 0 && *which != kills)
        .unwrap_or_else(PoisonError::into_inner);
    *now = (kills, now.1 + 1);
    Turn
}

impl Drop for Turn {
    fn drop(&mut self) {
        NOW.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        ENDED.notify_all();
    }
}
