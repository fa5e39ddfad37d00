//! Workload `start-programs`: how long a user waits from asking for a container until the program in it has said something.
//!
//! prepare + mount + /proc and /dev + a real program of the image, to its first byte of output (`true`, which prints
//! nothing, to its end): a scripting language, a web server that checks its configuration, a database that makes its
//! cluster. Once from cold caches, then again and again from warm ones. The program has process ids of its own, as in an
//! engine, and no network of its own, no cgroup, no seccomp filter.
//!
//! It **predicts** what of a container's start the driver decides: how programs that read many small files start from a
//! stack of layers, cold and warm, and what the first writes of a start cost. It does **not** show what an engine adds, nor
//! how a server works once it runs. A program that the image lacks is a DNF with the places it was looked for. The control
//! runs the same in a plain directory that holds the image; what the program left there is removed again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result, Usage, remove};

use crate::cell::{Cell, Ground, Place};
use crate::container::Container;
use crate::environment::{CacheState, Probe};
use crate::programs::{self, Found};
use crate::recorder::Metric;
use crate::repeated::Repeated;
use crate::room::Room;
use crate::warmth::TRIES;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "start-programs",
    question: "How long until a real program in a new container has said something?",
    phases: &[
        (
            "first-output",
            "from prepare to the first byte the program prints; `true` prints nothing: to its end",
        ),
        ("prepare", "of it, making the container layer"),
        ("mount", "of it, mounting it"),
        ("furnish", "of it, mounting /proc and /dev in it"),
        ("exec", "of it, from fork to the first byte of output"),
        ("end", "from fork until the program has ended"),
        (
            "teardown",
            "clearing the room, unmounting and removing the container layer",
        ),
        (
            "whole",
            "of warm starts, all of it from prepare to the removal: the mean, and its CPU time",
        ),
        (
            "written",
            "what one start left in the container layer: space and inodes",
        ),
    ],
    reach: Reach::Full,
    run,
};

/// How often programs are started.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Starts of one program from warm caches, in one cell; one that takes a second is started once.
    pub start_programs_warm: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            start_programs_warm: 1,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            start_programs_warm: 5,
        }
    }

    /// For published numbers: enough for a 95th percentile.
    pub fn publish() -> Self {
        Self {
            start_programs_warm: 200,
        }
    }
}

/// Far more than any of them takes; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(120);

/// Seconds of each part of one start.
type Parts = Vec<(&'static str, Duration)>;

/// Where programs are started.
#[derive(Debug, Clone, Copy)]
enum Where<'a> {
    Containers(&'a dyn Driver, &'a LayerId),
    Directory(&'a Path),
}

impl Where<'_> {
    fn probe<'p>(&'p self, files: &'p [PathBuf]) -> Probe<'p> {
        match self {
            Self::Containers(_, top) => Probe::Item(Item::Layer(top), files),
            Self::Directory(image) => Probe::Directory(image, files),
        }
    }

    fn find(&self, program: programs::Program) -> Result<Found> {
        match self {
            Self::Containers(driver, top) => {
                let view = driver.view(Item::Layer(top))?;
                let found = programs::find(view.path(), program);
                view.close()?;
                found
            }
            Self::Directory(image) => programs::find(image, program),
        }
    }
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => all(cell, Where::Containers(driver, &top)),
        (Place::Directory(image), _) => all(cell, Where::Directory(&image)),
        (Place::Layer(_), Ground::HostDir(dir)) => {
            Err(Error::new(ErrorKind::Corrupt, "find the image in").path(dir))
        }
    }
}

fn all(cell: &mut Cell<'_>, place: Where<'_>) -> Result<()> {
    let (mut there, mut absent) = (Vec::new(), Vec::new());
    for &program in programs::STARTED {
        match place.find(program) {
            Ok(found) => there.push((program, found)),
            Err(error) if error.kind() == ErrorKind::Unsupported => absent.push(program.name),
            Err(error) => return Err(error),
        }
    }
    if !absent.is_empty() {
        let names = absent.join(", ");
        cell.recorder
            .cannot("first-output", format!("the image lacks what these need: {names} (scripts/debian-image.sh makes one that has it)"));
    }
    for (program, found) in there {
        cell.recorder
            .param("program", Some(program.name.to_owned()));
        let outcome = in_each_state(cell, place, &found);
        cell.recorder.one_of_the_caches(None);
        match outcome {
            // It is not there, or it fails: no reason not to start the others.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Unsupported | ErrorKind::Daemon | ErrorKind::TimedOut
                ) =>
            {
                cell.recorder.cannot("first-output", error.to_string());
            }
            other => other?,
        }
    }
    cell.recorder.param("program", None);
    Ok(())
}

