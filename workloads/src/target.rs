//! One job in all the places where a container's process may write: the container layer, a file of the image, a volume,
//! and, on the control, a plain directory.
//!
//! Targets: `layer-new` (what the job works on was made in the container), `layer-lower` (it comes from the image),
//! `volume` (a directory of the backing store bind-mounted into the container's root), `hostdir` (the control).

use std::path::{Path, PathBuf};

use drivers::{Driver, ErrorKind, Result};

use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::made::{self, PlainDir};
use crate::volume::Volume;
use crate::warmth;

/// A job: the same work in whatever directory it is given.
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Job<'j> {
    /// Lower case, words joined by `-`; unique in its workload.
    pub name: &'static str,
    /// Names everything that `fill` depends on; two jobs with one label share their files of the image.
    pub label: String,
    /// Makes what it works on in an empty directory: the same every time. Off the clock.
    pub fill: &'j dyn Fn(&Path) -> Result<()>,
    /// The files that are read before, so that they are warm; relative to that directory.
    pub warm: Vec<PathBuf>,
    /// Does the work there, times it, and checks that it was done.
    pub run: &'j dyn Fn(&mut Cell<'_>, &Path) -> Result<()>,
    /// It makes sense on files of the image, too.
    pub lower: bool,
}

/// Does all jobs on every target of the cell's ground. What a job cannot do on a target is noted with its reason.
///
/// # Errors
/// Those of drivers and jobs, but for `Unsupported` and `Missing`.
pub fn on_each(cell: &mut Cell<'_>, jobs: &[Job<'_>]) -> Result<()> {
    let outcome = match cell.ground {
        Ground::Driver(driver) => on_driver(cell, driver, jobs),
        Ground::HostDir(dir) => {
            let dir = PlainDir::create(dir.join(format!("{}-jobs", cell.name)))?;
            each_in(cell, "hostdir", dir.path(), jobs)?;
            dir.remove()
        }
    };
    cell.recorder.caches(None);
    cell.recorder.param("target", None);
    outcome
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver, jobs: &[Job<'_>]) -> Result<()> {
    let empty = made::layer(driver, cell.scratch, "empty", &|_| Ok(()))?;
    let container = Container::start(driver, key(cell, "n")?, cell.scratch, Some(&empty))?;
    let dir = PlainDir::create(container.root().join("new"))?;
    each_in(cell, "layer-new", dir.path(), jobs)?;
    dir.remove()?;

    let volume = Volume::mount(cell.plain, container.root(), Path::new("volume"), None)?;
    each_in(cell, "volume", &container.root().join("volume"), jobs)?;
    volume.close()?;
    container.finish()?;

    // A fresh container for each job: only its first write finds the files in the image.
    for job in jobs.iter().filter(|job| job.lower) {
        let base = made::layer(driver, cell.scratch, &job.label, job.fill)?;
        let suffix = format!("l-{}", job.name);
        let container = Container::start(driver, key(cell, &suffix)?, cell.scratch, Some(&base))?;
        let item = Some(container.item());
        let settled = warmth::warm(cell, container.root(), item, &job.warm)?;
        cell.recorder.caches(Some(&settled));
        one(cell, "layer-lower", container.root(), job)?;
        container.finish()?;
    }
    Ok(())
}

/// Each job in a directory of its own under `dir`, which is empty again afterwards.
fn each_in(cell: &mut Cell<'_>, target: &str, dir: &Path, jobs: &[Job<'_>]) -> Result<()> {
    for job in jobs {
        let own = PlainDir::create(dir.join(job.name))?;
        (job.fill)(own.path())?;
        cell.environment.sync()?;
        let settled = warmth::warm(cell, own.path(), None, &job.warm)?;
        cell.recorder.caches(Some(&settled));
        one(cell, target, own.path(), job)?;
        own.remove()?;
    }
    Ok(())
}

fn one(cell: &mut Cell<'_>, target: &str, dir: &Path, job: &Job<'_>) -> Result<()> {
    cell.recorder.param("target", Some(target.to_owned()));
    match (job.run)(cell, dir) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Missing) => {
            cell.recorder.cannot(job.name, error.to_string());
            Ok(())
        }
        outcome => outcome,
    }
}
