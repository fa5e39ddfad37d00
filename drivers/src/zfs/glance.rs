//! A look at an item that leaves no trace in it: a snapshot, mounted as it is where the back end can; otherwise a clone of
//! it, shown read-only, that is destroyed afterwards.
//!
//! Looking at the item's own dataset would change it: zfs-fuse stores a directory for the extended attributes, of 8 KiB,
//! with every file whose attributes are *read* and that has none, even through a read-only mount. `changes` of an idle
//! container would make it grow with its image, and a layer would not be immutable. (With `readonly=on` it stores
//! nothing, but then no attribute can be read at all.)

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mount::{MountFlags, mount_remount};

use super::pool::Pool;
use crate::error::{Attempt as _, ErrorKind, Result};

/// What the names of its snapshot and its clone start with.
pub(super) const PREFIX: char = 'v';

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A mounted clone. Dropping it can only log a failure; [`Glance::close`] says so.
#[derive(Debug)]
pub(super) struct Glance {
    pool: Arc<Pool>,
    name: String,
    /// What is shown.
    snapshot: String,
    /// The snapshot is of a container layer, and was made for this look.
    own: bool,
    at: PathBuf,
    open: bool,
}

impl Glance {
    /// Looks at a container layer as it is now.
    pub(super) fn of_container(pool: &Arc<Pool>, serial: u64) -> Result<Self> {
        let name = new_name();
        let snapshot = format!("{}@{name}", pool.item(serial));
        pool.zfs(&["snapshot", &snapshot])?;
        Self::open(pool, name, snapshot, true)
    }

    /// Looks at a layer.
    pub(super) fn of_layer(pool: &Arc<Pool>, serial: u64) -> Result<Self> {
        Self::open(pool, new_name(), pool.layer_snapshot(serial), false)
    }

    fn open(pool: &Arc<Pool>, name: String, snapshot: String, own: bool) -> Result<Self> {
        let glance = Self {
            pool: Arc::clone(pool),
            at: pool.mountpoints.join(&name),
            name,
            snapshot,
            own,
            open: true,
        };
        if pool.engine.quirks.snapshot_mounts {
            pool.mount_legacy(&glance.snapshot, &glance.at)?;
        } else {
            pool.clone_mounted(&glance.snapshot, &glance.name)?;
        }
        mount_remount(&glance.at, MountFlags::BIND | MountFlags::RDONLY, "")
            .attempt("make read-only the mount on", &glance.at)?;
        Ok(glance)
    }

    /// The directory that shows it.
    pub(super) fn path(&self) -> &Path {
        &self.at
    }

    /// The full name of the snapshot it shows.
    pub(super) fn snapshot(&self) -> &str {
        &self.snapshot
    }

    /// Unmounts and destroys it.
    ///
    /// # Errors
    /// `InUse` while a file in it is open.
    pub(super) fn close(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        self.pool.unmount_dataset(&self.name, &self.at)?;
        let dataset = self.pool.dataset(&self.name);
        let destroy = if self.own {
            // A snapshot goes with its one clone.
            Some(["destroy", "-R", &self.snapshot])
        } else if self.pool.engine.quirks.snapshot_mounts {
            None
        } else {
            Some(["destroy", "-r", &dataset])
        };
        match destroy.map(|line| self.pool.zfs(&line)) {
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match std::fs::remove_dir(&self.at) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).attempt("remove the mountpoint", &self.at)
            }
            _ => Ok(()),
        }
    }
}

fn new_name() -> String {
    format!("{PREFIX}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Drop for Glance {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!("{error}");
        }
    }
}
