//! Where a workload finds files of the image: in a fresh container, or, on the control, in a plain directory that holds
//! the same files. Cold or warm, and taken down again whatever happens.

use std::path::{Path, PathBuf};

use drivers::{Driver, Result, usage};

use crate::cell::{Cell, Ground};
use crate::container::{Container, key};
use crate::environment::{CacheState, Probe, Settled};
use crate::made::{self, PlainDir};
use crate::warmth;

/// Files of the image.
#[expect(missing_debug_implementations, reason = "it holds a function")]
pub struct Lower<'f> {
    /// Names everything that `fill` depends on.
    pub label: String,
    /// Writes them into an empty directory, the same every time.
    pub fill: &'f dyn Fn(&Path) -> Result<()>,
    /// The files whose pages are looked at to prove a state of the caches, relative to that directory.
    pub probe: Vec<PathBuf>,
}

/// A place that shows the files of the image, to be changed.
#[derive(Debug)]
pub struct Stand<'a> {
    place: Place<'a>,
    probe: Vec<PathBuf>,
}

#[derive(Debug)]
enum Place<'a> {
    Layer(&'a dyn Driver, Container<'a>),
    Plain(PlainDir),
}

/// What a place takes of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Bytes allocated for it alone.
    pub bytes: u64,
    /// Inodes of its own.
    pub inodes: u64,
}

impl<'a> Stand<'a> {
    /// Makes it, not yet mounted. `suffix` is its name within the cell.
    ///
    /// # Errors
    /// As making the layer, and `Driver::prepare`.
    pub fn prepare(cell: &Cell<'a>, lower: &Lower<'_>, suffix: &str) -> Result<Self> {
        let place = match cell.ground {
            Ground::Driver(driver) => {
                let layer = made::layer(driver, cell.scratch, &lower.label, lower.fill)?;
                let mut container = Container::plan(driver, key(cell, suffix)?, cell.scratch)?;
                container.prepare(Some(&layer))?;
                Place::Layer(driver, container)
            }
            Ground::HostDir(dir) => {
                let dir = PlainDir::create(dir.join(format!("{}-{suffix}", cell.name)))?;
                (lower.fill)(dir.path())?;
                cell.environment.sync()?;
                Place::Plain(dir)
            }
        };
        let probe = lower.probe.clone();
        Ok(Self { place, probe })
    }

    /// Makes the files cold, as far as that can be proven, and mounts it: a mounted container would keep its daemon or its
    /// pool busy.
    ///
    /// # Errors
    /// As settling and `Driver::mount`.
    pub fn cold(&mut self, cell: &Cell<'_>) -> Result<Settled> {
        let settle = |probe| cell.environment.settle(CacheState::Cold, probe);
        match &mut self.place {
            Place::Layer(_, container) => {
                let settled = settle(Probe::Item(container.item(), &self.probe))?;
                container.mount()?;
                Ok(settled)
            }
            Place::Plain(dir) => settle(Probe::Directory(dir.path(), &self.probe)),
        }
    }

    /// Mounts it and reads the files.
    ///
    /// # Errors
    /// As `Driver::mount` and reading.
    pub fn warm(&mut self, cell: &Cell<'_>) -> Result<Settled> {
        match &mut self.place {
            Place::Layer(_, container) => {
                container.mount()?;
                let item = Some(container.item());
                warmth::warm(cell, container.root(), item, &self.probe)
            }
            Place::Plain(dir) => warmth::warm(cell, dir.path(), None, &self.probe),
        }
    }

    /// The directory that shows the files.
    pub fn root(&self) -> &Path {
        match &self.place {
            Place::Layer(_, container) => container.root(),
            Place::Plain(dir) => dir.path(),
        }
    }

    /// What it takes now; what is still to be written is written first.
    ///
    /// # Errors
    /// As `Driver::usage`, or whatever reading the directory gives.
    pub fn taken(&self, cell: &Cell<'_>) -> Result<Taken> {
        match &self.place {
            Place::Layer(driver, container) => {
                let usage = driver.usage(container.item())?;
                Ok(Taken {
                    bytes: usage.exclusive_bytes,
                    inodes: usage.exclusive_inodes,
                })
            }
            Place::Plain(dir) => {
                cell.environment.sync()?;
                let space = usage::of_tree(dir.path())?;
                Ok(Taken {
                    bytes: space.bytes,
                    inodes: space.inodes,
                })
            }
        }
    }

    /// Takes it down and says whether that worked.
    ///
    /// # Errors
    /// As unmounting and removing.
    pub fn finish(self) -> Result<()> {
        match self.place {
            Place::Layer(_, container) => container.finish(),
            Place::Plain(dir) => dir.remove(),
        }
    }
}
