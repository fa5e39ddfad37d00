//! Owners, modes, extended attributes and times.
//!
//! Their order matters: chown clears setuid and file capabilities, chmod changes the mask of an ACL, and everything
//! changes the times.

use std::os::fd::{AsFd, AsRawFd as _};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Uid, XattrFlags, chmod, chownat, fchmod, fchown,
    fremovexattr, fsetxattr, fstat, futimens, lsetxattr, openat, statat, utimensat,
};
use rustix::io::Errno;

use super::dir::{self, Dir, Inherits, times};
use super::entry::{Entry, shown};
use super::header::Kind;
use super::stream::bad;
use super::{Applied, Stage, acl};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::host::in_user_namespace;

/// Who this process is, and whether it may give files away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owners {
    pub(super) keep: bool,
    /// Whether devices and privileged attributes that are refused are left out and counted: in a user namespace, and
    /// without owners.
    pub(super) lenient: bool,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Bits that a new file does not get.
    umask: u32,
}

impl Owners {
    pub(super) fn of(stage: &Stage) -> Result<Self> {
        Ok(Self {
            keep: stage.keep_owners,
            lenient: !stage.keep_owners || in_user_namespace(),
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            umask: umask()?,
        })
    }

    /// Whether an attribute that needs privileges and was refused so is left out. Without owners, an id in its value can
    /// be refused too.
    fn may_leave_out(&self, refusal: Errno) -> bool {
        match refusal {
            Errno::PERM => self.lenient,
            Errno::OPNOTSUPP | Errno::INVAL => !self.keep,
            _ => false,
        }
    }

    /// Whether a file just made here must be given to the owner an entry names.
    fn differ(&self, entry: &Entry, inherits: Inherits) -> bool {
        self.keep && (inherits.group || (entry.uid, entry.gid) != (self.uid, self.gid))
    }

    fn count_dropped(&self, entry: &Entry, applied: &mut Applied) {
        if !self.keep && (entry.uid, entry.gid) != (self.uid, self.gid) {
            applied.owners_dropped += 1;
        }
    }

    /// Owner root, this mode, no extended attributes.
    pub(super) fn plain(&self, dir: &Dir, mode: u32) -> Result<(), Errno> {
        if self.keep && (dir.inherits.get().group || (self.uid, self.gid) != (0, 0)) {
            fchown(dir, Some(Uid::ROOT), Some(Gid::ROOT))?;
        }
        drop_xattrs(dir, &[])?;
        fchmod(dir, Mode::from_raw_mode(mode))
    }
}

/// The umask, without changing it for other threads.
fn umask() -> Result<u32> {
    let path = "/proc/self/status";
    let status = std::fs::read_to_string(path).attempt("read", path)?;
    Ok(parse_umask(&status))
}

/// Kernels before 4.7 do not tell: then every mode is set explicitly.
fn parse_umask(status: &str) -> u32 {
    status
        .lines()
        .find_map(|line| line.strip_prefix("Umask:"))
        .and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok())
        .unwrap_or(0o777)
}

/// The attributes of a regular file just made through `fd` with the plain bits of its mode.
pub(super) fn new_file(
    fd: impl AsFd,
    entry: &Entry,
    inherits: Inherits,
    owners: &Owners,
    applied: &mut Applied,
) -> Result<()> {
    let fd = fd.as_fd();
    let step = || -> Result<(), Errno> {
        if owners.differ(entry, inherits) {
            fchown(
                fd,
                Some(Uid::from_raw(entry.uid)),
                Some(Gid::from_raw(entry.gid)),
            )?;
        }
        if inherits.acl {
            remove_xattr(fd, acl::ACCESS)?;
        }
        if inherits.any() || entry.mode & (owners.umask | 0o7000) != 0 {
            fchmod(fd, Mode::from_raw_mode(entry.mode))?;
        }
        Ok(())
    };
    step().map_err(|e| Error::io("set the attributes of", shown(&entry.path), e))?;
    owners.count_dropped(entry, applied);
    xattrs(entry, owners, applied, |name, value| {
        fsetxattr(fd, name, value, XattrFlags::empty())
    })?;
    dir::set_times(
        &times(entry.mtime),
        |times| futimens(fd, times),
        || fstat(fd),
    )
    .map_err(|e| untimely(e, &entry.path))
}

