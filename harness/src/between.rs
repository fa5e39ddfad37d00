//! What happens between two cells, off the clock, so that one does not pay for another: the store is synced, its free
//! space given back to the device, and the machine's unwritten pages are drained, but not for ever.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drivers::sys::trim::trim;
use workloads::Scale;

use crate::interrupt;
use crate::profile::Profile;
use crate::workplace::Opened;

/// How often the kernel is asked how far it is.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The least time that is waited for a machine that did not come to rest before.
const LEAST: Duration = Duration::from_millis(200);

/// What is done between cells.
#[derive(Debug)]
pub(crate) struct Between {
    rules: Rules,
    /// How long the next drain may take. Where one was in vain the next gets half: on a machine that never comes to rest
    /// waiting is no help.
    patience: Cell<Duration>,
    /// A sync(2) on its way, which nothing can stop.
    syncing: Arc<AtomicBool>,
}

/// The settings; they end up in the run's configuration.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Rules {
    /// Dirty pages and pages in write-back of the whole machine, in bytes, that are let be.
    pub(crate) drain_to_bytes: u64,
    /// The longest a drain may take, seconds.
    pub(crate) drain_cap_s: f64,
    /// Free space of the store is given back to its device (FITRIM).
    pub(crate) trim: bool,
}

impl Rules {
    /// Small amounts are not worth long waits.
    pub(crate) fn of(profile: &Profile) -> Self {
        let small = profile.scale == Scale::smoke();
        Self {
            drain_to_bytes: 16 << 20,
            drain_cap_s: if small { 1.0 } else { 10.0 },
            trim: true,
        }
    }
}

impl Between {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            patience: Cell::new(Duration::from_secs_f64(rules.drain_cap_s.max(0.0))),
            rules,
            syncing: Arc::default(),
        }
    }

    /// Brings the subject's store, and the machine, to rest. Gives the flag of a machine that did not come to it:
    /// `dirty 34 MiB`, what it had still to write when the time was up.
    ///
    /// # Errors
    /// Whatever syncing and trimming give.
    pub(crate) fn before(&self, opened: &Opened) -> anyhow::Result<Option<String>> {
        let name = &opened.name;
        opened
            .driver
            .sync()
            .with_context(|| format!("syncing the store of {name}"))?;
        let dir = opened.driver.plain_dir();
        // A plain directory of the host is no store of ours: what is free there is not ours to discard.
        if self.rules.trim && opened.ground.store_file().is_some() {
            let freed = trim(dir).with_context(|| format!("trimming the store of {name}"))?;
            tracing::debug!("{name}: {freed:?} bytes given back to the device");
        }
        Ok(self.drain())
    }

    /// Waits until the machine has little left to write. Gives the flag of a machine that had more when the time was up.
    fn drain(&self) -> Option<String> {
        let deadline = Instant::now() + self.patience.get();
        let (done, ended) = mpsc::channel();
        loop {
            let left = unwritten();
            if left <= self.rules.drain_to_bytes {
                self.patience
                    .set(Duration::from_secs_f64(self.rules.drain_cap_s.max(0.0)));
                return None;
            }
            if Instant::now() >= deadline || interrupt::requested() {
                self.patience.set((self.patience.get() / 2).max(LEAST));
                return Some(format!("dirty {} MiB", left.div_ceil(1 << 20)));
            }
            self.sync(&done);
            // Ends early when the sync has; a sync that found others at work is followed by the next.
            let _ = ended.recv_timeout(LOOK_AGAIN);
        }
    }

    /// Starts sync(2), unless one is under way: it takes as long as other processes keep it busy, and cannot be cut short.
    fn sync(&self, done: &mpsc::Sender<()>) {
        if self.syncing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (syncing, done) = (Arc::clone(&self.syncing), done.clone());
        std::thread::spawn(move || {
            rustix::fs::sync();
            syncing.store(false, Ordering::Release);
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
    }
}

/// What the whole machine has to write, in bytes.
fn unwritten() -> u64 {
    parse(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default())
}

/// `Dirty` and `Writeback` of proc_meminfo(5), in bytes.
fn parse(meminfo: &str) -> u64 {
    let kib = |line: &str| -> Option<u64> {
        let (name, value) = line.split_once(':')?;
        if !matches!(name, "Dirty" | "Writeback") {
            return None;
        }
        value.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    meminfo.lines().filter_map(kib).sum::<u64>() << 10
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    #[test]
    fn what_is_unwritten_is_added_up() {
        let text = "MemFree: 5 kB\nDirty:   12 kB\nWriteback:  4 kB\nWritebackTmp:  9 kB\n";
        assert_eq!(parse(text), 16 << 10);
        assert_eq!(parse("Dirty: none"), 0);
    }

    #[test]
    fn a_machine_at_rest_is_not_waited_for() {
        let between = Between::new(Rules {
            drain_to_bytes: u64::MAX,
            drain_cap_s: 10.0,
            trim: false,
        });
        assert_eq!(between.drain(), None);
        assert!(!between.syncing.load(Ordering::Acquire));
    }

    /// Somebody else writes all the time: the wait ends, says so, and the next is shorter.
    #[test]
    fn a_machine_that_never_rests_is_waited_for_a_while() {
        let stop = AtomicBool::new(false);
        let mut file = tempfile::tempfile_in("/var/tmp").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let block = vec![1_u8; 1 << 20];
                while !stop.load(Ordering::Relaxed) {
                    file.write_all(&block).unwrap();
                    file.rewind().unwrap();
                }
            });
            let between = Between::new(Rules {
                drain_to_bytes: 0,
                drain_cap_s: 0.5,
                trim: false,
            });
            let began = Instant::now();
            // Now and then it may catch the machine with nothing to write; not each time.
            let mut flags = Vec::new();
            while flags.len() < 3 || flags.len() < 50 && flags.iter().all(Option::is_none) {
                flags.push(between.drain());
            }
            let waited = began.elapsed();
            stop.store(true, Ordering::Relaxed);
            let flag = flags.iter().flatten().next().unwrap();
            assert!(
                flag.starts_with("dirty ") && flag.ends_with(" MiB"),
                "{flag}"
            );
            assert!(waited < Duration::from_secs(60), "{waited:?}");
            if flags.iter().all(Option::is_some) {
                assert_eq!(between.patience.get(), LEAST);
            }
        });
    }
}
