//! A run's directory and its marker.

use std::ffi::CStr;
use std::fs::{DirBuilder, File, Permissions};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::remove;

/// The name of the marker file in a run's directory.
pub(super) const MARKER: &str = "layerbench-run.json";
const MARKER_C: &CStr = c"layerbench-run.json";

/// Removes a run's directory, its marker last: whatever stops it, `sweep` still knows what is left.
pub(super) fn dismantle(dir: &Path) -> Result<()> {
    remove::tree_but_last(dir, MARKER_C)
}

/// Who owns a run's directory. Alive or dead is decided by a lock on the marker, which the kernel releases with the
/// process, however it ends; pid and start are for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// The format of this file.
    pub schema: u32,
    /// Unique to the run, `[a-z0-9-]`: the prefix of every host-wide name it uses (zpools), and the value of
    /// `LAYERBENCH_RUN` in the environment of every process it starts.
    pub id: String,
    /// The owner's process id.
    pub pid: u32,
}

/// Makes sure that `dir` is a directory nobody else can put things into: a run works there as root, and `sweep` deletes
/// there as root.
///
/// # Errors
/// `PermissionDenied` when it belongs to someone else or others may write to it.
pub(super) fn own_directory(dir: &Path) -> Result<()> {
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o711).create(dir) {
        return Err(
            Error::io("create the directory", dir, error).hint("name another with --work DIR")
        );
    }
    let meta = std::fs::symlink_metadata(dir).attempt("stat", dir)?;
    let mine = meta.uid() == rustix::process::geteuid().as_raw();
    if !meta.is_dir() || !mine || meta.mode() & 0o022 != 0 {
        return Err(Error::new(ErrorKind::PermissionDenied, "work in")
            .path(dir)
            .because("it is not a directory that this user owns and nobody else can write to")
            .hint("name another with --work DIR"));
    }
    Ok(())
}

/// A live run's directory. Dropping it removes the directory, never crossing into a mount.
#[derive(Debug)]
pub struct Run {
    dir: PathBuf,
    id: String,
    _lock: File,
}

impl Run {
    /// Makes a fresh directory under `parent` and marks it.
    ///
    /// # Errors
    /// Whatever making it gives.
    pub fn create(parent: &Path) -> Result<Self> {
        own_directory(parent)?;
        let parent = parent.canonicalize().attempt("resolve", parent)?;
        let dir = tempfile::Builder::new()
            .prefix("layerbench-")
            .rand_bytes(8)
            .tempdir_in(&parent)
            .attempt("make the run's directory in", &parent)?
            .keep();
        // Processes of other users inside a container must be able to reach its root, but not to list the run.
        std::fs::set_permissions(&dir, Permissions::from_mode(0o711))
            .attempt("set the mode of", &dir)?;
        let suffix = dir
            .file_name()
            .map(|name| name.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        let id: String = format!("{suffix}-{}", std::process::id());
        let marker = Marker {
            schema: 1,
            id: id.clone(),
            pid: std::process::id(),
        };
        let path = dir.join(MARKER);
        let text = serde_json::to_vec(&marker).map_err(|e| {
            Error::new(ErrorKind::Corrupt, "write the marker").because(e.to_string())
        })?;
        std::fs::write(&path, text).attempt("write the marker", &path)?;
        let lock = File::open(&path).attempt("open the marker", &path)?;
        flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive)
            .attempt("lock the marker", &path)?;
        Ok(Self {
            dir,
            id,
            _lock: lock,
        })
    }

    /// The run's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The run's unique name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A fresh directory inside the run.
    ///
    /// # Errors
    /// `AlreadyExists`, or whatever making it gives.
    pub fn directory(&self, name: &str) -> Result<PathBuf> {
        let dir = self.dir.join(name);
        std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
        Ok(dir)
    }

    /// Removes the directory, and says whether that worked.
    ///
    /// # Errors
    /// `InUse` when something is still mounted inside.
    pub fn close(self) -> Result<()> {
        dismantle(&self.dir)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Err(error) = dismantle(&self.dir) {
            tracing::error!("{error}; layerbench sweep removes the rest");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mount;
    use crate::sandbox::sweep::sweep;

    /// A mount stops the removal, in a mount namespace of the thread's own. Directories are listed in no order: of eight
    /// names, one comes after the marker's.
    #[test]
    fn what_a_failed_removal_leaves_is_still_swept() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let parent = tempfile::tempdir().unwrap();
        let stopped = |name: &str| {
            let run = Run::create(parent.path()).unwrap();
            let dir = run.dir().to_owned();
            std::fs::write(dir.join("image"), name).unwrap();
            let at = run.directory(name).unwrap();
            let mounted = mount::filesystem("tmpfs", None, &[], &at).unwrap();
            assert_eq!(run.close().unwrap_err().kind(), ErrorKind::InUse);
            mounted.unmount().unwrap();
            assert!(dir.join(MARKER).exists(), "the marker went before {name}");
            dir
        };
        let work = || {
            use rustix::mount::{MountPropagationFlags, mount_change};
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).unwrap();
            let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
            mount_change("/", private).unwrap();
            ["a", "b", "c", "d", "e", "f", "g", "h"].map(stopped)
        };
        let mut left = std::thread::scope(|scope| scope.spawn(work).join().unwrap()).to_vec();
        let mut removed = sweep(parent.path()).unwrap().removed;
        left.sort();
        removed.sort();
        assert_eq!(removed, left);
        assert!(left.iter().all(|dir| !dir.exists()));
    }
}
