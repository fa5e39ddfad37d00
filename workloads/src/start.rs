//! Workload `start`: what a container costs before it has done anything.
//!
//! prepare + mount + run the image's own `/bin/true` inside (chroot) + first read of some files + teardown: once from cold
//! caches, once from a dropped page cache, several times one after the other from warm ones, and several at once. On the control the same program runs in a plain directory
//! that holds the image, with nothing to prepare, mount or tear down.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::sys::command::run_in_root;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result};
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom as _;

use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::environment::{CacheState, Probe};
use crate::recorder::Metric;
use crate::warmth::{TRIES, read_all};
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "start",
    question: "What does starting a container cost?",
    phases: &[
        ("prepare", "making the container layer"),
        ("mount", "mounting it"),
        ("exec", "running /bin/true inside, from fork to exit"),
        (
            "first-read",
            "opening and reading files of the image through the mount",
        ),
        ("teardown", "unmounting and removing the container layer"),
        (
            "total",
            "all of these; with `parallel` above 1, from the first start to the last teardown",
        ),
        ("idle", "what an idle container takes: space and inodes"),
    ],
    reach: Reach::Short,
    run,
};

/// The program every image is expected to have.
const PROGRAM: &str = "/bin/true";
/// Far more than any start takes; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(30);
/// Warm starts that take no time are repeated up to so many times more often than the scale says, for as long as this: a
/// call of 100 microseconds is known as well as one of milliseconds then, and a cell takes no longer for it.
const MORE_STARTS: usize = 10;
const MORE_TIME: Duration = Duration::from_millis(250);
/// Larger files would make `first-read` a test of sequential reading.
const LARGEST_READ: u64 = 1 << 20;

fn run(cell: &mut Cell<'_>) -> Result<()> {
    match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => on_driver(cell, driver, &top),
        (Place::Directory(image), _) => on_directory(cell, &image),
        (Place::Layer(_), Ground::HostDir(dir)) => {
            Err(Error::new(ErrorKind::Corrupt, "find the image in").path(dir))
        }
    }
}

/// Seconds of each part of one start.
type Parts = Vec<(&'static str, f64)>;

fn timed<T>(parts: &mut Parts, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let value = work()?;
    parts.push((name, began.elapsed().as_secs_f64()));
    Ok(value)
}

/// What every start does.
#[derive(Debug, Clone, Copy)]
struct Start<'a> {
    scratch: &'a Path,
    parent: &'a LayerId,
    files: &'a [PathBuf],
}

fn one_start(driver: &dyn Driver, start: Start<'_>, key: drivers::Key) -> Result<Parts> {
    let mut container = Container::plan(driver, key, start.scratch)?;
    let mut parts = Vec::with_capacity(5);
    timed(&mut parts, "prepare", || {
        container.prepare(Some(start.parent))
    })?;
    timed(&mut parts, "mount", || container.mount())?;
    timed(&mut parts, "exec", || execute(container.root()))?;
    timed(&mut parts, "first-read", || {
        read_all(container.root(), start.files)
    })?;
    timed(&mut parts, "teardown", || container.teardown())?;
    container.finish()?;
    Ok(parts)
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver, top: &LayerId) -> Result<()> {
    let view = driver.view(Item::Layer(top))?;
    let files = files_of(cell, view.path());
    view.close()?;
    let files = files?;
    let start = Start {
        scratch: cell.scratch,
        parent: top,
        files: &files,
    };

    let container = Container::start(driver, key(cell, "idle")?, cell.scratch, Some(top))?;
    let usage = driver.usage(container.item())?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "byte and inode counts below 2^53"
    )]
    {
        cell.recorder
            .value("idle", Metric::Allocated, usage.exclusive_bytes as f64);
        cell.recorder
            .value("idle", Metric::Inodes, usage.exclusive_inodes as f64);
    }
    container.finish()?;
    let name = cell.name.clone();
    in_each_state(cell, Probe::Item(Item::Layer(top), &files), |n| {
        one_start(driver, start, format!("{name}-s{n}").parse()?)
    })?;
    for parallel in cell.scale.parallel.clone() {
        if parallel > 1 {
            at_once(cell, driver, start, parallel)?;
        }
    }
    cell.recorder.param("parallel", None);
    cell.recorder.one_of_the_caches(None);
    Ok(())
}

