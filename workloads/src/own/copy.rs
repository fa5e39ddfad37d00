//! On the control: a copy of the image, to be worked in as a container would be.

use std::path::{Path, PathBuf};

use drivers::copy::{self, Method};
use drivers::{Result, remove};

/// A copy of a tree, removed again whatever happens.
#[derive(Debug)]
pub(crate) struct ImageCopy(PathBuf);

impl ImageCopy {
    /// Copies the tree `from` to the new directory `to`.
    ///
    /// # Errors
    /// As `drivers::copy::tree`; what was made is removed again.
    pub(crate) fn of(from: &Path, to: PathBuf) -> Result<Self> {
        let copy = Self(to);
        copy::tree(from, &copy.0, Method::BySize)?;
        Ok(copy)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Removes it.
    ///
    /// # Errors
    /// `InUse` when something is mounted in it; otherwise whatever removing gives.
    pub(crate) fn close(self) -> Result<()> {
        remove::tree(&self.0)
    }
}

impl Drop for ImageCopy {
    fn drop(&mut self) {
        // After `close` nothing is there. A failure that led here is the one the user reads.
        drop(remove::tree(&self.0));
    }
}
