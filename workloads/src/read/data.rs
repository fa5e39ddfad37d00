//! The data of large files: in order, at random places, through a mapping.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::sys::library::Library;
use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::cell::Cell;
use crate::environment::{CacheState, Settled};
use crate::fixture::{self, FixtureFile};
use crate::recorder::Metric;
use crate::shown::Shown;
use crate::warmth;

/// One file for each way, so that one look at cold caches serves all three.
const SEQUENTIAL: &str = "sequential";
const RANDOM: &str = "random";
const MAPPED: &str = "mapped";
const BLOCK: usize = 4 << 10;
/// What is compared with what was written, off the clock.
const COMPARED: u64 = 64 << 10;

/// The files of the layer.
pub(super) fn files(cell: &Cell<'_>) -> Vec<FixtureFile> {
    let size = cell.scale.read.read_file_bytes;
    [SEQUENTIAL, RANDOM, MAPPED]
        .map(|name| FixtureFile {
            name: name.to_owned(),
            size,
        })
        .to_vec()
}

/// Reads from the coldest caches that can be proven, then from warm ones, and takes the tree down.
pub(super) fn read(cell: &mut Cell<'_>, mut tree: Shown<'_>) -> Result<()> {
    let size = cell.scale.read.read_file_bytes;
    cell.recorder.param("size", Some(size.to_string()));
    let names = [SEQUENTIAL, RANDOM, MAPPED].map(PathBuf::from);
    let coldest = cell
        .environment
        .settle(CacheState::Cold, tree.probe(&names))?;
    tree.mount()?;
    if coldest.state != CacheState::Warm {
        each_way(cell, tree.root(), &coldest, 1)?;
    }
    let mut warm = warmth::warm(cell, tree.root(), tree.item(), &names)?;
    if coldest.state == CacheState::Warm {
        warm.refused = warm.refused.or(coldest.refused);
    }
    let passes = super::passes(cell);
    each_way(cell, tree.root(), &warm, passes)?;
    cell.recorder.param("size", None);
    for name in &names {
        compare(&tree.root().join(name), size)?;
    }
    tree.finish()
}

fn each_way(cell: &mut Cell<'_>, root: &Path, caches: &Settled, passes: u32) -> Result<()> {
    cell.recorder.one_of_the_caches(Some(caches));
    let size = cell.scale.read.read_file_bytes;
    let path = root.join(SEQUENTIAL);
    cell.recorder.time_mean("read-sequential", passes, || {
        (0..passes).try_for_each(|_| all(sequential(&path)?, size, &path))
    })?;
    random(cell, &root.join(RANDOM), passes)?;
    let path = root.join(MAPPED);
    cell.recorder.time_mean("read-mapped", passes, || {
        (0..passes).try_for_each(|_| {
            let (_, pages) = Library::map(&path)?.touch();
            let pages = pages * rustix::param::page_size();
            all((pages as u64).min(size), size, &path)
        })
    })
}

/// Reads a file to its end; gives its length.
pub(crate) fn sequential(path: &Path) -> Result<u64> {
    let mut buffer = vec![0_u8; 128 << 10];
    let mut file = File::open(path).attempt("open", path)?;
    let mut length = 0;
    loop {
        match file.read(&mut buffer).attempt("read", path)? {
            0 => return Ok(length),
            n => length += n as u64,
        }
    }
}

fn random(cell: &mut Cell<'_>, path: &Path, passes: u32) -> Result<()> {
    let amounts = &cell.scale.read;
    let (reads, blocks) = (amounts.read_random, amounts.read_file_bytes / BLOCK as u64);
    let mut rng = ChaCha8Rng::seed_from_u64(cell.seed);
    let places: Vec<u64> = (0..reads)
        .map(|_| rng.random_range(0..blocks.max(1)) * BLOCK as u64)
        .collect();
    let wanted = BLOCK.min(usize::try_from(amounts.read_file_bytes).unwrap_or(BLOCK));
    let mut latencies = histogram()?;
    let mut buffer = vec![0_u8; BLOCK];
    let mut took = 0.0;
    cell.recorder.time_mean("read-random", passes, || {
        let began = Instant::now();
        for _ in 0..passes {
            let file = File::open(path).attempt("open", path)?;
            for &place in &places {
                let one = Instant::now();
                file.read_exact_at(&mut buffer[..wanted], place)
                    .attempt("read", path)?;
                let nanos = u64::try_from(one.elapsed().as_nanos()).unwrap_or(u64::MAX);
                latencies.saturating_record(nanos);
            }
        }
        took = began.elapsed().as_secs_f64();
        Ok(())
    })?;
    if took > 0.0 {
        let rate = f64::from(reads) * f64::from(passes) / took;
        cell.recorder.value("read-random", Metric::Rate, rate);
    }
    cell.recorder.latencies("read-random", latencies);
    Ok(())
}

/// Nanoseconds up to an hour, 3 significant digits, of full width from the start.
fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_max(3_600_000_000_000, 3)
        .map_err(|e| Error::new(ErrorKind::Io, "make a histogram").because(e.to_string()))
}

fn all(read: u64, size: u64, path: &Path) -> Result<()> {
    if read == size {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "read all of")
        .path(path)
        .because(format!("{read} of {size} bytes came")))
}

/// The beginning of a fixture file is what was put there.
pub(crate) fn compare(path: &Path, size: u64) -> Result<()> {
    let mut expected = Vec::new();
    let begin = fixture::random(size)
        .take(COMPARED)
        .read_to_end(&mut expected);
    let length = begin.attempt("make what is expected of", path)?;
    let mut found = vec![0_u8; length];
    let file = File::open(path).attempt("open", path)?;
    file.read_exact_at(&mut found, 0).attempt("read", path)?;
    if found == expected {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "compare with what was written").path(path))
}
