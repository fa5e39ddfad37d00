//! Making what is committed durable, and how long that takes.

use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Store;
use crate::error::{Attempt as _, Result};

/// Whether commits wait for the disk, and how long they have.
#[derive(Debug, Clone, Default)]
pub(super) struct Durability {
    commits: bool,
    waited_ns: Arc<AtomicU64>,
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
