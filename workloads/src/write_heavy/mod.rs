//! Workload `write-heavy`: the same job in the container layer, in a volume, and in a plain directory.
//!
//! Targets: `layer-new` (files the container made), `layer-lower` (files that come from the image, so the first write
//! copies up), `volume` (a directory of the backing store bind-mounted into the container's root), `hostdir` (the
//! control). Every job ends with its data synced, so nobody gains by postponing; what the store has still to write then is
//! in the time until durable. The overwritten file is warm: it was read just before.

mod jobs;
mod sqlite;

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Result};

use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::fixture::{self, FixtureFile};
use crate::volume::Volume;
use crate::warmth;
use crate::{Reach, Workload};
use jobs::Job;

pub use jobs::DATA;

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "write-heavy",
    question: "What does writing much cost in a container's layer, and what does a volume save?",
    phases: &[
        (
            "random-write",
            "4 KiB writes at random places of one file, synced once at the end",
        ),
        ("random-write-fsync", "the same, each write synced"),
        (
            "sequential-write",
            "a new file in writes of 1 MiB, synced at the end",
        ),
        (
            "small-files",
            "files of 4 KiB made, the directory synced, then all deleted",
        ),
        (
            "sqlite-wal",
            "SQLite transactions of one insert, write-ahead log, synchronous=FULL",
        ),
        ("sqlite-rollback", "the same with a rollback journal"),
    ],
    reach: Reach::Short,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    match cell.ground {
        Ground::Driver(driver) => on_driver(cell, driver),
        Ground::HostDir(dir) => {
            let dir = dir.join("write-heavy");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            let outcome = on_new_files(cell, "hostdir", &dir);
            drivers::remove::tree(&dir)?;
            outcome
        }
    }
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    let size = cell.scale.write_file_bytes;
    let base = fixture::layer(
        driver,
        "write-heavy",
        None,
        &[FixtureFile {
            name: DATA.to_owned(),
            size,
        }],
    )?;

    let container = Container::start(driver, key(cell, "n")?, cell.scratch, Some(&base))?;
    let dir = container.root().join("new");
    std::fs::create_dir(&dir).attempt("create", &dir)?;
    on_new_files(cell, "layer-new", &dir)?;

    let volume = Volume::mount(cell.plain, container.root(), Path::new("volume"), None)?;
    on_new_files(cell, "volume", &container.root().join("volume"))?;
    volume.close()?;
    container.finish()?;

    // A fresh container for each job: only its first write finds the file in the image.
    cell.recorder
        .param("target", Some("layer-lower".to_owned()));
    for job in jobs::ON_LOWER_FILES {
        let container = Container::start(
            driver,
            key(cell, &format!("l-{}", job.name))?,
            cell.scratch,
            Some(&base),
        )?;
        let settled = warmth::warm(
            cell,
            container.root(),
            Some(container.item()),
            &[DATA.into()],
        )?;
        cell.recorder.caches(Some(&settled));
        do_job(cell, job, container.root())?;
        container.finish()?;
    }
    cell.recorder.caches(None);
    cell.recorder.param("target", None);
    Ok(())
}

/// Does one job by the name of its phase in `dir`, which has [`DATA`] in the size the scale asks for.
///
/// # Errors
/// Those of the job; `NotFound` when there is none of that name.
pub fn job(cell: &mut Cell<'_>, phase: &str, dir: &Path) -> Result<()> {
    let mut jobs = jobs::ON_NEW_FILES.iter();
    match jobs.find(|job| job.name == phase) {
        Some(job) => (job.run)(cell, phase, dir),
        None => Err(Error::new(ErrorKind::NotFound, "find the job").because(phase)),
    }
}

fn on_new_files(cell: &mut Cell<'_>, target: &str, dir: &Path) -> Result<()> {
    cell.recorder.param("target", Some(target.to_owned()));
    fixture::write_file(&dir.join(DATA), cell.scale.write_file_bytes)?;
    cell.environment.sync()?;
    let settled = warmth::warm(cell, dir, None, &[DATA.into()])?;
    cell.recorder.caches(Some(&settled));
    for job in jobs::ON_NEW_FILES {
        do_job(cell, job, dir)?;
    }
    cell.recorder.caches(None);
    cell.recorder.param("target", None);
    Ok(())
}

/// Does a job; one that this ground cannot do is noted with its reason.
fn do_job(cell: &mut Cell<'_>, job: &Job, dir: &Path) -> Result<()> {
    match (job.run)(cell, job.name, dir) {
        Err(error) if error.kind() == drivers::ErrorKind::Unsupported => {
            cell.recorder.cannot(job.name, error.to_string());
            Ok(())
        }
        outcome => outcome,
    }
}
