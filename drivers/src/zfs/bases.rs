//! Where datasets are mounted: each at one base, by need, counted; everything that is shown is a bind mount of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::pool::{PLAIN, Pool};
use crate::error::{Attempt as _, Error, Result};
use crate::mount;

/// The mounted bases, by serial, and how many use each. One that nobody uses could not be unmounted, and will be tried
/// again.
#[derive(Debug, Default)]
pub(super) struct Bases(BTreeMap<u64, u32>);

impl Bases {
    /// How many are mounted.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Keeps a base mounted. Dropping it can only log a failure to unmount; [`Hold::release`] says so.
#[derive(Debug)]
pub(super) struct Hold {
    pool: Arc<Pool>,
    serial: u64,
    held: bool,
}

impl Hold {
    /// The directory that shows the dataset.
    pub(super) fn path(&self) -> PathBuf {
        self.pool.base(self.serial)
    }

    /// Gives it up; the last one unmounts.
    ///
    /// # Errors
    /// `InUse` while a file in it is open.
    pub(super) fn release(mut self) -> Result<()> {
        self.let_go()
    }

    fn let_go(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.held) {
            return Ok(());
        }
        let mut bases = self.pool.bases();
        match bases.0.get_mut(&self.serial) {
            Some(users) if *users > 1 => {
                *users -= 1;
                return Ok(());
            }
            Some(users) => *users = 0,
            None => return Ok(()),
        }
        self.pool.unmount_base(&mut bases, self.serial)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Err(error) = self.let_go() {
            tracing::error!("{error}");
        }
    }
}

impl Pool {
    /// The base of an item.
    pub(super) fn base(&self, serial: u64) -> PathBuf {
        self.mountpoints.join(format!("e{serial}"))
    }

    pub(super) fn bases(&self) -> MutexGuard<'_, Bases> {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mounts an item's dataset at its base, unless it is mounted there already.
    ///
    /// # Errors
    /// `NoSpace` at the back end's limit of mounts; `Daemon`.
    pub(super) fn hold(self: &Arc<Self>, serial: u64) -> Result<Hold> {
        let mut bases = self.bases();
        if let Some(users) = bases.0.get_mut(&serial) {
            *users += 1;
        } else {
            let at = self.base(serial);
            self.mount_dataset(&format!("e{serial}"), &at)?;
            bases.0.insert(serial, 1);
        }
        drop(bases);
        Ok(Hold {
            pool: Arc::clone(self),
            serial,
            held: true,
        })
    }

    /// The bases that are mounted.
    pub(super) fn mounted(&self) -> Vec<PathBuf> {
        let bases = self.bases();
        bases.0.keys().map(|serial| self.base(*serial)).collect()
    }

    /// Unmounts what nobody uses and could not be unmounted before.
    ///
    /// # Errors
    /// `InUse`.
    pub(super) fn unmount_idle(&self) -> Result<()> {
        let mut bases = self.bases();
        let idle: Vec<u64> = bases
            .0
            .iter()
            .filter(|(_, users)| **users == 0)
            .map(|(serial, _)| *serial)
            .collect();
        for serial in idle {
            self.unmount_base(&mut bases, serial)?;
        }
        Ok(())
    }

    fn unmount_base(&self, bases: &mut Bases, serial: u64) -> Result<()> {
        self.unmount_dataset(&format!("e{serial}"), &self.base(serial))?;
        bases.0.remove(&serial);
        Ok(())
    }

    /// Mounts `POOL/name` at `at`, in the way of the back end.
    pub(super) fn mount_dataset(&self, name: &str, at: &Path) -> Result<()> {
        let dataset = self.dataset(name);
        if self.engine.quirks.legacy_mounts {
            return self.mount_legacy(&dataset, at);
        }
        let mut mounting = self.engine.mounting(at)?;
        self.zfs(&["mount", &dataset])?;
        mounting.add();
        self.engine.await_service(at)
    }

    /// Mounts a dataset or a snapshot, by its full name, with mount(2).
    pub(super) fn mount_legacy(&self, source: &str, at: &Path) -> Result<()> {
        std::fs::create_dir_all(at).attempt("create the mountpoint", at)?;
        let mount = mount::filesystem("zfs", Some(Path::new(source)), &[], at)?;
        // Whoever asked unmounts it; a guard would do so too.
        std::mem::forget(mount);
        Ok(())
    }

    /// Unmounts what [`Self::mount_dataset`] mounted. What is not mounted any more is no failure.
    pub(super) fn unmount_dataset(&self, name: &str, at: &Path) -> Result<()> {
        let fail = |errno| {
            Error::io(format!("unmount {name} from"), at, errno)
                .hint("close the files and leave the directories in use there")
        };
        let other = (name != PLAIN).then(|| self.plain_dir());
        match self.engine.unmount(at, &self.dataset(name), other) {
            Ok(()) | Err(Errno::INVAL | Errno::NOENT) => Ok(()),
            Err(errno) => Err(fail(errno)),
        }
    }
}
