//! Workload `aging`: what a host's store is like after many containers have come and gone.
//!
//! A **cycle** starts a container, writes files of 4 KiB to 1 MiB into it and into a file of the image, deletes every
//! second one, and, once eight containers live, removes the oldest. After so many cycles (`age`), and before the first, a
//! container is started, makes its first write to a file of the image, writes a file, makes and deletes small ones, has its
//! file read from cold caches, and is removed. `extents` tells in how many pieces that file lies. The control does the same in
//! directories. The harness gives every cell a store of its own: what is worn out here, no other workload meets.
//!
//! **Predicts** whether a driver gets slower on a host that never rests: compare a phase at the highest age with age 0.
//! **Does not show** what a full disk does (a store is mostly empty), years of use, or fragmentation inside a file that is
//! overwritten for long (`postgres` does that).

mod cycle;
mod place;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;
use drivers::sys::fiemap;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::environment::CacheState;
use crate::fixture;
use crate::recorder::Metric;
use crate::{Reach, Workload};
use cycle::Population;
use place::{Place, Places};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "aging",
    question: "Does a store get slower as containers come and go?",
    phases: &[
        ("age", "the cycles since the last look"),
        ("start", "making and mounting a container layer"),
        ("copy-up", "one byte added to a file of the image, synced"),
        (
            "write",
            "a new file written in 1 MiB steps, synced at the end",
        ),
        (
            "small-files",
            "files of 4 KiB made, synced at the end, deleted",
        ),
        ("cold-read", "the new file read from cold caches"),
        ("remove", "unmounting and removing the container layer"),
    ],
    reach: Reach::Long,
    run,
};

/// How much it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// `aging`: the ages, in cycles, at which is looked; 0 is looked at anyway.
    pub aging_cycles: Vec<u32>,
    /// `aging`: files written in a cycle.
    pub aging_files: u32,
    /// `aging`: bytes of the file of the image, and of the file that is written.
    pub aging_file_bytes: u64,
    /// `aging`: small files made and deleted.
    pub aging_small_files: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            aging_cycles: vec![10],
            aging_files: 3,
            aging_file_bytes: 1 << 20,
            aging_small_files: 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            aging_cycles: vec![30],
            aging_files: 6,
            aging_file_bytes: 8 << 20,
            aging_small_files: 100,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            aging_cycles: vec![100, 1000],
            aging_files: 16,
            aging_file_bytes: 64 << 20,
            aging_small_files: 500,
        }
    }
}

/// The file of the image.
const LOWER: &str = "lower.bin";
/// The file that is written.
const WRITTEN: &str = "written.bin";

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let amounts = cell.scale.aging.clone();
    let places = Places::of(cell, &amounts)?;
    let mut population = Population::new(cell.seed);
    look(cell, &places, &amounts, 0)?;
    let mut ages = amounts.aging_cycles.clone();
    ages.sort_unstable();
    ages.dedup();
    for age in ages {
        cell.recorder.param("age", Some(age.to_string()));
        let environment = cell.environment;
        cell.recorder.time_until_durable(
            "age",
            || population.grow_to(age, &places, &amounts),
            || environment.sync(),
        )?;
        look(cell, &places, &amounts, age)?;
    }
    cell.recorder.param("age", None);
    population.finish()?;
    places.finish()
}

/// Measures at one age.
fn look(cell: &mut Cell<'_>, places: &Places<'_>, amounts: &Amounts, age: u32) -> Result<()> {
    cell.recorder.param("age", Some(age.to_string()));
    let environment = cell.environment;
    let mut place = places.plan(&format!("look{age}"))?;
    if places.has_driver() {
        cell.recorder.time("start", || place.make())?;
        let lower = place.root().join(LOWER);
        cell.recorder
            .time_until_durable("copy-up", || append(&lower), || environment.sync())?;
    } else {
        place.make()?;
    }
    let written = place.root().join(WRITTEN);
    let mut block = Vec::new();
    // Random, so that nobody can make it smaller.
    let mut source = fixture::random(1 << 20);
    source.read_to_end(&mut block).attempt("make", &written)?;
    cell.recorder.time_until_durable(
        "write",
        || write(&written, amounts.aging_file_bytes, &block),
        || environment.sync(),
    )?;
    match extents(&written) {
        Ok(number) => cell
            .recorder
            .value("write", Metric::Extents, f64::from(number)),
        Err(why) => tracing::debug!("no extents of {}: {why}", written.display()),
    }
    let small = place.root().join("small");
    cell.recorder.time_until_durable(
        "small-files",
        || small_files(&small, amounts.aging_small_files),
        || environment.sync(),
    )?;
    cold_read(cell, &mut place, amounts.aging_file_bytes)?;
    if places.has_driver() {
        cell.recorder.time("remove", || place.remove())?;
    }
    place.finish()
}

/// Nothing may be mounted while caches are made cold.
fn cold_read(cell: &mut Cell<'_>, place: &mut Place<'_>, bytes: u64) -> Result<()> {
    place.unmount()?;
    let files = [WRITTEN.into()];
    let settled = cell
        .environment
        .settle(CacheState::Cold, place.probe(&files))?;
    place.mount()?;
    cell.recorder.caches(Some(&settled));
    let path = place.root().join(WRITTEN);
    let read = cell.recorder.time("cold-read", || read(&path))?;
    cell.recorder.caches(None);
    if read == bytes {
        return Ok(());
    }
    Err(
        drivers::Error::new(drivers::ErrorKind::Corrupt, "read back")
            .path(&path)
            .because(format!("{bytes} bytes were written, {read} were read")),
    )
}

fn append(path: &Path) -> Result<()> {
    let file = OpenOptions::new().append(true).open(path);
    let mut file = file.attempt("open", path)?;
    file.write_all(b"x").attempt("write", path)?;
    file.sync_all().attempt("sync", path)
}

fn write(path: &Path, bytes: u64, block: &[u8]) -> Result<()> {
    let mut file = File::create(path).attempt("create", path)?;
    let mut left = bytes;
    while left > 0 {
        let n = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        file.write_all(&block[..n]).attempt("write", path)?;
        left -= n as u64;
    }
    file.sync_all().attempt("sync", path)
}

fn read(path: &Path) -> Result<u64> {
    let mut file = File::open(path).attempt("open", path)?;
    let (mut buffer, mut all) = (vec![0_u8; 1 << 20], 0);
    loop {
        match file.read(&mut buffer).attempt("read", path)? {
            0 => return Ok(all),
            n => all += n as u64,
        }
    }
}

fn small_files(dir: &Path, count: u32) -> Result<()> {
    std::fs::create_dir(dir).attempt("create", dir)?;
    let path = |number: u32| dir.join(format!("f{number}"));
    for number in 0..count {
        std::fs::write(path(number), [0x3C; 4096]).attempt("write", path(number))?;
    }
    let handle = File::open(dir).attempt("open", dir)?;
    rustix::fs::syncfs(&handle).attempt("sync", dir)?;
    for number in 0..count {
        std::fs::remove_file(path(number)).attempt("remove", path(number))?;
    }
    std::fs::remove_dir(dir).attempt("remove", dir)
}

/// In how many pieces a file lies, where the filesystem tells.
fn extents(path: &Path) -> std::io::Result<u32> {
    let file = File::open(path)?;
    let found = fiemap::extents(file.as_fd(), true)?;
    // What follows on directly is one piece, however the filesystem keeps it.
    let mut pieces = 0_u32;
    let mut end = None;
    for extent in &found {
        if end != Some(extent.physical) {
            pieces += 1;
        }
        end = Some(extent.physical + extent.length);
    }
    Ok(pieces)
}
