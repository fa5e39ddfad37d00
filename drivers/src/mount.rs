//! Mounts: a guard that owns one, and the few kinds made with the new mount API (fsopen, fsconfig, fsmount,
//! move_mount; Linux 5.2).

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
    fsconfig_create, fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount,
    open_tree, unmount,
};

use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::owners::Owners;
use crate::sys::command::{between_starts, patiently};
use crate::sys::mount_attr;

/// What has to happen after the unmount itself: reap a daemon, drop a use count.
pub(crate) type After = Box<dyn FnOnce() -> Result<()> + Send>;

/// How a mount ends that is not just unmounted.
type Leave = Box<dyn FnMut() -> Result<()> + Send>;

/// Owns a mount. `unmount` releases it and says whether that worked; dropping it does the same and logs a failure.
pub struct Mount {
    path: PathBuf,
    owned: bool,
    leave: Option<Leave>,
    before: Option<Box<dyn FnOnce() + Send>>,
    after: Vec<After>,
    released: Vec<After>,
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount")
            .field("path", &self.path)
            .field("owned", &self.owned)
            .finish_non_exhaustive()
    }
}

impl Mount {
    /// Takes ownership of what is mounted at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            owned: true,
            leave: None,
            before: None,
            after: Vec::new(),
            released: Vec::new(),
        }
    }

    /// A directory that needs no mount but is used like one (the `hostdir` control).
    pub fn plain(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            owned: false,
            leave: None,
            before: None,
            after: Vec::new(),
            released: Vec::new(),
        }
    }

    /// Sets what is done instead of the unmount itself; when it fails, it may be asked again.
    #[must_use]
    pub fn left_by(mut self, step: impl FnMut() -> Result<()> + Send + 'static) -> Self {
        self.leave = Some(Box::new(step));
        self
    }

    /// Sets what runs before the unmount, whatever becomes of it: the last look at a daemon.
    #[must_use]
    pub fn just_before(mut self, step: impl FnOnce() + Send + 'static) -> Self {
        self.before = Some(Box::new(step));
        self
    }

    /// Adds a step that runs after the unmount, in order of addition, even when the unmount failed.
    #[must_use]
    pub fn and_then(mut self, step: impl FnOnce() -> Result<()> + Send + 'static) -> Self {
        self.after.push(Box::new(step));
        self
    }

    /// Adds a step that runs only once the unmount has worked, before those of [`Self::and_then`]. If the unmount fails,
    /// the step and all it owns is kept for ever: a use count stays counted, because the mount is still there.
    #[must_use]
    pub fn when_released(mut self, step: impl FnOnce() -> Result<()> + Send + 'static) -> Self {
        self.released.push(Box::new(step));
        self
    }

    /// Takes the steps of [`Self::when_released`] over, for mounts of which several share what has to be released.
    pub(crate) fn take_released(&mut self) -> Vec<After> {
        std::mem::take(&mut self.released)
    }

    /// The root of the mounted tree.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Unmounts, synchronously. What somebody else has unmounted already is released all the same.
    ///
    /// # Errors
    /// `InUse` (EBUSY) while a file in it is open; the mount then stays, and nothing is detached lazily.
    pub fn unmount(mut self) -> Result<()> {
        self.release()
    }

    /// As [`Self::unmount`], but what is in use stays as it is, and can be tried again.
    ///
    /// # Errors
    /// `InUse` (EBUSY) while a file in it is open; `self` is then still the owner of the mount.
    pub fn try_unmount(&mut self) -> Result<()> {
        if let Some(step) = self.before.take() {
            step();
        }
        if self.owned {
            self.leave()?;
            self.owned = false;
        }
        self.release()
    }

    fn leave(&mut self) -> Result<()> {
        if let Some(step) = &mut self.leave {
            return step();
        }
        match unmount_at(&self.path) {
            // Somebody else was here first: an administrator, or the end of a daemon.
            Ok(()) | Err(Errno::INVAL | Errno::NOENT) => Ok(()),
            Err(errno) => Err(Error::io("unmount", &self.path, errno)
                .hint("close the files and leave the directories in use there")),
        }
    }

    fn release(&mut self) -> Result<()> {
        if let Some(step) = self.before.take() {
            step();
        }
        let mut outcome = Ok(());
        if std::mem::take(&mut self.owned) {
            outcome = self.leave();
        }
        let still_mounted = outcome.is_err();
        for step in self.released.drain(..) {
            if still_mounted {
                std::mem::forget(step);
            } else {
                let done = step();
                outcome = outcome.and(done);
            }
        }
        for step in self.after.drain(..) {
            outcome = outcome.and(step());
        }
        outcome
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::error!("{error}");
        }
    }
}

