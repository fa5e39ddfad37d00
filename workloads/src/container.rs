//! A container layer in use: prepared, mounted, and taken down again whatever happens.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Item, Key, Kind, LayerId, Mount, Owners, Result};

use crate::cell::{Cell, Ground};

/// A mounted container layer. `finish` takes it down and says whether that worked; dropping it does the same silently.
#[derive(Debug)]
pub struct Container<'a> {
    driver: &'a dyn Driver,
    key: Key,
    at: PathBuf,
    mount: Option<Mount>,
    prepared: bool,
}

impl<'a> Container<'a> {
    /// Names a container layer and makes its mountpoint; nothing is timed here.
    ///
    /// # Errors
    /// Whatever mkdir gives.
    pub fn plan(driver: &'a dyn Driver, key: Key, scratch: &Path) -> Result<Self> {
        let at = scratch.join(key.as_str());
        std::fs::create_dir(&at).attempt("create the mountpoint", &at)?;
        Ok(Self {
            driver,
            key,
            at,
            mount: None,
            prepared: false,
        })
    }

    /// Makes the layer.
    ///
    /// # Errors
    /// As `Driver::prepare`.
    pub fn prepare(&mut self, parent: Option<&LayerId>) -> Result<()> {
        self.driver.prepare(&self.key, parent, Kind::Writable)?;
        self.prepared = true;
        Ok(())
    }

    /// Mounts it.
    ///
    /// # Errors
    /// As `Driver::mount`.
    pub fn mount(&mut self) -> Result<()> {
        self.mount = Some(self.driver.mount(&self.key, &self.at)?);
        Ok(())
    }

    /// Mounts it with other owners.
    ///
    /// # Errors
    /// As `Driver::mount_as`.
    pub fn mount_as(&mut self, owners: &Owners) -> Result<()> {
        self.mount = Some(self.driver.mount_as(&self.key, &self.at, owners)?);
        Ok(())
    }

    /// Plans, prepares and mounts in one go.
    ///
    /// # Errors
    /// As the three.
    pub fn start(
        driver: &'a dyn Driver,
        key: Key,
        scratch: &Path,
        parent: Option<&LayerId>,
    ) -> Result<Self> {
        let mut container = Self::plan(driver, key, scratch)?;
        container.prepare(parent)?;
        container.mount()?;
        Ok(container)
    }

    /// The root of the mounted tree.
    pub fn root(&self) -> &Path {
        self.mount.as_ref().map_or(&self.at, Mount::path)
    }

    /// The item, for `usage` and `changes`.
    pub fn item(&self) -> Item<'_> {
        Item::Container(&self.key)
    }

    /// Unmounts it; the layer stays, and can be mounted again.
    ///
    /// # Errors
    /// As `Mount::unmount`.
    pub fn unmount(&mut self) -> Result<()> {
        self.mount.take().map_or(Ok(()), Mount::unmount)
    }

    /// Makes an immutable layer of it, unmounted; only the mountpoint is left for `finish`.
    ///
    /// # Errors
    /// As `Driver::commit`; the container layer is then still there.
    pub fn commit(&mut self, layer: &LayerId) -> Result<()> {
        self.driver.commit(&self.key, layer)?;
        self.prepared = false;
        Ok(())
    }

    /// Unmounts and removes the layer; the mountpoint stays for `finish`.
    ///
    /// # Errors
    /// As `Mount::unmount` and `Driver::remove`.
    pub fn teardown(&mut self) -> Result<()> {
        self.unmount()?;
        if self.prepared {
            self.driver.remove(Item::Container(&self.key))?;
            self.prepared = false;
        }
        Ok(())
    }

    /// Takes everything down, the mountpoint included.
    ///
    /// # Errors
    /// As `teardown`, and rmdir.
    pub fn finish(mut self) -> Result<()> {
        self.teardown()?;
        std::fs::remove_dir(&self.at).attempt("remove the mountpoint", &self.at)
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // The failure that led here is the one the user reads. After `finish` nothing is left to do.
        drop(self.teardown());
        drop(std::fs::remove_dir(&self.at));
    }
}

/// A key of this cell: the cell's name and a suffix.
///
/// # Errors
/// `BadInput` when the two make no legal key.
pub fn key(cell: &Cell<'_>, suffix: &str) -> Result<Key> {
    format!("{}-{suffix}", cell.name).parse()
}

/// The driver of a cell, unless it is the control.
pub fn driver<'a>(cell: &Cell<'a>) -> Option<&'a dyn Driver> {
    match cell.ground {
        Ground::Driver(driver) => Some(driver),
        Ground::HostDir(_) => None,
    }
}

/// Whether files can be given to others here, and why not.
pub(crate) fn owners(cell: &Cell<'_>) -> (bool, &'static str) {
    let one = std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.lines().all(|line| line.trim_end().ends_with(" 1")));
    let stored = driver(cell).is_none_or(|driver| driver.capabilities().arbitrary_owners);
    (
        stored && !one,
        "this user namespace has only one id; as root it is measured",
    )
}
