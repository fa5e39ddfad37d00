//! A container on the image's one file, or, on the control, a directory; planned, made, and taken down whatever happens.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Item, Key, LayerId, Result, remove};

use super::{Amounts, LOWER};
use crate::cell::{Cell, Ground};
use crate::environment::Probe;
use crate::fixture::{self, FixtureFile};

/// Where places are made.
#[derive(Debug)]
pub(super) enum Places<'a> {
    /// By a driver, on this layer, with mountpoints in that directory, under names that begin so.
    Driver(&'a dyn Driver, LayerId, &'a Path, String),
    /// In this directory.
    Directory(PathBuf),
}

/// One of them. Dropping it takes it down silently.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// A container.
    Container {
        driver: &'a dyn Driver,
        parent: &'a LayerId,
        key: Key,
        at: PathBuf,
        mount: Option<drivers::Mount>,
        made: bool,
    },
    /// A directory.
    Directory(PathBuf),
}

impl<'a> Places<'a> {
    /// Those of a cell; the image's file is made.
    pub(super) fn of(cell: &Cell<'a>, amounts: &Amounts) -> Result<Self> {
        match cell.ground {
            Ground::Driver(driver) => {
                let file = FixtureFile {
                    name: LOWER.to_owned(),
                    size: amounts.aging_file_bytes,
                };
                let base = fixture::layer(driver, "aging", None, &[file])?;
                let name = cell.name.clone();
                Ok(Self::Driver(driver, base, cell.scratch, name))
            }
            Ground::HostDir(dir) => {
                let dir = dir.join("aging");
                std::fs::create_dir(&dir).attempt("create", &dir)?;
                Ok(Self::Directory(dir))
            }
        }
    }

    /// Whether a driver makes them.
    pub(super) fn has_driver(&self) -> bool {
        matches!(self, Self::Driver(..))
    }

    /// Names a place.
    pub(super) fn plan(&self, name: &str) -> Result<Place<'_>> {
        match self {
            Self::Driver(driver, parent, scratch, prefix) => {
                let key: Key = format!("{prefix}-{name}").parse()?;
                let at = scratch.join(key.as_str());
                std::fs::create_dir(&at).attempt("create the mountpoint", &at)?;
                Ok(Place::Container {
                    driver: *driver,
                    parent,
                    key,
                    at,
                    mount: None,
                    made: false,
                })
            }
            Self::Directory(dir) => Ok(Place::Directory(dir.join(name))),
        }
    }

    /// Nothing of them is left afterwards, but for the image.
    pub(super) fn finish(self) -> Result<()> {
        match &self {
            Self::Driver(..) => Ok(()),
            Self::Directory(dir) => remove::tree(dir),
        }
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        if let Self::Directory(dir) = self {
            drop(remove::tree(dir));
        }
    }
}

impl Place<'_> {
    /// Makes and mounts it.
    pub(super) fn make(&mut self) -> Result<()> {
        match self {
            Self::Container {
                driver,
                parent,
                key,
                made,
                ..
            } => {
                driver.prepare(key, Some(parent), drivers::Kind::Writable)?;
                *made = true;
            }
            Self::Directory(dir) => {
                std::fs::create_dir(&*dir).attempt("create", &*dir)?;
                return Ok(());
            }
        }
        self.mount()
    }

    /// Mounts it again.
    pub(super) fn mount(&mut self) -> Result<()> {
        if let Self::Container {
            driver,
            key,
            at,
            mount,
            ..
        } = self
        {
            *mount = Some(driver.mount(key, at)?);
        }
        Ok(())
    }

    /// Unmounts it; what was written stays.
    pub(super) fn unmount(&mut self) -> Result<()> {
        match self {
            Self::Container { mount, .. } => mount.take().map_or(Ok(()), drivers::Mount::unmount),
            Self::Directory(_) => Ok(()),
        }
    }

    /// Its root.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Container { at, .. } => at,
            Self::Directory(dir) => dir,
        }
    }

    /// Files of it, to be looked at.
    pub(super) fn probe<'p>(&'p self, files: &'p [PathBuf]) -> Probe<'p> {
        match self {
            Self::Container { key, .. } => Probe::Item(Item::Container(key), files),
            Self::Directory(dir) => Probe::Directory(dir, files),
        }
    }

    /// Unmounts and removes it.
    pub(super) fn remove(&mut self) -> Result<()> {
        self.unmount()?;
        match self {
            Self::Container {
                driver, key, made, ..
            } if *made => {
                driver.remove(Item::Container(key))?;
                *made = false;
                Ok(())
            }
            Self::Container { .. } => Ok(()),
            Self::Directory(dir) => remove::tree(dir),
        }
    }

    /// Takes it down, its mountpoint included.
    pub(super) fn finish(mut self) -> Result<()> {
        self.remove()?;
        match &self {
            Self::Container { at, .. } => {
                std::fs::remove_dir(at).attempt("remove the mountpoint", at)
            }
            Self::Directory(_) => Ok(()),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // The failure that led here is the one the user reads. After `finish` nothing is left to do.
        drop(self.remove());
        if let Self::Container { at, .. } = self {
            drop(std::fs::remove_dir(at));
        }
    }
}
