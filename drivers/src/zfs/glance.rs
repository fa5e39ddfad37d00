//! A look at a container layer that leaves no trace in it: a read-only clone of a snapshot of this moment.
//!
//! Looking at the container's own dataset would change it, because zfs-fuse writes when extended attributes are read
//! (see [`Pool::freeze`]): `changes` of an idle container would make it grow by 8 KiB for every file of its image.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    snapshot: String,
    mounted: bool,
    open: bool,
}

impl Glance {
    /// Looks at the dataset of an item.
    pub(super) fn at(pool: &Arc<Pool>, serial: u64) -> Result<Self> {
        let name = format!("{PREFIX}{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut glance = Self {
            pool: Arc::clone(pool),
            snapshot: format!("{}@{name}", pool.item(serial)),
            name,
            mounted: false,
            open: true,
        };
        pool.zfs(&["snapshot", &glance.snapshot])?;
        pool.clone_unmounted(&glance.snapshot, &glance.name, true)?;
        pool.mount_dataset(&glance.name, &glance.path())?;
        glance.mounted = true;
        Ok(glance)
    }

    /// The directory that shows it.
    pub(super) fn path(&self) -> PathBuf {
        self.pool.mountpoints.join(&self.name)
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
        let path = self.path();
        if self.mounted {
            self.pool.unmount_dataset(&self.name, &path)?;
        }
        // The snapshot with its one clone.
        match self.pool.zfs(&["destroy", "-R", &self.snapshot]) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match std::fs::remove_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).attempt("remove the mountpoint", path)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Glance {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!("{error}");
        }
    }
}
