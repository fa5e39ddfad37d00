//! Workload `start-scale`: what a container's start costs when there is much of something: starts one after the other,
//! starts at once, containers that are there already, layers below, files that need other owners.
//!
//! The image is a small one that the workload makes itself ([`ground`]), the same for all: it is the number that is
//! measured, not the bytes a driver copies for an image (`start` and `start-programs` show those). A start is prepare +
//! mount + a program of one exec and one exit; its end is unmount + remove.
//!
//! It **predicts** whether a host that starts many containers, keeps many, or stacks many layers gets slower with their
//! number, and what the first container of an image with shifted owners (user namespaces) costs. It does **not** show what
//! an engine adds (its own locks, databases, cgroups, networks), nor the memory of processes: a container that is `live`
//! here is mounted, and nothing runs in it. Space and memory of many containers are what `density` is for.
//! The control runs the program in a plain directory: what is left of a start without any driver.

use std::path::Path;
use std::time::{Duration, Instant};

use drivers::sys::rooted::InRoot;
use drivers::{Driver, Error, ErrorKind, Key, LayerId, Result};

use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::recorder::Metric;
use crate::repeated::Repeated;
use crate::{Reach, Workload};

mod ground;
mod live;
mod owners;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "start-scale",
    question: "Does starting a container get slower with the number of containers, layers and owners?",
    phases: &[
        (
            "start",
            "one start after the other: prepare, mount, run, unmount, remove; the mean, and of many the distribution",
        ),
        (
            "parallel",
            "`parallel` containers from as many threads, from the first start to the last removal",
        ),
        (
            "fill",
            "preparing and mounting `live` containers, one after the other",
        ),
        ("live", "one start while these are mounted"),
        ("drain", "unmounting and removing these"),
        ("depth", "one start on `depth` layers"),
        (
            "mapped-first",
            "the first start with shifted owners, by changing every owner (`way` chown) or by mounting with others (idmap)",
        ),
        (
            "mapped-next",
            "the next start of the same image with these owners",
        ),
    ],
    reach: Reach::Full,
    run,
};

/// How many of everything.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Starts one after the other.
    pub start_scale_serial: u32,
    /// Containers started at once.
    pub start_scale_parallel: Vec<u32>,
    /// Containers that are there already; none is measured always.
    pub start_scale_live: Vec<u32>,
    /// Starts while they are there, and at each depth; the cell's value is their mean.
    pub start_scale_each: u32,
    /// Layers below the container.
    pub start_scale_depths: Vec<u32>,
    /// Files that need other owners.
    pub start_scale_files: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            start_scale_serial: 2,
            start_scale_parallel: vec![2],
            start_scale_live: vec![3],
            start_scale_each: 1,
            start_scale_depths: vec![1, 4],
            start_scale_files: 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            start_scale_serial: 8,
            start_scale_parallel: vec![8],
            start_scale_live: vec![8],
            start_scale_each: 3,
            start_scale_depths: vec![1, 32],
            start_scale_files: 300,
        }
    }

    /// For published numbers: hundreds of starts, and the numbers people have met trouble at.
    pub fn publish() -> Self {
        Self {
            start_scale_serial: 200,
            start_scale_parallel: vec![10, 50, 100],
            start_scale_live: vec![10, 100, 1000],
            start_scale_each: 10,
            start_scale_depths: vec![1, 16, 64, 128, 500],
            start_scale_files: 10_000,
        }
    }
}

/// Far more than any start takes; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(60);

fn run(cell: &mut Cell<'_>) -> Result<()> {
    match cell.ground {
        Ground::Driver(driver) => on_driver(cell, driver),
        Ground::HostDir(dir) => {
            let dir = ground::Directory::make(dir.join("start-scale"))?;
            on_directory(cell, &dir)?;
            dir.remove()
        }
    }
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    let base = ground::base(driver)?;
    let (name, scratch) = (cell.name.clone(), cell.scratch);
    let times = cell.scale.start_scale.start_scale_serial;
    serial(cell, "start", times, |n| {
        one(driver, format!("{name}-s{n}").parse()?, scratch, &base)
    })?;
    for parallel in cell.scale.start_scale.start_scale_parallel.clone() {
        let keys: Vec<_> = (0..parallel)
            .map(|n| key(cell, &format!("p{parallel}-{n}")))
            .collect::<Result<_>>()?;
        at_once(cell, keys, |key| one(driver, key, scratch, &base))?;
    }
    live::measure(cell, driver, &base)?;
    for depth in cell.scale.start_scale.start_scale_depths.clone() {
        at_depth(cell, driver, &base, depth)?;
    }
    cell.recorder.param("depth", None);
    owners::on_driver(cell, driver)
}