/// Starts from the coldest caches that can be proven, from a dropped page cache, then from warm ones, several times.
fn in_each_state(
    cell: &mut Cell<'_>,
    probe: Probe<'_>,
    mut one: impl FnMut(u32) -> Result<Parts>,
) -> Result<()> {
    let mut number = 0;
    let mut next = |cell: &mut Cell<'_>| {
        number += 1;
        if !cell.recorder.is_counted() {
            return one(number);
        }
        cell.recorder.param("parallel", Some("1".to_owned()));
        cell.recorder.time("total", || one(number))
    };
    let coldest = cell.environment.settle(CacheState::Cold, probe)?;
    if coldest.state == CacheState::Warm {
        // Nothing can be dropped here. This start is thrown away: the first one reads.
        next(cell)?;
    } else {
        cell.recorder.one_of_the_caches(Some(&coldest));
        let parts = next(cell)?;
        record(cell, &[parts]);
    }
    if coldest.state == CacheState::Cold {
        // So that those that cannot prove a cold cache have somebody to be compared with.
        let dropped = cell
            .environment
            .settle(CacheState::Lukewarm, Probe::Nothing)?;
        cell.recorder.one_of_the_caches(Some(&dropped));
        let parts = next(cell)?;
        record(cell, &[parts]);
    }
    let mut warm = cell.environment.settle(CacheState::Warm, probe)?;
    for _ in 1..TRIES {
        // Somebody else dropped the caches of the machine meanwhile.
        if warm.refused.is_some() {
            next(cell)?;
            warm = cell.environment.settle(CacheState::Warm, probe)?;
        }
    }
    if coldest.state == CacheState::Warm {
        warm.refused = warm.refused.or(coldest.refused);
    }
    cell.recorder.one_of_the_caches(Some(&warm));
    let mut serial = vec![next(cell)?];
    // What is counted is the same every time.
    if !cell.recorder.is_counted() {
        let (least, began) = (cell.scale.starts as usize, Instant::now());
        let most = least * MORE_STARTS;
        while serial.len() < least || (serial.len() < most && began.elapsed() < MORE_TIME) {
            serial.push(next(cell)?);
        }
    }
    record(cell, &serial);
    Ok(())
}

/// Starts `parallel` containers from as many threads; the phase ends with the last teardown.
fn at_once(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    start: Start<'_>,
    parallel: u32,
) -> Result<()> {
    let keys: Vec<_> = (0..parallel)
        .map(|n| key(cell, &format!("p{parallel}-{n}")))
        .collect::<Result<_>>()?;
    cell.recorder.param("parallel", Some(parallel.to_string()));
    cell.recorder.time("total", || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = keys
                .into_iter()
                .map(|key| scope.spawn(move || one_start(driver, start, key)))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| {
                        Err(Error::new(ErrorKind::Corrupt, "start a container")
                            .because("the thread panicked"))
                    })
                    .map(drop)
            })
        })
    })
}

fn on_directory(cell: &mut Cell<'_>, image: &Path) -> Result<()> {
    let files = files_of(cell, image)?;
    let one = || -> Result<Parts> {
        let mut parts = Vec::new();
        timed(&mut parts, "exec", || execute(image))?;
        timed(&mut parts, "first-read", || read_all(image, &files))?;
        Ok(parts)
    };
    in_each_state(cell, Probe::Directory(image, &files), |_| one())?;
    for parallel in cell.scale.parallel.clone().into_iter().filter(|&n| n > 1) {
        cell.recorder.param("parallel", Some(parallel.to_string()));
        cell.recorder.time("total", || {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..parallel).map(|_| scope.spawn(one)).collect();
                threads.into_iter().try_for_each(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| {
                            Err(Error::new(ErrorKind::Corrupt, "start a process")
                                .because("the thread panicked"))
                        })
                        .map(drop)
                })
            })
        })?;
    }
    cell.recorder.param("parallel", None);
    cell.recorder.one_of_the_caches(None);
    Ok(())
}

/// One value for each part: the median of the starts; they share a cell, so they are no independent samples.
fn record(cell: &mut Cell<'_>, starts: &[Parts]) {
    cell.recorder.param("parallel", Some("1".to_owned()));
    let mut by_part: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for parts in starts {
        by_part
            .entry("total")
            .or_default()
            .push(parts.iter().map(|(_, seconds)| seconds).sum());
        for (name, seconds) in parts {
            by_part.entry(name).or_default().push(*seconds);
        }
    }
    for (name, mut seconds) in by_part {
        seconds.sort_by(f64::total_cmp);
        let middle = seconds.len() / 2;
        let median = if seconds.len() % 2 == 1 {
            seconds[middle]
        } else {
            f64::midpoint(seconds[middle - 1], seconds[middle])
        };
        cell.recorder.value(name, Metric::Time, median);
    }
}

fn execute(root: &Path) -> Result<()> {
    let status = run_in_root(root, Path::new(PROGRAM), &[] as &[&OsStr], LIMIT)?;
    if status.success() {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::Unsupported, format!("run {PROGRAM} in"))
            .path(root)
            .because(status.to_string()),
    )
}

/// The files a start reads: chosen by seed from the regular files of the image, the same for every subject and round.
/// Found once for each image: walking it again would warm what the next cell wants cold.
fn files_of(cell: &Cell<'_>, root: &Path) -> Result<Vec<PathBuf>> {
    static FOUND: Mutex<BTreeMap<String, Vec<PathBuf>>> = Mutex::new(BTreeMap::new());
    let name = cell.image.config_digest.to_string();
    let known = FOUND
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&name)
        .cloned();
    let all = match known {
        Some(all) => all,
        None => {
            let mut all = Vec::new();
            walk(root, Path::new(""), &mut all)?;
            all.sort();
            FOUND
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name, all.clone());
            all
        }
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0x5741_5254);
    Ok(all
        .sample(&mut rng, cell.scale.files_read as usize)
        .cloned()
        .collect())
}

fn walk(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let dir = root.join(below);
    for entry in std::fs::read_dir(&dir).attempt("list", &dir)? {
        let entry = entry.attempt("list", &dir)?;
        let path = below.join(entry.file_name());
        let meta = entry.metadata().attempt("stat", entry.path())?;
        if meta.is_dir() {
            walk(root, &path, found)?;
        } else if meta.is_file() && meta.len() > 0 && meta.len() <= LARGEST_READ {
            found.push(path);
        }
    }
    Ok(())
}
