//! One cell of the schedule: one subject, one workload, one round.

use std::path::{Path, PathBuf};

use drivers::{Driver, LayerId, Limits, Result};

use crate::aging;
use crate::copy_up_tree;
use crate::environment::Environment;
use crate::fio;
use crate::image::Image;
use crate::postgres;
use crate::pull::{self, PullOptions, ShapeAmounts};
use crate::recorder::Recorder;
use crate::tools;
use crate::write_modes;
use crate::{density, full, read, share};

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
    /// What an archive of an image may ask for.
    pub limits: Limits,
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

    /// Makes sure, off the clock, that the image is there, and says where.
    ///
    /// # Errors
    /// As a pull.
    pub fn ensure_image(&mut self) -> Result<Place> {
        let options = PullOptions {
            limits: self.limits,
            ..PullOptions::default()
        };
        Ok(match self.ground {
            Ground::Driver(driver) => Place::Layer(pull::pull(driver, self.image, &options)?.top),
            Ground::HostDir(dir) => {
                Place::Directory(pull::ensure_control(dir, self.image, &options)?)
            }
        })
    }
}

/// Where the image of the run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the driver: the layer containers stand on.
    Layer(LayerId),
    /// On the control: unpacked in this directory, which nobody may change.
    Directory(PathBuf),
}

/// How much a profile does. Every figure ends up in the records' parameters or in the run's configuration.
///
/// A workload's own amounts are a struct in its own file, one flattened field here: in the settings file and in results all
/// stand side by side, so a field's name begins with what it is an amount of (`read_files`, `build_steps`).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Scale {
    /// `pull-shapes`: its images.
    #[serde(flatten)]
    pub shapes: ShapeAmounts,
    /// `start`: containers started at once.
    pub parallel: Vec<u32>,
    /// `start`: serial starts in one cell, at least; the cell's value is their median.
    pub starts: u32,
    /// `start`: files read after a start.
    pub files_read: u32,
    /// `copy-up`: sizes in bytes of the files every operation is done to.
    pub file_sizes: Vec<u64>,
    /// `copy-up`: further sizes, for an append and a chmod only.
    pub large_file_sizes: Vec<u64>,
    /// `copy-up`: layers below the container.
    pub depths: Vec<u32>,
    /// `write-heavy`: size of the file that is overwritten, in bytes.
    pub write_file_bytes: u64,
    /// `write-heavy`: random writes of 4 KiB, synced once at the end.
    pub random_writes: u32,
    /// `write-heavy`: random writes of 4 KiB, each synced.
    pub synced_writes: u32,
    /// `write-heavy`: small files created, then deleted.
    pub small_files: u32,
    /// `write-heavy`: SQLite transactions.
    pub transactions: u32,
    /// `postgres`.
    #[serde(flatten)]
    pub postgres: postgres::Amounts,
    /// `aging`.
    #[serde(flatten)]
    pub aging: aging::Amounts,
    /// `read`.
    #[serde(flatten)]
    pub read: read::Amounts,
    /// `share`.
    #[serde(flatten)]
    pub share: share::Amounts,
    /// `density`.
    #[serde(flatten)]
    pub density: density::Amounts,
    /// `full`.
    #[serde(flatten)]
    pub full: full::Amounts,
    /// `build`.
    #[serde(flatten)]
    pub build: crate::build::Amounts,
    /// `diff`.
    #[serde(flatten)]
    pub diff: crate::diff::Amounts,
    /// `remove`.
    #[serde(flatten)]
    pub remove: crate::removal::Amounts,
    /// Of `copy-up-tree`.
    #[serde(flatten)]
    pub copy_up_tree: copy_up_tree::Amounts,
    /// Of `write-modes`.
    #[serde(flatten)]
    pub write_modes: write_modes::Amounts,
    /// Of `fio`.
    #[serde(flatten)]
    pub fio: fio::Amounts,
    /// Of `tools`.
    #[serde(flatten)]
    pub tools: tools::Amounts,
    /// `start-programs`.
    #[serde(flatten)]
    pub start_programs: crate::start_programs::Amounts,
    /// `start-scale`.
    #[serde(flatten)]
    pub start_scale: crate::start_scale::Amounts,
}