fn on_directory(cell: &mut Cell<'_>, dir: &ground::Directory) -> Result<()> {
    let root = dir.path();
    let times = cell.scale.start_scale.start_scale_serial;
    serial(cell, "start", times, |_| execute(root))?;
    for parallel in cell.scale.start_scale.start_scale_parallel.clone() {
        let keys = (0..parallel).collect();
        at_once(cell, keys, |_: u32| execute(root))?;
    }
    owners::on_directory(cell, root)
}

/// One container's life.
fn one(driver: &dyn Driver, key: Key, scratch: &Path, base: &LayerId) -> Result<()> {
    let container = Container::start(driver, key, scratch, Some(base))?;
    execute(container.root())?;
    container.finish()
}

/// Runs the program of the fixture.
fn execute(root: &Path) -> Result<()> {
    execute_as(root, None)
}

fn execute_as(root: &Path, user: Option<u32>) -> Result<()> {
    let mut program = InRoot::new(root, ground::PROGRAM);
    if let Some(user) = user {
        program = program.user(user, user);
    }
    let status = program.status(LIMIT)?;
    if status.success() {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::Daemon, format!("run {} in", ground::PROGRAM))
            .path(root)
            .because(status.to_string()),
    )
}

/// Does one thing `times` times, one after the other: the mean, and of many the distribution; a counted pass does it once.
fn serial(
    cell: &mut Cell<'_>,
    phase: &str,
    times: u32,
    mut one: impl FnMut(u32) -> Result<()>,
) -> Result<()> {
    if cell.recorder.is_counted() {
        return cell.recorder.time(phase, || one(0));
    }
    let mut repeated = Repeated::default();
    cell.recorder.time_mean(phase, times, || {
        (0..times).try_for_each(|n| {
            let began = Instant::now();
            one(n)?;
            repeated.add(began.elapsed());
            Ok(())
        })
    })?;
    repeated.distribution(&mut cell.recorder, phase);
    Ok(())
}

/// One container's life from each of as many threads as there are keys.
fn at_once<K: Send>(
    cell: &mut Cell<'_>,
    keys: Vec<K>,
    one: impl Fn(K) -> Result<()> + Sync,
) -> Result<()> {
    let number = keys.len();
    cell.recorder.param("parallel", Some(number.to_string()));
    let one = &one;
    let mut took = Duration::ZERO;
    cell.recorder.time("parallel", || {
        let began = Instant::now();
        let outcome = std::thread::scope(|scope| {
            let threads: Vec<_> = keys
                .into_iter()
                .map(|key| scope.spawn(move || one(key)))
                .collect();
            let ends = threads.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    Err(Error::new(ErrorKind::Corrupt, "start a container")
                        .because("the thread panicked"))
                })
            });
            // All of them are waited for, whatever the first one gave.
            ends.fold(Ok(()), Result::and)
        });
        took = began.elapsed();
        outcome
    })?;
    if !took.is_zero() {
        #[expect(clippy::cast_precision_loss, reason = "a number of containers")]
        let rate = number as f64 / took.as_secs_f64();
        cell.recorder.value("parallel", Metric::Rate, rate);
    }
    cell.recorder.param("parallel", None);
    Ok(())
}

fn at_depth(cell: &mut Cell<'_>, driver: &dyn Driver, base: &LayerId, depth: u32) -> Result<()> {
    cell.recorder.param("depth", Some(depth.to_string()));
    if let Some(most) = driver.capabilities().max_layers
        && depth > most
    {
        let reason = format!("this driver stacks at most {most} layers");
        cell.recorder.cannot("depth", reason);
        return Ok(());
    }
    let top = ground::stack(driver, base, depth)?;
    let (name, scratch) = (cell.name.clone(), cell.scratch);
    let times = cell.scale.start_scale.start_scale_each;
    serial(cell, "depth", times, |n| {
        one(
            driver,
            format!("{name}-d{depth}-{n}").parse()?,
            scratch,
            &top,
        )
    })
}
