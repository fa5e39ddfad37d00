//! A readable directory that holds an item's content.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::mount::Mount;

/// A readable directory that holds an item's content, for as long as this value lives.
#[derive(Debug)]
pub struct View {
    path: PathBuf,
    mount: Option<Mount>,
}

impl View {
    /// Content that is always there as a plain directory.
    pub fn plain(path: PathBuf) -> Self {
        Self { path, mount: None }
    }

    /// Content that had to be mounted; unmounted when the view is dropped.
    pub fn mounted(mount: Mount) -> Self {
        Self {
            path: mount.path().to_owned(),
            mount: Some(mount),
        }
    }

    /// The root of the content.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Releases it, and says whether that worked.
    ///
    /// # Errors
    /// When the unmount fails.
    pub fn close(self) -> Result<()> {
        self.mount.map_or(Ok(()), Mount::unmount)
    }
}