/// The attributes of a symbolic link, device or fifo just made.
pub(super) fn new_node(
    dir: &Dir,
    name: &[u8],
    entry: &Entry,
    has_mode: bool,
    owners: &Owners,
    applied: &mut Applied,
) -> Result<()> {
    let inherits = dir.inherits.get();
    // Reached through the descriptor of its directory: no path of the archive is resolved again.
    let path = [
        format!("/proc/self/fd/{}/", dir.fd.as_raw_fd()).as_bytes(),
        name,
    ]
    .concat();
    let step = || -> Result<(), Errno> {
        if owners.differ(entry, inherits) {
            let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
            chownat(dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        if has_mode {
            if inherits.acl {
                match rustix::fs::lremovexattr(&path[..], acl::ACCESS) {
                    Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
                    Err(errno) => return Err(errno),
                }
            }
            if inherits.any() || entry.mode & (owners.umask | 0o7000) != 0 {
                set_mode(dir, name, entry.mode)?;
            }
        }
        Ok(())
    };
    step().map_err(|e| Error::io("set the attributes of", shown(&entry.path), e))?;
    owners.count_dropped(entry, applied);
    xattrs(entry, owners, applied, |name, value| {
        lsetxattr(&path[..], name, value, XattrFlags::empty())
    })?;
    let follow = AtFlags::SYMLINK_NOFOLLOW;
    dir::set_times(
        &times(entry.mtime),
        |times| utimensat(dir, name, times, follow),
        || statat(dir, name, follow),
    )
    .map_err(|e| untimely(e, &entry.path))
}

/// The error for times that could not be set.
pub(super) fn untimely(errno: Errno, path: &[u8]) -> Error {
    let error = Error::io("set the times of", shown(path), errno);
    if errno == Errno::OVERFLOW {
        return error
            .with_kind(ErrorKind::Unsupported)
            .because("the filesystem cannot store a modification time so far from 1970");
    }
    error
}

/// Sets the mode of a device or fifo. chmod follows links, and whoever can write to the stage may have put one there
/// since the node was made: the mode goes to what is opened here, and to no link.
pub(super) fn set_mode(dir: &Dir, name: &[u8], mode: u32) -> Result<(), Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let node = openat(dir, name, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&node)?.st_mode) == FileType::Symlink {
        return Err(Errno::LOOP);
    }
    let magic = format!("/proc/self/fd/{}", node.as_raw_fd());
    chmod(&magic, Mode::from_raw_mode(mode))
}

/// The attributes of a directory: new, or there before and described anew.
pub(super) fn directory(
    dir: &Dir,
    entry: &Entry,
    new: bool,
    owners: &Owners,
    applied: &mut Applied,
) -> Result<()> {
    let inherits = dir.inherits.get();
    let step = || -> Result<(), Errno> {
        if !new || inherits.acl {
            drop_xattrs(dir, &entry.xattrs)?;
        }
        if owners.keep && !new || owners.differ(entry, inherits) {
            fchown(
                dir,
                Some(Uid::from_raw(entry.uid)),
                Some(Gid::from_raw(entry.gid)),
            )?;
        }
        if !new || inherits.any() || entry.mode & (owners.umask | 0o7000) != 0 {
            fchmod(dir, Mode::from_raw_mode(entry.mode))?;
        }
        Ok(())
    };
    step().map_err(|e| Error::io("set the attributes of", shown(&entry.path), e))?;
    owners.count_dropped(entry, applied);
    xattrs(entry, owners, applied, |name, value| {
        fsetxattr(dir, name, value, XattrFlags::empty())
    })?;
    dir.set_times(times(entry.mtime));
    let gid = if owners.keep { entry.gid } else { owners.gid };
    dir.inherits.set(Inherits {
        group: entry.mode & 0o2000 != 0 || gid != owners.gid,
        acl: entry.xattrs.iter().any(|(name, _)| name == acl::DEFAULT),
    });
    Ok(())
}

