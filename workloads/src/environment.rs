//! What the harness does for a workload off the clock: cache states, and the sync that makes writes durable.
//!
//! `cold`: nothing of the files is held in memory by anybody, *proven*. `lukewarm`: the kernel's page cache was dropped,
//! and no more than that is known. `warm`: the files were read just before. A state that cannot be proven is refused,
//! with the reason in plain words, and what can be proven is measured in its place.

use std::path::{Path, PathBuf};

use drivers::{Driver, Error, ErrorKind, Item, Result};

/// What the harness does for a workload, off the clock.
pub trait Environment: std::fmt::Debug {
    /// Syncs, waits for write-back to drain, and sets the caches; says what could be *proven* of the probe's files.
    ///
    /// For [`CacheState::Cold`] nothing of the driver may be mounted: a mounted container keeps its daemon or its pool
    /// busy. For [`CacheState::Warm`] the workload has read the files just before, and only a check is made.
    ///
    /// # Errors
    /// Whatever the system calls give.
    fn settle(&self, wanted: CacheState, probe: Probe<'_>) -> Result<Settled>;

    /// Everything written so far to the subject's store is durable when this returns.
    ///
    /// # Errors
    /// Whatever syncing gives.
    fn sync(&self) -> Result<()>;

    /// What is held in memory, and what the device was asked for, at this moment; two of these give a growth. Nothing is
    /// known unless somebody looks.
    ///
    /// # Errors
    /// Whatever reading gives.
    fn glance(&self) -> Result<Glance> {
        Ok(Glance::default())
    }

    /// Others write to the filesystem of the subject's store: its space says nothing of the store alone.
    fn store_has_others(&self) -> bool {
        false
    }

    /// A store like the subject's but small, and its driver with the same options open on it, in the directory `dir`, which
    /// is made, and is empty when the store is closed.
    ///
    /// # Errors
    /// `Unsupported` where a store cannot have a size; whatever making it gives.
    fn small(&self, dir: &Path, bytes: u64) -> Result<Box<dyn SmallStore>> {
        let _ = bytes;
        Err(Error::new(ErrorKind::Unsupported, "make a small store in").path(dir))
    }
}

/// A store that was made to be filled up.
pub trait SmallStore: std::fmt::Debug {
    /// What is open on it.
    fn driver(&self) -> &dyn Driver;

    /// Lets go of it and removes it.
    ///
    /// # Errors
    /// `InUse` when something in it still is.
    fn close(self: Box<Self>) -> Result<()>;
}

/// What is held in memory, and what the device was asked for, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glance {
    /// Bytes that the backing device was asked to read so far; `None` where no device of its own lies under the store.
    pub device_read: Option<u64>,
    /// Bytes of the file that holds the store in the host's page cache: below the store's own pages.
    pub below: u64,
    /// Proportional set sizes of this process's helper processes (FUSE daemons), in bytes.
    pub daemons: u64,
    /// What the kernel itself takes on the whole host, in bytes: slabs, stacks, page tables, per-CPU data.
    pub kernel: u64,
}

/// The files whose pages are looked at to prove a state; names are relative.
#[derive(Debug, Clone, Copy)]
pub enum Probe<'a> {
    /// None: nothing can be proven cold.
    Nothing,
    /// Files of an item of the driver.
    Item(Item<'a>, &'a [PathBuf]),
    /// Files in a directory that no driver has a part in.
    Directory(&'a Path, &'a [PathBuf]),
}

/// What is known of the caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheState {
    /// Proven: no page of the probed files is resident, and the driver keeps nothing of its own.
    Cold,
    /// The kernel's page cache was dropped; no more is proven.
    Lukewarm,
    /// Read or written just before.
    Warm,
}

impl CacheState {
    /// As written in a record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Lukewarm => "lukewarm",
            Self::Warm => "warm",
        }
    }
}

/// The outcome of setting the caches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What could be proven.
    pub state: CacheState,
    /// Why the state that was wanted could not be, where it is another.
    pub refused: Option<String>,
}

impl Settled {
    /// The wanted state, proven.
    pub fn proven(state: CacheState) -> Self {
        Self {
            state,
            refused: None,
        }
    }

    /// Another state than the wanted one, and why.
    pub fn refused(state: CacheState, why: impl Into<String>) -> Self {
        Self {
            state,
            refused: Some(why.into()),
        }
    }
}
