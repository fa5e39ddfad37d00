//! Workload `share`: what several containers of one image share in memory when they read the same file.
//!
//! `readers` containers of one image read one file from cold caches, one after the other: the first brings it in, the next
//! ones find it, or read it again. Then each maps it as a program maps its libraries and touches every page. Beside time:
//! what the device was asked to read, what of the file is in the page cache (of the file as each container shows it, of
//! the layer's file below, of the file that holds the store), what the driver's daemons grew by, and the proportional set
//! size of the mappings together. On the control all readers read one plain file: that is sharing at its best.
//!
//! It predicts how memory and start-up reads grow with the number of containers of one image (density). It says nothing of
//! containers of different images that happen to hold equal files. The mappings are all in one process; a page's share is
//! counted by mappings (proc_pid_smaps(5)), whoever has them.

mod memory;

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::sys::library::Library;
use drivers::{Driver, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Ground};
use crate::container::key;
use crate::environment::{CacheState, Glance};
use crate::fixture::{self, FixtureFile};
use crate::read::data::{compare, sequential};
use crate::recorder::Metric;
use crate::shown::Shown;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "share",
    question: "Do containers of one image share what they read?",
    phases: &[
        (
            "first-reader",
            "the first container reads the file, 128 KiB a call",
        ),
        (
            "next-reader",
            "every other container does the same: the mean of one",
        ),
        (
            "held-by-first",
            "what the first reader took: page cache, bytes read from the device, memory of daemons",
        ),
        ("held-by-all", "what all readers took together"),
        (
            "map",
            "a container maps the file and touches every page: the mean of one",
        ),
        (
            "mapped",
            "what all mappings take together: proportional set size, and the page cache then",
        ),
    ],
    reach: Reach::Full,
    run,
};

/// How much is shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// Containers that read one file.
    pub share_readers: Vec<u32>,
    /// Its size in bytes.
    pub share_file_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            share_readers: vec![3],
            share_file_bytes: 1 << 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            share_readers: vec![8],
            share_file_bytes: 8 << 20,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            share_readers: vec![2, 10, 50],
            share_file_bytes: 64 << 20,
        }
    }
}

const FILE: &str = "library";

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let size = cell.scale.share.share_file_bytes;
    cell.recorder.param("size", Some(size.to_string()));
    let outcome = match cell.ground {
        Ground::Driver(driver) => on_driver(cell, driver, size),
        Ground::HostDir(dir) => {
            let dir = dir.join("share");
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            let outcome = on_directory(cell, &dir, size);
            drivers::remove::tree(&dir)?;
            outcome
        }
    };
    for name in ["size", "readers"] {
        cell.recorder.param(name, None);
    }
    cell.recorder.caches(None);
    outcome
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver, size: u64) -> Result<()> {
    let file = FixtureFile {
        name: FILE.to_owned(),
        size,
    };
    let base = fixture::layer(driver, "share", None, &[file])?;
    for readers in cell.scale.share.share_readers.clone() {
        cell.recorder.param("readers", Some(readers.to_string()));
        let containers = (0..readers)
            .map(|n| {
                let name = key(cell, &format!("{readers}-{n}"))?;
                Shown::container(driver, name, cell.scratch, &base)
            })
            .collect::<Result<_>>()?;
        share(cell, Some(driver), containers, size)?;
    }
    Ok(())
}

fn on_directory(cell: &mut Cell<'_>, dir: &Path, size: u64) -> Result<()> {
    fixture::write_file(&dir.join(FILE), size)?;
    for readers in cell.scale.share.share_readers.clone() {
        cell.recorder.param("readers", Some(readers.to_string()));
        let same = (0..readers).map(|_| Shown::Directory(dir.to_owned()));
        share(cell, None, same.collect(), size)?;
    }
    Ok(())
}

/// What is held at one moment.
#[derive(Debug, Clone, Copy)]
struct Held {
    pages: u64,
    glance: Glance,
}

