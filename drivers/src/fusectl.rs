//! The control filesystem of FUSE: what a filesystem in user space still has to answer, and the end of one that does not.
//!
//! It is mounted detached, for this process alone: hosts need not have it on /sys/fs/fuse/connections. A connection has
//! the minor number of the filesystem's device as its name.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use crate::error::{Attempt as _, Result};
use crate::mountinfo;

/// The control filesystem, open.
#[derive(Debug)]
pub struct Control(OwnedFd);

impl Control {
    /// Opens it.
    ///
    /// # Errors
    /// The errno of what was refused: in a user namespace, EPERM.
    pub fn open() -> std::result::Result<Self, Errno> {
        let context = fsopen("fusectl", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(context.as_fd())?;
        fsmount(
            context.as_fd(),
            FsMountFlags::FSMOUNT_CLOEXEC,
            MountAttrFlags::empty(),
        )
        .map(Self)
    }

    /// The requests of a connection that are queued or not yet answered.
    ///
    /// # Errors
    /// The errno of what was refused; ENOENT when the connection is gone.
    pub fn waiting(&self, minor: u32) -> std::result::Result<u64, Errno> {
        let mut text = String::new();
        std::fs::File::from(self.file(minor, "waiting", OFlags::RDONLY)?)
            .read_to_string(&mut text)
            .map_err(errno)?;
        text.trim().parse().map_err(|_| Errno::INVAL)
    }

    /// The means to end a connection. It stays this connection's: a later one with the same number is another file.
    ///
    /// # Errors
    /// As [`Self::waiting`].
    pub fn end(&self, minor: u32) -> std::result::Result<End, Errno> {
        self.file(minor, "abort", OFlags::WRONLY).map(End)
    }

    fn file(&self, minor: u32, name: &str, access: OFlags) -> std::result::Result<OwnedFd, Errno> {
        let path = format!("{minor}/{name}");
        openat(
            self.0.as_fd(),
            path.as_str(),
            access | OFlags::CLOEXEC,
            Mode::empty(),
        )
    }
}

/// The means to end one connection.
#[derive(Debug)]
pub struct End(OwnedFd);

impl End {
    /// Ends it: whoever waits for it is told ECONNABORTED or ENOTCONN, and its daemon that it is gone.
    ///
    /// # Errors
    /// The errno of what was refused.
    pub fn now(self) -> std::result::Result<(), Errno> {
        std::fs::File::from(self.0).write_all(b"1").map_err(errno)
    }
}

/// Ends the connections of every FUSE filesystem mounted in or below one of `places`, for one whose daemon does not
/// answer. Says how many there were.
///
/// # Errors
/// When the control filesystem or /proc cannot be read.
pub fn abort_below(places: &[&Path]) -> Result<usize> {
    let minors = below(places)?;
    if minors.is_empty() {
        return Ok(0);
    }
    let control = Control::open().attempt("open the control filesystem of", "FUSE")?;
    let mut ends = Vec::new();
    for minor in minors {
        match control.end(minor) {
            Ok(end) => ends.push((minor, end)),
            // It ended by itself.
            Err(Errno::NOENT) => {}
            Err(errno) => {
                return Err(errno).attempt("find the FUSE connection", minor.to_string());
            }
        }
    }
    // Numbers are used again at once. What is still mounted here now that its file is open is ours; and with all files
    // open, ending one does not make another's number somebody else's.
    let still = below(places)?;
    ends.retain(|(minor, _)| still.contains(minor));
    let count = ends.len();
    for (minor, end) in ends {
        end.now()
            .attempt("abort the FUSE connection", minor.to_string())?;
    }
    Ok(count)
}

/// The numbers of the FUSE filesystems mounted in or below one of `places`.
fn below(places: &[&Path]) -> Result<Vec<u32>> {
    let mut minors: Vec<u32> = mountinfo::all()?
        .into_iter()
        .filter(|mount| mount.kind.starts_with("fuse") && mount.kind != "fusectl")
        .filter(|mount| places.iter().any(|place| mount.point.starts_with(place)))
        .map(|mount| mount.device.1)
        .collect();
    minors.sort_unstable();
    minors.dedup();
    Ok(minors)
}

fn errno(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}