impl Scale {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            shapes: ShapeAmounts::smoke(),
            parallel: vec![1, 4],
            starts: 2,
            files_read: 10,
            file_sizes: vec![4 << 10, 256 << 10],
            large_file_sizes: vec![1 << 20],
            depths: vec![1, 4],
            write_file_bytes: 1 << 20,
            random_writes: 64,
            synced_writes: 8,
            small_files: 50,
            transactions: 8,
            postgres: postgres::Amounts::smoke(),
            aging: aging::Amounts::smoke(),
            read: read::Amounts::smoke(),
            share: share::Amounts::smoke(),
            density: density::Amounts::smoke(),
            full: full::Amounts::smoke(),
            build: crate::build::Amounts::smoke(),
            diff: crate::diff::Amounts::smoke(),
            remove: crate::removal::Amounts::smoke(),
            copy_up_tree: copy_up_tree::Amounts::smoke(),
            write_modes: write_modes::Amounts::smoke(),
            fio: fio::Amounts::smoke(),
            tools: tools::Amounts::smoke(),
            start_programs: crate::start_programs::Amounts::smoke(),
            start_scale: crate::start_scale::Amounts::smoke(),
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            shapes: ShapeAmounts::ordinary(),
            parallel: vec![1, 10],
            starts: 5,
            files_read: 50,
            file_sizes: vec![4 << 10, 1 << 20],
            large_file_sizes: vec![16 << 20],
            depths: vec![1, 16, 64],
            write_file_bytes: 8 << 20,
            random_writes: 1000,
            synced_writes: 50,
            small_files: 300,
            transactions: 50,
            postgres: postgres::Amounts::ordinary(),
            aging: aging::Amounts::ordinary(),
            read: read::Amounts::ordinary(),
            share: share::Amounts::ordinary(),
            density: density::Amounts::ordinary(),
            full: full::Amounts::ordinary(),
            build: crate::build::Amounts::ordinary(),
            diff: crate::diff::Amounts::ordinary(),
            remove: crate::removal::Amounts::ordinary(),
            copy_up_tree: copy_up_tree::Amounts::ordinary(),
            write_modes: write_modes::Amounts::ordinary(),
            fio: fio::Amounts::ordinary(),
            tools: tools::Amounts::ordinary(),
            start_programs: crate::start_programs::Amounts::ordinary(),
            start_scale: crate::start_scale::Amounts::ordinary(),
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            shapes: ShapeAmounts::publish(),
            parallel: vec![1, 10, 50],
            starts: 10,
            files_read: 200,
            file_sizes: vec![4 << 10, 64 << 10, 1 << 20, 16 << 20],
            large_file_sizes: vec![256 << 20],
            depths: vec![1, 16, 64],
            write_file_bytes: 64 << 20,
            random_writes: 4000,
            synced_writes: 1000,
            small_files: 2000,
            transactions: 1000,
            postgres: postgres::Amounts::publish(),
            aging: aging::Amounts::publish(),
            read: read::Amounts::publish(),
            share: share::Amounts::publish(),
            density: density::Amounts::publish(),
            full: full::Amounts::publish(),
            build: crate::build::Amounts::publish(),
            diff: crate::diff::Amounts::publish(),
            remove: crate::removal::Amounts::publish(),
            copy_up_tree: copy_up_tree::Amounts::publish(),
            write_modes: write_modes::Amounts::publish(),
            fio: fio::Amounts::publish(),
            tools: tools::Amounts::publish(),
            start_programs: crate::start_programs::Amounts::publish(),
            start_scale: crate::start_scale::Amounts::publish(),
        }
    }
}
