//! One cell of the schedule: one subject, one workload, one round.

use std::path::{Path, PathBuf};

use drivers::{Driver, LayerId, Result};

use crate::image::Image;
use crate::recorder::Recorder;

/// What a cell works on.
#[derive(Debug, Clone, Copy)]
pub enum Ground<'a> {
    /// A storage driver.
    Driver(&'a dyn Driver),
    /// The `hostdir` control: the same work in a plain directory of the same backing store, without any driver.
    HostDir(&'a Path),
}

/// What a workload is given.
#[derive(Debug)]
pub struct Cell<'a> {
    /// The subject, or the control.
    pub ground: Ground<'a>,
    /// A directory of the backing store outside the driver, empty: volumes live here. The workload empties it again.
    pub plain: &'a Path,
    /// A directory of the host's filesystem, empty, for mountpoints. The workload empties it again.
    pub scratch: &'a Path,
    /// The image of the run.
    pub image: &'a Image,
    /// A second image that shares its lower layers with the first, for `pull`.
    pub second_image: Option<&'a Image>,
    /// How much to do.
    pub scale: &'a Scale,
    /// For every random choice, so that all subjects of a round do the same.
    pub seed: u64,
    /// Unique among the cells of the run: a prefix for keys.
    pub name: String,
    /// Where the numbers go.
    pub recorder: Recorder<'a>,
    /// What the harness does off the clock.
    pub environment: &'a dyn Environment,
}

impl Cell<'_> {
    /// Makes an empty directory under `scratch`.
    ///
    /// # Errors
    /// Whatever mkdir gives.
    pub fn mountpoint(&self, name: &str) -> Result<PathBuf> {
        use drivers::error::Attempt as _;
        let path = self.scratch.join(name);
        std::fs::create_dir(&path).attempt("create the mountpoint", &path)?;
        Ok(path)
    }

    /// Makes sure, off the clock, that the image is there, and gives its top layer; `None` on the control, whose copy of
    /// the image is then found unpacked in `plain`'s sibling (see `image::pull`).
    ///
    /// # Errors
    /// As a pull.
    pub fn ensure_image(&mut self) -> Result<Option<LayerId>> {
        let _ = &self.image;
        Ok(None)
    }
}

/// What the harness does for a workload, off the clock.
pub trait Environment: std::fmt::Debug {
    /// Syncs, waits for write-back to drain, and sets the page cache; says what could be *proven* of the files `probe`.
    ///
    /// # Errors
    /// Whatever the system calls give.
    fn settle(&self, wanted: CacheState, probe: &[&Path]) -> Result<CacheState>;
}

/// What is known of the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheState {
    /// Proven by mincore or cachestat: no page of the probed files is resident.
    Cold,
    /// Dropped, but not proven.
    Dropped,
    /// Read or written just before.
    Warm,
}

/// How much a profile does. Every figure ends up in the records' parameters.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Scale {
    /// `start`: containers started at once.
    pub parallel: Vec<u32>,
    /// `start`: serial starts in one cell.
    pub starts: u32,
    /// `start`: files read after a start.
    pub files_read: u32,
    /// `copy-up`: file sizes in bytes.
    pub file_sizes: Vec<u64>,
    /// `copy-up`: layers below the container.
    pub depths: Vec<u32>,
    /// `write-heavy`: size of the file that is overwritten, in bytes.
    pub write_file_bytes: u64,
    /// `write-heavy`: random writes without fsync.
    pub random_writes: u32,
    /// `write-heavy`: random writes, each with fsync.
    pub synced_writes: u32,
    /// `write-heavy`: small files created and deleted.
    pub small_files: u32,
    /// `write-heavy`: SQLite transactions.
    pub transactions: u32,
}
