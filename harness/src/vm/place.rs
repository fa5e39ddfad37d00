//! Where a guest's cache lies.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::guests::Guest;
use crate::exit;

/// The directory of one guest, held: nobody else prepares it meanwhile.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    /// A lock on it, which ends with the file.
    _lock: File,
}

/// The cache where none is named: the user's own.
pub(crate) fn default_root() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let home = || {
        std::env::var_os("HOME")
            .filter(|home| !home.is_empty())
            .map(|home| Path::new(&home).join(".cache"))
    };
    named
        .or_else(home)
        .map(|dir| dir.join("layerbench/vm"))
        .ok_or_else(|| {
            exit::coded(
                exit::USAGE,
                "there is neither $HOME nor $XDG_CACHE_HOME: name a directory with --cache",
            )
        })
}

impl Cache {
    /// Whether anything was ever prepared for a guest.
    pub(crate) fn exists(root: Option<&Path>, guest: Guest) -> bool {
        let root = root.map(Path::to_owned).map_or_else(default_root, Ok);
        root.is_ok_and(|root| root.join(guest.name).is_dir())
    }

    /// The cache of a guest, alone or (for runs, which change nothing in it) shared with others.
    ///
    /// # Errors
    /// When it cannot be made, or somebody else prepares it now.
    pub(crate) fn open(root: Option<&Path>, guest: Guest, alone: bool) -> anyhow::Result<Self> {
        let root = match root {
            Some(root) => std::path::absolute(root)?,
            None => default_root()?,
        };
        // make(1) and the compiler's wrappers take no such paths.
        if !root
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .all(|b| b.is_ascii_graphic() && *b != b':')
        {
            return Err(exit::coded(
                exit::USAGE,
                format!(
                    "{root:?}: the path of a cache is printable, without spaces and colons; --cache DIR names one"
                ),
            ));
        }
        let dir = root.join(guest.name);
        std::fs::create_dir_all(&dir).with_context(|| {
            format!(
                "could not make {} (--cache DIR names another)",
                dir.display()
            )
        })?;
        let path = dir.join("lock");
        let lock = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("could not open {}", path.display()))?;
        let how = if alone {
            FlockOperation::NonBlockingLockExclusive
        } else {
            FlockOperation::NonBlockingLockShared
        };
        match flock(&lock, how) {
            Ok(()) => Ok(Self { dir, _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(exit::coded(
                exit::OS,
                format!(
                    "{} is in use by another layerbench vm: wait for it, or name another with --cache",
                    dir.display()
                ),
            )),
            Err(errno) => Err(errno).with_context(|| format!("could not lock {}", path.display())),
        }
    }

    /// A path in it.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }

    /// The directory itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the packages of a set are unpacked.
    pub(super) fn root(&self, set: &str) -> PathBuf {
        self.dir.join("root").join(set)
    }

    /// An empty directory in it, in the place of what is there.
    pub(super) fn fresh(&self, name: impl AsRef<Path>) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        self.discard(&path)?;
        std::fs::create_dir_all(&path)
            .with_context(|| format!("could not make {}", path.display()))?;
        Ok(path)
    }

    /// Removes a file or a directory of it, if it is there.
    pub(super) fn discard(&self, path: &Path) -> anyhow::Result<()> {
        let Ok(meta) = std::fs::symlink_metadata(path) else {
            return Ok(());
        };
        if meta.is_dir() {
            return Ok(drivers::remove::tree(path)?);
        }
        std::fs::remove_file(path).with_context(|| format!("could not remove {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::guests;

    #[test]
    fn who_prepares_is_alone_and_runs_share() {
        let dir = tempfile::tempdir().unwrap();
        let open = |alone| Cache::open(Some(dir.path()), guests::ALL[0], alone);
        let first = open(false).unwrap();
        let second = open(false).unwrap();
        let error = open(true).unwrap_err().to_string();
        assert!(error.contains("in use by another"), "{error}");
        drop((first, second));
        let alone = open(true).unwrap();
        assert!(open(false).is_err());
        let made = alone.fresh("x").unwrap();
        std::fs::write(made.join("f"), "").unwrap();
        assert_eq!(
            std::fs::read_dir(alone.fresh("x").unwrap())
                .unwrap()
                .count(),
            0
        );
    }
}
