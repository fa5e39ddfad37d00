//! A tree whose files are read: a container's, or, on the control, a plain directory. What is done to the one is done to
//! the other.

use std::path::{Path, PathBuf};

use drivers::{Driver, Item, Key, LayerId, Result};

use crate::container::Container;
use crate::environment::Probe;

/// See the module text. A container is taken down by `finish`, or when it is dropped; a directory belongs to who made it.
#[derive(Debug)]
pub(crate) enum Shown<'a> {
    /// Prepared; mounted from [`Shown::mount`] to [`Shown::unmount`].
    Container(Container<'a>),
    /// Always there.
    Directory(PathBuf),
}

impl<'a> Shown<'a> {
    /// A container layer on `parent`, not mounted yet.
    pub(crate) fn container(
        driver: &'a dyn Driver,
        key: Key,
        scratch: &Path,
        parent: &LayerId,
    ) -> Result<Self> {
        let mut container = Container::plan(driver, key, scratch)?;
        container.prepare(Some(parent))?;
        Ok(Self::Container(container))
    }

    /// A container layer on nothing, not mounted yet.
    pub(crate) fn on_nothing(driver: &'a dyn Driver, key: Key, scratch: &Path) -> Result<Self> {
        let mut container = Container::plan(driver, key, scratch)?;
        container.prepare(None)?;
        Ok(Self::Container(container))
    }

    /// The container, for the driver.
    pub(crate) fn item(&self) -> Option<Item<'_>> {
        match self {
            Self::Container(container) => Some(container.item()),
            Self::Directory(_) => None,
        }
    }

    /// Files of it whose pages are to be looked at.
    pub(crate) fn probe<'p>(&'p self, files: &'p [PathBuf]) -> Probe<'p> {
        match self {
            Self::Container(container) => Probe::Item(container.item(), files),
            Self::Directory(dir) => Probe::Directory(dir, files),
        }
    }

    /// Where its files are, while it is mounted.
    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Container(container) => container.root(),
            Self::Directory(dir) => dir,
        }
    }

    pub(crate) fn mount(&mut self) -> Result<()> {
        match self {
            Self::Container(container) => container.mount(),
            Self::Directory(_) => Ok(()),
        }
    }

    pub(crate) fn unmount(&mut self) -> Result<()> {
        match self {
            Self::Container(container) => container.unmount(),
            Self::Directory(_) => Ok(()),
        }
    }

    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Container(container) => container.finish(),
            Self::Directory(_) => Ok(()),
        }
    }
}
