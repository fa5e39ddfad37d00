//! What the filesystem of a directory can do, found by trying it there: the base of what a driver declares.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::fs::{StatxFlags, statx};

use tempfile::TempDir;

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::remove;

mod attributes;
mod exchange;
mod mapped;
mod names;
mod nested;
mod reading;
mod space;

/// The filesystem of a directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Filesystem {
    /// Its type as the kernel names it: `ext4`, `fuse.sshfs`.
    pub kind: String,
    /// The options it is mounted with, comma-separated.
    pub options: String,
    /// [`Capabilities::PLAIN`], corrected by what was tried.
    pub capabilities: Capabilities,
}

/// Tries everything in a fresh directory inside `dir`, and removes it again.
///
/// # Errors
/// When not even a file can be made there; a feature that is refused is no error but an answer.
pub fn probe(dir: &Path) -> Result<Filesystem> {
    let (found, place) = tried(dir)?;
    remove::tree(&place.keep())?;
    Ok(found)
}

/// As [`probe`], on a mount whose content is thrown away: what was tried may stay. A 0/0 device that fuse-overlayfs 1.10
/// refuses to make remains in its memory, and its directory then cannot be listed, or removed, through that mount.
///
/// # Errors
/// As [`probe`].
pub fn probe_mount(dir: &Path) -> Result<Filesystem> {
    let (found, place) = tried(dir)?;
    if let Err(error) = remove::tree(&place.keep()) {
        tracing::debug!("left to the end of the mount: {error}");
    }
    Ok(found)
}

fn tried(dir: &Path) -> Result<(Filesystem, TempDir)> {
    let (kind, options) = kind_of(dir)?;
    let place = tempfile::Builder::new()
        .prefix(".probe-")
        .tempdir_in(dir)
        .attempt("make a directory in", dir)?;
    let at = File::open(place.path()).attempt("open", place.path())?;
    let mut capabilities = Capabilities::PLAIN;
    names::probe(at.as_fd(), &mut capabilities).attempt("try files in", place.path())?;
    attributes::probe(at.as_fd(), &mut capabilities).attempt("try attributes in", place.path())?;
    mapped::probe(at.as_fd(), &mut capabilities);
    reading::probe(at.as_fd(), &mut capabilities).attempt("read files in", place.path())?;
    exchange::probe(at.as_fd(), &mut capabilities).attempt("try exchanges in", place.path())?;
    space::probe(at.as_fd(), &mut capabilities).attempt("try file contents in", place.path())?;
    nested::probe(place.path(), &mut capabilities)?;
    let found = Filesystem {
        kind,
        options,
        capabilities,
    };
    Ok((found, place))
}

/// Type and mount options of the filesystem that holds `path`.
///
/// # Errors
/// When the mount cannot be found: no /proc, or a kernel before 5.8.
pub fn kind_of(path: &Path) -> Result<(String, String)> {
    let id = statx(
        rustix::fs::CWD,
        path,
        rustix::fs::AtFlags::empty(),
        StatxFlags::MNT_ID,
    )
    .attempt("find the mount of", path)?
    .stx_mnt_id;
    // A thread may be in a mount namespace of its own.
    let table = "/proc/thread-self/mountinfo";
    let text = std::fs::read(table).attempt("read", table)?;
    parse_mountinfo(&String::from_utf8_lossy(&text), id).ok_or_else(|| {
        Error::new(ErrorKind::Missing, "find the filesystem of")
            .path(path)
            .because(format!("{table} has no mount {id}"))
    })
}

/// The line of mount `id`: its fields are described in proc_pid_mountinfo(5).
fn parse_mountinfo(text: &str, id: u64) -> Option<(String, String)> {
    let line = text.lines().find(|line| {
        let first = line.split(' ').next();
        first.and_then(|first| first.parse().ok()) == Some(id)
    })?;
    let (mount, filesystem) = line.split_once(" - ")?;
    let mut fields = filesystem.split(' ');
    let kind = fields.next()?.to_owned();
    let of_filesystem = fields.nth(1)?;
    let of_mount = mount.split(' ').nth(5)?;
    Some((kind, format!("{of_mount},{of_filesystem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_mount_is_read() {
        let text = "2 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
                    22 2 0:5 / /a\\040b rw,nosuid - fuse.x y rw,user_id=0\n";
        assert_eq!(
            parse_mountinfo(text, 22),
            Some(("fuse.x".to_owned(), "rw,nosuid,rw,user_id=0".to_owned()))
        );
        assert_eq!(parse_mountinfo(text, 1), None);
    }

    #[test]
    fn a_real_directory_is_probed_and_left_as_it_was() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let found = probe(dir.path()).unwrap();
        assert!(!found.kind.is_empty());
        assert!(found.capabilities.name_max >= 143);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        // The same directory asked twice answers the same.
        assert_eq!(probe(dir.path()).unwrap(), found);
    }

    #[test]
    fn proc_is_known_by_name_and_refused() {
        assert_eq!(kind_of(Path::new("/proc")).unwrap().0, "proc");
        assert!(probe(Path::new("/proc")).is_err());
    }
}
