//! Making what is committed durable, at once or several together, and how long that takes.

use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Entry, State, Store};
use crate::error::{Attempt as _, Result};

/// Whether commits wait for the disk, and how long they have.
#[derive(Debug, Clone, Default)]
pub(super) struct Durability {
    pub(super) commits: bool,
    waited_ns: Arc<AtomicU64>,
    /// Held by who settles: whoever comes later finds it done.
    settling: Arc<Mutex<()>>,
}

impl Store {
    /// Makes everything durable before a layer's record is made, if `sync`: records reach the device by the filesystem's
    /// journal, which waits for nobody's data. Otherwise a power cut leaves layers of empty files (containerd#9401).
    #[must_use]
    pub fn syncing_commits(mut self, sync: bool) -> Self {
        self.durability.commits = sync;
        self
    }

    /// What a commit does before its record is made.
    pub(super) fn durable(&self) -> Result<()> {
        if !self.durability.commits {
            return Ok(());
        }
        let start = Instant::now();
        self.sync()?;
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.durability
            .waited_ns
            .fetch_add(spent, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the records of all that was committed by [`Store::commit_soon`], and of what stands on it, once their content
    /// is durable.
    ///
    /// # Errors
    /// Whatever syncing or writing records gives; what has no record then is still to be settled.
    pub fn settle(&self) -> Result<()> {
        let settling = self.durability.settling.lock();
        let _settling = settling.unwrap_or_else(PoisonError::into_inner);
        // What comes while the disk is waited for is not known to be on it.
        let waiting = self.lock().unsettled.clone();
        if waiting.is_empty() {
            return Ok(());
        }
        self.durable()?;
        let mut state = self.lock();
        for serial in waiting {
            if let Some(entry) = state.entries.get(&serial) {
                self.write(entry)?;
            }
            state.unsettled.retain(|other| *other != serial);
        }
        drop(state);
        Ok(())
    }

    /// Makes the record of an item, unless it stands on a layer that has none yet.
    pub(super) fn record(&self, state: &mut State, entry: &Entry) -> Result<()> {
        if state.stands_on_unsettled(entry) {
            state.put_off(entry.serial);
            return Ok(());
        }
        self.write(entry)
    }

    /// How long commits have waited for the disk so far.
    pub fn commits_waited(&self) -> Duration {
        Duration::from_nanos(self.durability.waited_ns.load(Ordering::Relaxed))
    }

    /// Makes everything on the store's filesystem durable.
    ///
    /// # Errors
    /// Whatever syncfs gives.
    pub fn sync(&self) -> Result<()> {
        let dir = std::fs::File::open(&self.entries_dir).attempt("open", &self.entries_dir)?;
        rustix::fs::syncfs(dir.as_fd()).attempt("sync the filesystem of", &self.entries_dir)
    }
}
