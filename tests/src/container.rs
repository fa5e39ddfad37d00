//! A container layer of a case: its key, its model, and its mount, which ends with it.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use drivers::error::Attempt as _;
use drivers::{Capabilities, Key, LayerId, Mount};

use crate::case::Stop;
use crate::context::{legal, matches};
use crate::oracle::live;
use crate::oracle::model::Model;
use crate::oracle::op::Op;

/// A container layer or view of a case.
#[derive(Debug)]
pub struct Container {
    /// Its name.
    pub key: Key,
    /// The layer it stands on.
    pub parent: Option<LayerId>,
    pub(crate) model: Model,
    pub(crate) at: PathBuf,
    /// In a lock only so that threads can share a container: the steps that end a mount are nobody's but its owner's.
    pub(crate) mount: Mutex<Option<Mount>>,
    pub(crate) capabilities: Capabilities,
}

impl Container {
    /// The root of the mounted tree.
    pub fn root(&self) -> &Path {
        &self.at
    }

    /// A path in the mounted tree.
    pub fn path(&self, path: impl AsRef<[u8]>) -> PathBuf {
        live::place(&self.at, path)
    }

    /// Does the operations in the mounted tree and in the model; what the driver declares it cannot store is left out.
    ///
    /// # Errors
    /// Broken, when the model refuses one; a failure, when the container does.
    pub fn apply(&mut self, ops: &[Op]) -> Result<(), Stop> {
        self.predict(ops)?;
        Ok(live::apply(&self.at, &legal(ops, &self.capabilities))?)
    }

    /// Does the operations in the model only: the case does the same by other means.
    ///
    /// # Errors
    /// Broken, when the model refuses one.
    pub fn predict(&mut self, ops: &[Op]) -> Result<(), Stop> {
        self.model.live = true;
        self.model
            .apply(&legal(ops, &self.capabilities))
            .map_err(Stop::broken)
    }

    /// The mounted tree is what the model says.
    ///
    /// # Errors
    /// A failure, with the first differences.
    pub fn check(&self) -> Result<(), Stop> {
        matches(
            &format!("the container {}", self.key),
            &self.model,
            &self.at,
            &self.capabilities,
        )
    }

    /// Unmounts it; `Context::mount` mounts it again.
    ///
    /// # Errors
    /// A failure, when it stays mounted.
    pub fn unmount(&mut self) -> Result<(), Stop> {
        Ok(self.try_unmount()?)
    }

    /// As [`Self::unmount`], with the driver's own error; what stays mounted can be unmounted later.
    ///
    /// # Errors
    /// `InUse` while something in it is open.
    pub fn try_unmount(&mut self) -> drivers::Result<()> {
        let held = self.mount.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mount) = held {
            mount.try_unmount()?;
            *held = None;
        }
        Ok(())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// A failure, when it cannot be read.
    pub fn read(&self, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Stop> {
        let path = self.path(path);
        Ok(fs::read(&path).attempt("read", &path)?)
    }

    /// What stat says of a path itself.
    ///
    /// # Errors
    /// A failure, when it is not there.
    pub fn stat(&self, path: impl AsRef<[u8]>) -> Result<Metadata, Stop> {
        let path = self.path(path);
        Ok(fs::symlink_metadata(&path).attempt("stat", &path)?)
    }

    /// The names in a directory, as readdir gives them.
    ///
    /// # Errors
    /// A failure, when it cannot be listed.
    pub fn names(&self, path: impl AsRef<[u8]>) -> Result<BTreeSet<Vec<u8>>, Stop> {
        let path = self.path(path);
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(&path).attempt("list", &path)? {
            names.insert(
                entry
                    .attempt("list", &path)?
                    .file_name()
                    .as_bytes()
                    .to_vec(),
            );
        }
        Ok(names)
    }

    /// A file opened for reading.
    ///
    /// # Errors
    /// A failure, when it cannot be opened.
    pub fn open(&self, path: impl AsRef<[u8]>) -> Result<File, Stop> {
        let path = self.path(path);
        Ok(File::open(&path).attempt("open", &path)?)
    }

    /// A file opened for reading and writing.
    ///
    /// # Errors
    /// A failure, when it cannot be opened.
    pub fn open_for_writing(&self, path: impl AsRef<[u8]>) -> Result<File, Stop> {
        let path = self.path(path);
        Ok(File::options()
            .read(true)
            .write(true)
            .open(&path)
            .attempt("open for writing", &path)?)
    }
}
