//! Workload `read`: what a container pays for looking up, opening, listing and reading the files of its image.
//!
//! Names: files and directories of the lowest of `depth` layers, each of which adds to every directory: listed, looked up
//! (found and not found), opened; from cold caches with the least and the greatest depth, from warm ones with all. Data:
//! files of one layer, read in order, at random places, and through a mapping. On the control all of it lies in plain
//! directories that hold what the stack shows.
//!
//! It predicts what programs with many small files (interpreters, package managers, compilers that search a path) pay in
//! deep images, and whether a first or only later reads differ from those of a plain directory. It says nothing of
//! several containers that read the same (`share`), nor of writing.
//!
//! Cold is proven of pages; dentries and inodes were dropped the same moment, which no call can prove.

pub(crate) mod data;
mod names;
mod storm;

use std::io::Read as _;

use drivers::error::Attempt as _;
use drivers::{Driver, LayerId, Result};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Ground};
use crate::container::key;
use crate::fixture::{self, FixtureFile};
use crate::shown::Shown;
use crate::{Reach, Workload};
use names::Names;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "read",
    question: "What does reading the image's files cost, and does the number of layers matter?",
    phases: &[
        ("list", "listing every directory of the image once"),
        ("stat", "stat of every file of the lowest layer"),
        ("missing", "stat of as many names that do not exist"),
        ("open", "open and close of every file of the lowest layer"),
        ("read-sequential", "reading a file in order, 128 KiB a call"),
        ("read-random", "reads of 4 KiB at random places of a file"),
        ("read-mapped", "mapping a file and touching every page"),
    ],
    reach: Reach::Full,
    run,
};

/// How much is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// Small files of the lowest layer that are looked up, opened and listed.
    pub read_files: u32,
    /// Layers below the container.
    pub read_depths: Vec<u32>,
    /// How often everything is done from warm caches; the value is the mean.
    pub read_passes: u32,
    /// Size in bytes of each file whose data is read.
    pub read_file_bytes: u64,
    /// Random reads of 4 KiB.
    pub read_random: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            read_files: 40,
            read_depths: vec![1, 4],
            read_passes: 2,
            read_file_bytes: 1 << 20,
            read_random: 64,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            read_files: 300,
            read_depths: vec![1, 32],
            read_passes: 10,
            read_file_bytes: 8 << 20,
            read_random: 1000,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            read_files: 1000,
            read_depths: vec![1, 16, 64, 127],
            read_passes: 20,
            read_file_bytes: 64 << 20,
            read_random: 10_000,
        }
    }
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let outcome = match cell.ground {
        Ground::Driver(driver) => on_driver(cell, driver),
        Ground::HostDir(dir) => {
            let dir = dir.join("read");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            let outcome = on_directory(cell, &dir);
            drivers::remove::tree(&dir)?;
            outcome
        }
    };
    cell.recorder.param("depth", None);
    cell.recorder.param("size", None);
    cell.recorder.one_of_the_caches(None);
    outcome
}

/// How often something is done from warm caches. What is counted is the same every time.
fn passes(cell: &Cell<'_>) -> u32 {
    if cell.recorder.is_counted() {
        return 1;
    }
    cell.scale.read.read_passes.max(1)
}

fn depths(cell: &Cell<'_>) -> Vec<u32> {
    let mut depths = cell.scale.read.read_depths.clone();
    depths.sort_unstable();
    depths.dedup();
    depths
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    let base = fixture::layer(driver, "read-data", None, &data::files(cell))?;
    let files = Shown::container(driver, key(cell, "data")?, cell.scratch, &base)?;
    data::read(cell, files)?;
    for depth in depths(cell) {
        cell.recorder.param("depth", Some(depth.to_string()));
        if let Some(most) = driver.capabilities().max_layers
            && depth > most
        {
            let reason = format!("this driver stacks at most {most} layers");
            for storm in storm::ALL {
                cell.recorder.cannot(storm.name, &*reason);
            }
            continue;
        }
        let names = Names::new(cell.scale.read.read_files, depth)?;
        let top = stack(driver, &names, depth)?;
        let name = key(cell, &format!("d{depth}"))?;
        let tree = Shown::container(driver, name, cell.scratch, &top)?;
        storm::all(cell, tree, &names, is_extreme(cell, depth))?;
    }
    Ok(())
}

/// The stack of that many layers: every layer adds one file to each directory.
fn stack(driver: &dyn Driver, names: &Names, depth: u32) -> Result<LayerId> {
    let mut top = fixture::layer(driver, "read-stack", None, &names.lowest())?;
    for level in 1..depth {
        top = fixture::layer(driver, "read-stack", Some(&top), &Names::added(level))?;
    }
    Ok(top)
}

/// Cold caches are those of the whole machine, so only the ends of the curve are measured with them.
fn is_extreme(cell: &Cell<'_>, depth: u32) -> bool {
    let depths = depths(cell);
    depths.first() == Some(&depth) || depths.last() == Some(&depth)
}

fn on_directory(cell: &mut Cell<'_>, dir: &std::path::Path) -> Result<()> {
    let make = |name: &str, files: &[FixtureFile]| -> Result<Shown<'static>> {
        let dir = dir.join(name);
        for file in files {
            let path = dir.join(&file.name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).attempt("create", parent)?;
            }
            let mut bytes = Vec::new();
            let made = fixture::random(file.size).read_to_end(&mut bytes);
            made.and_then(|_| std::fs::write(&path, bytes))
                .attempt("write", &path)?;
        }
        Ok(Shown::Directory(dir))
    };
    let files = make("data", &data::files(cell))?;
    cell.environment.sync()?;
    data::read(cell, files)?;
    for depth in depths(cell) {
        cell.recorder.param("depth", Some(depth.to_string()));
        let names = Names::new(cell.scale.read.read_files, depth)?;
        let mut all = names.lowest();
        all.extend((1..depth).flat_map(Names::added));
        let tree = make(&format!("depth-{depth}"), &all)?;
        cell.environment.sync()?;
        storm::all(cell, tree, &names, is_extreme(cell, depth))?;
    }
    Ok(())
}