fn xattrs(
    entry: &Entry,
    owners: &Owners,
    applied: &mut Applied,
    set: impl Fn(&[u8], &[u8]) -> Result<(), Errno>,
) -> Result<()> {
    for (name, value) in &entry.xattrs {
        // Linux stores it unseen, and then nobody can read the file's attributes or copy them up.
        if value.is_empty() && name == b"security.capability" {
            return Err(
                bad("its capabilities are empty: no version of them is").path(shown(&entry.path))
            );
        }
        match set(name, value) {
            Ok(()) => {}
            // Without real privileges, those that need them are left out, like the owners.
            Err(errno) if privileged(name) && owners.may_leave_out(errno) => {
                applied.xattrs_dropped += 1;
            }
            Err(errno) if nonsense(errno, name, entry.kind) => {
                return Err(
                    Error::new(ErrorKind::BadInput, format!("set {} of", shown(name)))
                        .path(shown(&entry.path))
                        .because(format!("Linux does not allow it there: {errno}")),
                );
            }
            Err(errno) => {
                return Err(Error::io(
                    format!("set {} of", shown(name)),
                    shown(&entry.path),
                    errno,
                ));
            }
        }
    }
    Ok(())
}

/// Whether no filesystem would have taken the attribute.
fn nonsense(errno: Errno, name: &[u8], kind: Kind) -> bool {
    let plain = matches!(kind, Kind::File | Kind::Directory);
    matches!(errno, Errno::RANGE | Errno::INVAL | Errno::TOOBIG)
        || errno == Errno::PERM && !plain && !privileged(name)
        // Only directories hand an ACL down.
        || errno == Errno::ACCESS && kind != Kind::Directory && name == acl::DEFAULT
}

fn privileged(name: &[u8]) -> bool {
    !name.starts_with(b"user.")
}

/// Removes the extended attributes that are not in `keep`. What the system gives every file (labels) stays, and so
/// does what marks the directory for overlay.
fn drop_xattrs(dir: &Dir, keep: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Errno> {
    for name in list_xattrs(dir)? {
        let ours = [
            &b"user."[..],
            b"trusted.",
            b"security.capability",
            b"system.posix_acl_",
        ]
        .iter()
        .any(|family| name.starts_with(family));
        if ours && !overlay_own(&name) && !keep.iter().any(|(kept, _)| *kept == name) {
            remove_xattr(dir.as_fd(), &name)?;
        }
    }
    Ok(())
}

/// Whether an xattr is one by which an overlay steers itself.
pub(super) fn overlay_own(name: &[u8]) -> bool {
    [
        &b"trusted.overlay."[..],
        b"user.overlay.",
        b"user.fuseoverlayfs.",
        // On the root of a layer these make fuse-overlayfs take owner, mode and type of every file from an attribute.
        b"security.fuseoverlayfs.",
        b"user.containers.override_stat",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

/// The names of all extended attributes; none where the filesystem has no such thing.
pub(super) fn list_xattrs(fd: impl AsFd) -> Result<Vec<Vec<u8>>, Errno> {
    let fd = fd.as_fd();
    let size = match rustix::fs::flistxattr_query(fd) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        Ok(size) => size,
        Err(errno) => return Err(errno),
    };
    let mut names = vec![0_u8; size];
    let size = rustix::fs::flistxattr(fd, &mut names[..])?;
    Ok(names[..size]
        .split(|b| *b == 0)
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect())
}

fn remove_xattr(fd: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    match fremovexattr(fd, name) {
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_umask_is_read() {
        assert_eq!(parse_umask("Name:\tx\nUmask:\t0027\n"), 0o27);
        assert_eq!(parse_umask("Name:\tx\n"), 0o777);
    }
}