/// Starts from the coldest caches that can be proven, then from warm ones, several times.
fn in_each_state(cell: &mut Cell<'_>, place: Where<'_>, found: &Found) -> Result<()> {
    let files = [found.file.clone()];
    let (name, scratch) = (cell.name.clone(), cell.scratch);
    let mut number = 0;
    let mut next = |usage: &mut Option<Usage>| {
        number += 1;
        match place {
            Where::Containers(driver, top) => {
                let key = format!("{name}-{}-{number}", found.program.name).parse()?;
                start(driver, top, found, key, scratch, usage)
            }
            Where::Directory(image) => in_directory(image, found),
        }
    };
    let unasked = &mut Some(Usage::default());
    if cell.recorder.is_counted() {
        cell.recorder.param("cache", Some("warm".to_owned()));
        next(unasked)?;
        // What is counted is the same every time.
        return cell.recorder.time("whole", || next(unasked)).map(drop);
    }
    let coldest = cell
        .environment
        .settle(CacheState::Cold, place.probe(&files))?;
    let mut usage = None;
    // Where nothing can be dropped this start is thrown away: the first one reads.
    let parts = next(&mut usage)?;
    if let Some(usage) = usage {
        written(cell, usage);
    }
    if coldest.state != CacheState::Warm {
        cell.recorder.one_of_the_caches(Some(&coldest));
        record(cell, &[parts]);
    }
    let warm = |cell: &Cell<'_>| {
        cell.environment
            .settle(CacheState::Warm, place.probe(&files))
    };
    let mut settled = warm(cell)?;
    for _ in 1..TRIES {
        // Somebody else dropped the caches of the machine meanwhile.
        if settled.refused.is_some() {
            next(unasked)?;
            settled = warm(cell)?;
        }
    }
    if coldest.state == CacheState::Warm {
        settled.refused = settled.refused.or(coldest.refused);
    }
    let starts = if found.program.heavy {
        1
    } else {
        cell.scale.start_programs.start_programs_warm
    };
    cell.recorder.one_of_the_caches(Some(&settled));
    let all = cell.recorder.time_mean("whole", starts, || {
        (0..starts)
            .map(|_| next(unasked))
            .collect::<Result<Vec<_>>>()
    })?;
    record(cell, &all);
    Ok(())
}

/// What a start left in the container layer.
fn written(cell: &mut Cell<'_>, usage: Usage) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "byte and inode counts below 2^53"
    )]
    for (metric, value) in [
        (Metric::Allocated, usage.exclusive_bytes as f64),
        (Metric::Inodes, usage.exclusive_inodes as f64),
    ] {
        cell.recorder.value("written", metric, value);
    }
}

fn timed<T>(parts: &mut Parts, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let value = work()?;
    parts.push((name, began.elapsed()));
    Ok(value)
}

/// One start in a container of its own. Where no `usage` is known yet, what the program left there is looked at.
fn start(
    driver: &dyn Driver,
    top: &LayerId,
    found: &Found,
    key: drivers::Key,
    scratch: &Path,
    usage: &mut Option<Usage>,
) -> Result<Parts> {
    let mut parts = Parts::new();
    let mut container = Container::plan(driver, key, scratch)?;
    timed(&mut parts, "prepare", || container.prepare(Some(top)))?;
    timed(&mut parts, "mount", || container.mount())?;
    let room = timed(&mut parts, "furnish", || Room::furnish(container.root()))?;
    execute(&mut parts, container.root(), found)?;
    if usage.is_none() {
        *usage = Some(driver.usage(container.item())?);
    }
    timed(&mut parts, "teardown", || {
        room.close()?;
        container.teardown()
    })?;
    container.finish()?;
    Ok(parts)
}

/// One start in the directory of the image: what it leaves there goes again.
fn in_directory(image: &Path, found: &Found) -> Result<Parts> {
    let mut parts = Parts::new();
    let left = left_by(image, found.program.leaves)?;
    let room = timed(&mut parts, "furnish", || Room::furnish(image))?;
    let outcome = execute(&mut parts, image, found);
    let closed = timed(&mut parts, "teardown", || room.close());
    for path in left {
        remove_any(&path)?;
    }
    outcome.and(closed)?;
    Ok(parts)
}

/// Runs the program to its end; adds the sum of all parts until its first output.
fn execute(parts: &mut Parts, root: &Path, found: &Found) -> Result<()> {
    let ended = found.in_root(root).run(LIMIT)?;
    parts.push(("exec", found.started(&ended)?));
    let sum = parts.iter().map(|(_, time)| *time).sum();
    parts.push(("first-output", sum));
    parts.push(("end", ended.took));
    Ok(())
}

/// Where in a root the program is going to leave something that is not there yet; links lead nowhere else.
fn left_by(root: &Path, leaves: &[&str]) -> Result<Vec<PathBuf>> {
    let mut left = Vec::new();
    for leaf in leaves.iter().map(Path::new) {
        let (Some(dir), Some(name)) = (leaf.parent(), leaf.file_name()) else {
            continue;
        };
        if let Some(dir) = programs::real(root, dir)? {
            let path = root.join(dir).join(name);
            if path.symlink_metadata().is_err() {
                left.push(path);
            }
        }
    }
    Ok(left)
}

fn remove_any(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => remove::tree(path),
        Ok(_) => std::fs::remove_file(path).attempt("remove", path),
        // The program left nothing this time.
        Err(_) => Ok(()),
    }
}

/// One value for each part, in the state of the caches that is set.
fn record(cell: &mut Cell<'_>, starts: &[Parts]) {
    let mut by_part: BTreeMap<&str, Repeated> = BTreeMap::new();
    for (name, time) in starts.iter().flatten() {
        by_part.entry(name).or_default().add(*time);
    }
    for (name, times) in by_part {
        times.record(&mut cell.recorder, name);
    }
    cell.recorder.one_of_the_caches(None);
}
