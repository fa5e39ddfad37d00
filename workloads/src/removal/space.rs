//! Whether space has come back.

use std::time::{Duration, Instant};

use drivers::Result;

/// How long space is waited for.
const LIMIT: Duration = Duration::from_secs(60);

/// Bytes that a store's own bookkeeping may keep, beside a tenth of what was taken: blocks of directories and journals, tree
/// nodes.
const BOOKKEEPING: u64 = 256 << 10;

/// The space of a store before and after something was made in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    before: u64,
    after: u64,
}

/// What became of space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Back {
    /// It was back after so many seconds.
    After(f64),
    /// It was not, when the wait was over: so many bytes are still taken.
    NotYet(u64),
}

impl Taken {
    pub(super) fn new(before: u64, after: u64) -> Self {
        Self { before, after }
    }

    /// What was taken, in bytes.
    pub(super) fn bytes(self) -> u64 {
        self.after.saturating_sub(self.before)
    }

    /// Syncs and looks, over and over, until the space is back.
    pub(super) fn wait(
        self,
        since: Instant,
        used: impl Fn() -> Result<u64>,
        sync: impl Fn() -> Result<()>,
    ) -> Result<Back> {
        self.wait_until(since, since + LIMIT, used, sync)
    }

    fn wait_until(
        self,
        since: Instant,
        deadline: Instant,
        used: impl Fn() -> Result<u64>,
        sync: impl Fn() -> Result<()>,
    ) -> Result<Back> {
        let kept = self.bytes() / 10 + BOOKKEEPING;
        loop {
            let left = used()?.saturating_sub(self.before);
            let now = Instant::now();
            if left <= kept {
                return Ok(Back::After((now - since).as_secs_f64()));
            }
            if now >= deadline {
                return Ok(Back::NotYet(left));
            }
            // What frees space works for the next sync: there is nothing else to wait for.
            sync()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn space_is_back_when_a_sync_has_shown_it() {
        let used = Cell::new(10 << 20);
        let taken = Taken::new(1 << 20, 10 << 20);
        assert_eq!(taken.bytes(), 9 << 20);
        let since = Instant::now();
        let sync = || {
            used.set(used.get() - (3 << 20));
            Ok(())
        };
        let back = taken.wait(since, || Ok(used.get()), sync).unwrap();
        assert!(
            matches!(back, Back::After(seconds) if seconds >= 0.0),
            "{back:?}"
        );
    }

    #[test]
    fn space_that_stays_taken_is_told_in_bytes() {
        let taken = Taken::new(0, 10 << 20);
        let now = Instant::now();
        let back = taken.wait_until(now, now, || Ok(4 << 20), || Ok(()));
        assert_eq!(back.unwrap(), Back::NotYet(4 << 20));
    }
}
