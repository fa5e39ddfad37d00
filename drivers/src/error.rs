//! The one error of this crate: what was attempted, on which path, why it failed, and what the user can do.
//!
//! Messages are one line and read "could not {op} {path}: {reason} ({hint})".

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The result of everything a driver does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The families of failure a caller can act on; exit codes are chosen by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The named layer, container layer, file or option does not exist.
    NotFound,
    /// The name is already taken.
    AlreadyExists,
    /// Something still uses it: a child, a container, a mount.
    InUse,
    /// This driver, or its backing filesystem, cannot do that.
    Unsupported,
    /// A prerequisite of the host is absent: a tool, a kernel feature.
    Missing,
    /// An archive, an image or an argument is malformed or hostile.
    BadInput,
    /// The backing filesystem is full, or a quota or limit is reached.
    NoSpace,
    /// The operation needs rights this process lacks.
    PermissionDenied,
    /// A helper process (FUSE daemon, zfs) failed or died.
    Daemon,
    /// A helper process did not answer in time.
    TimedOut,
    /// The driver's own records on disk contradict one another.
    Corrupt,
    /// Any other failure of a system call.
    Io,
}

/// A failed operation; see the module text for its shape.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    op: Cow<'static, str>,
    path: Option<PathBuf>,
    reason: Option<String>,
    hint: Option<String>,
    source: Option<io::Error>,
}

impl Error {
    /// An error of `kind` while trying to `op` ("mount the container layer").
    pub fn new(kind: ErrorKind, op: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            op: op.into(),
            path: None,
            reason: None,
            hint: None,
            source: None,
        }))
    }

    /// A failed system call; the kind follows from its errno.
    pub fn io(
        op: impl Into<Cow<'static, str>>,
        path: impl AsRef<Path>,
        source: impl Into<io::Error>,
    ) -> Self {
        let source = source.into();
        let mut error = Self::new(kind_of(&source), op).path(path);
        error.0.source = Some(source);
        error
    }

    /// Names the path the operation was tried on.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path = Some(path.as_ref().to_owned());
        self
    }

    /// Says why, where there is no errno to say it.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    /// Says what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Replaces the kind, where the caller knows better than the errno.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The family of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The errno of the system call that failed, if one did.
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.source.as_ref().and_then(io::Error::raw_os_error)
    }
}

/// The family a bare error of the system belongs to.
pub fn kind_of(error: &io::Error) -> ErrorKind {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => ErrorKind::NoSpace,
        Some(libc::EPERM | libc::EACCES) => ErrorKind::PermissionDenied,
        Some(libc::EBUSY | libc::ETXTBSY) => ErrorKind::InUse,
        Some(libc::EOPNOTSUPP | libc::ENOSYS) => ErrorKind::Unsupported,
        // What is left of a FUSE mount whose daemon is gone.
        Some(libc::ENOTCONN) => ErrorKind::Daemon,
        Some(libc::ENOENT) => ErrorKind::NotFound,
        Some(libc::EEXIST) => ErrorKind::AlreadyExists,
        Some(_) => ErrorKind::Io,
        // Errors made by readers, not by the kernel: a truncated or malformed stream; or the kernel's, packed into another
        // with a path.
        None => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::NoSpace,
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
                ErrorKind::BadInput
            }
            io::ErrorKind::TimedOut => ErrorKind::TimedOut,
            _ => ErrorKind::Io,
        },
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            op,
            path,
            reason,
            hint,
            source,
            ..
        } = &*self.0;
        write!(f, "could not {op}")?;
        if let Some(path) = path {
            write!(f, " {}", path.display())?;
        }
        if let Some(reason) = reason {
            write!(f, ": {reason}")?;
        }
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        if let Some(hint) = hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    // The source is already part of the message; exposing it too would print it twice.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None
    }
}

/// Adds operation and path to the bare errors of system calls.
pub trait Attempt<T> {
    /// Turns an errno into "could not {op} {path}: ...".
    ///
    /// # Errors
    /// The error of `self`, with its context.
    fn attempt(self, op: impl Into<Cow<'static, str>>, path: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<io::Error>> Attempt<T> for std::result::Result<T, E> {
    fn attempt(self, op: impl Into<Cow<'static, str>>, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| Error::io(op, path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_keeps_its_kind_inside_another_error() {
        for (errno, kind) in [
            (libc::ENOSPC, ErrorKind::NoSpace),
            (libc::EACCES, ErrorKind::PermissionDenied),
            (libc::ENOENT, ErrorKind::NotFound),
            (libc::EEXIST, ErrorKind::AlreadyExists),
        ] {
            let bare = io::Error::from_raw_os_error(errno);
            assert_eq!(kind_of(&bare), kind);
            let packed = io::Error::new(bare.kind(), bare);
            assert_eq!(kind_of(&packed), kind);
        }
    }
}