fn share(
    cell: &mut Cell<'_>,
    driver: Option<&dyn Driver>,
    mut readers: Vec<Shown<'_>>,
    size: u64,
) -> Result<()> {
    let Some(first) = readers.first() else {
        return Ok(());
    };
    // Nothing is mounted yet: a mounted container keeps its daemon or its pool busy.
    let settled = cell
        .environment
        .settle(CacheState::Cold, first.probe(&[PathBuf::from(FILE)]))?;
    cell.recorder.caches(Some(&settled));
    readers.iter_mut().try_for_each(Shown::mount)?;
    let paths: Vec<PathBuf> = readers.iter().map(|r| r.root().join(FILE)).collect();
    let environment = cell.environment;
    let look = || -> Result<Held> {
        Ok(Held {
            pages: memory::cached(driver, &readers, Path::new(FILE))?,
            glance: environment.glance()?,
        })
    };
    let daemons = driver.is_some_and(|driver| driver.daemon_usage().alive > 0);

    let before = look()?;
    cell.recorder
        .time("first-reader", || whole(&paths[0], size))?;
    if settled.state == CacheState::Warm {
        // What was in memory before cannot be told from what was brought in.
        let why = settled.refused.clone().unwrap_or_default();
        for phase in ["held-by-first", "held-by-all"] {
            cell.recorder.cannot(phase, &*why);
        }
    } else {
        held(cell, "held-by-first", before, look()?, daemons);
    }
    let next = u32::try_from(paths.len() - 1).unwrap_or(u32::MAX);
    if next > 0 {
        // What the first one left in memory is the question.
        cell.recorder.caches(None);
        cell.recorder.time_mean("next-reader", next, || {
            paths[1..].iter().try_for_each(|path| whole(path, size))
        })?;
    }
    if settled.state != CacheState::Warm {
        cell.recorder.caches(Some(&settled));
        held(cell, "held-by-all", before, look()?, daemons);
        cell.recorder.caches(None);
    }

    let mut libraries = Vec::with_capacity(paths.len());
    cell.recorder.time_mean("map", next + 1, || {
        for path in &paths {
            let library = Library::map(path)?;
            library.touch();
            libraries.push(library);
        }
        Ok(())
    })?;
    if let Some(bytes) = memory::mapped(&libraries)? {
        value(cell, "mapped", Metric::Memory, bytes);
    }
    let after = look()?;
    let below = after.glance.below.saturating_sub(before.glance.below);
    value(cell, "mapped", Metric::PageCache, after.pages + below);
    drop(libraries);
    compare(&paths[paths.len() - 1], size)?;
    readers.into_iter().try_for_each(Shown::finish)
}

fn whole(path: &Path, size: u64) -> Result<()> {
    let read = sequential(path)?;
    if read == size {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "read all of")
        .path(path)
        .because(format!("{read} of {size} bytes came")))
}

fn held(cell: &mut Cell<'_>, phase: &str, before: Held, after: Held, daemons: bool) {
    let below = after.glance.below.saturating_sub(before.glance.below);
    let pages = after.pages.saturating_sub(before.pages);
    value(cell, phase, Metric::PageCache, pages + below);
    if let (Some(before), Some(after)) = (before.glance.device_read, after.glance.device_read) {
        let read = after.saturating_sub(before);
        value(cell, phase, Metric::DeviceRead, read);
    }
    if daemons {
        let grown = after.glance.daemons.saturating_sub(before.glance.daemons);
        cell.recorder.param("of", Some("daemons".to_owned()));
        value(cell, phase, Metric::Memory, grown);
        cell.recorder.param("of", None);
    }
}

fn value(cell: &mut Cell<'_>, phase: &str, metric: Metric, value: u64) {
    #[expect(clippy::cast_precision_loss, reason = "byte counts below 2^53")]
    cell.recorder.value(phase, metric, value as f64);
}