/// umount2(2), never lazily, for a mount that no guard holds.
///
/// # Errors
/// The errno; `EBUSY` only when it is not this process's own children, being started, that keep it in use.
pub fn unmount_at(at: &Path) -> Result<(), Errno> {
    let attempt = || unmount(at, UnmountFlags::NOFOLLOW);
    match attempt() {
        // A child that is just being started elsewhere may hold copies of our descriptors: ask again without.
        // After exec the kernel closes them when it gets to it, hence more than once.
        Err(Errno::BUSY) => between_starts(|| patiently(Errno::BUSY, attempt)),
        other => other,
    }
}

/// A filesystem to be mounted from a block device or by type alone.
///
/// # Errors
/// The errno of the step that failed, with the kernel's own message where it left one.
pub fn filesystem(
    kind: &str,
    source: Option<&Path>,
    options: &[(&str, Option<&str>)],
    at: &Path,
) -> Result<Mount> {
    with_attributes(kind, source, options, MountAttrFlags::empty(), at)
}

/// As [`filesystem`], with attributes of the mount: read-only, no devices, no programs.
///
/// # Errors
/// As [`filesystem`].
pub fn with_attributes(
    kind: &str,
    source: Option<&Path>,
    options: &[(&str, Option<&str>)],
    attributes: MountAttrFlags,
    at: &Path,
) -> Result<Mount> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)
        .attempt(format!("open a {kind} filesystem for"), at)?;
    let fail =
        |e: rustix::io::Errno| with_log(Error::io(format!("mount {kind} on"), at, e), &context);
    if let Some(source) = source {
        fsconfig_set_string(context.as_fd(), "source", source).map_err(fail)?;
    }
    for (name, value) in options {
        match value {
            Some(value) => fsconfig_set_string(context.as_fd(), *name, *value),
            None => fsconfig_set_flag(context.as_fd(), *name),
        }
        .map_err(fail)?;
    }
    fsconfig_create(context.as_fd()).map_err(fail)?;
    attach(&context, attributes, at)
}

/// Makes the mount of a configured context and moves it to `at`.
///
/// # Errors
/// The errno of fsmount or move_mount.
pub fn attach(context: &OwnedFd, attributes: MountAttrFlags, at: &Path) -> Result<Mount> {
    let mount = fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
        .map_err(|e| with_log(Error::io("make the mount for", at, e), context))?;
    move_mount(
        mount.as_fd(),
        "",
        CWD,
        at,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .attempt("mount on", at)?;
    Ok(Mount::new(at))
}

/// Shows the directory `from` also at `at`.
///
/// # Errors
/// The errno of open_tree or move_mount.
pub fn bind(from: &Path, at: &Path, read_only: bool) -> Result<Mount> {
    bind_as(from, at, read_only, None)
}

/// As [`bind`], with other owners, if any are given.
///
/// # Errors
/// As [`bind`]; `Unsupported` where the filesystem cannot show other owners.
pub fn bind_as(from: &Path, at: &Path, read_only: bool, owners: Option<&Owners>) -> Result<Mount> {
    let tree = open_tree(
        CWD,
        from,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )
    .attempt("clone the mount of", from)?;
    if read_only {
        // Before it is attached, so that it is never seen writable.
        mount_attr::make_read_only(tree.as_fd()).attempt("make read-only the mount of", from)?;
    }
    if let Some(owners) = owners {
        mount_attr::map_ids(tree.as_fd(), owners.namespace()).map_err(|errno| {
            let invalid = errno.raw_os_error() == Some(Errno::INVAL.raw_os_error());
            let error = Error::io("show other owners in a mount of", from, errno);
            if invalid {
                // How a filesystem says that its mounts cannot (mount_setattr(2)).
                error.with_kind(ErrorKind::Unsupported)
            } else {
                error
            }
        })?;
    }
    move_mount(
        tree.as_fd(),
        "",
        CWD,
        at,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .attempt("bind on", at)?;
    Ok(Mount::new(at))
}

/// Shows what a mount shows with other owners, in its place; both end together.
///
/// # Errors
/// As [`bind_as`]; the mount has then ended.
pub fn shown_to(below: Mount, owners: &Owners) -> Result<Mount> {
    let at = below.path().to_owned();
    match bind_as(&at, &at, false, Some(owners)) {
        Ok(top) => Ok(top.when_released(move || below.unmount())),
        Err(error) => below.unmount().and(Err(error)),
    }
}

/// Adds the messages the kernel left in a filesystem context ("e overlay: ...") to an error.
pub fn with_log(error: Error, context: &OwnedFd) -> Error {
    let mut lines = Vec::new();
    let mut buffer = [0_u8; 1024];
    // One message per read; ENODATA ends it. Bounded, should a kernel never say ENODATA.
    for _ in 0..32 {
        let Ok(n) = rustix::io::read(context, &mut buffer[..]) else {
            break;
        };
        lines.push(String::from_utf8_lossy(&buffer[..n]).trim().to_owned());
    }
    if lines.is_empty() {
        error
    } else {
        error.because(format!("the kernel says: {}", lines.join("; ")))
    }
}
