//! The clock that filesystems stamp files with. It ticks some hundred times a second: what happens between two ticks has one
//! time, unless somebody has looked at the file in between (since Linux 6.13 such a file is stamped by the fine clock, and no
//! file after it gets an earlier stamp).

use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use rustix::time::{ClockId, clock_gettime};

/// Ticks come every 1 to 10 ms; this only bounds a clock that stands.
const LIMIT: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000,
};

/// Returns when what is done from now on has a later time than what was done before.
pub fn next_tick() {
    // Any stamp given so far is at most the fine clock's now; a tick that came late is told by an earlier time than that.
    let latest = clock_gettime(ClockId::Realtime);
    let deadline = Instant::now() + LIMIT;
    while clock_gettime(ClockId::RealtimeCoarse) <= latest && Instant::now() < deadline {
        // Only the time: an interrupted wait looks again.
        let _ = poll(&mut [], Some(&LOOK_AGAIN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_after_a_tick_is_younger() {
        let dir = tempfile::tempdir().unwrap();
        let time = |name: &str| {
            std::fs::write(dir.path().join(name), "x").unwrap();
            dir.path()
                .join(name)
                .metadata()
                .unwrap()
                .modified()
                .unwrap()
        };
        let before = time("before");
        next_tick();
        assert!(time("after") > before);
    }
}
