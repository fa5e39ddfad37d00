//! Attributes of files: copied from a parent's root to a new upper's, which alone shows them in an overlay.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    CWD, Mode, OFlags, Stat, Timespec, Timestamps, XattrFlags, fchmod, fchown, fgetxattr,
    flistxattr, fsetxattr, fstat, futimens, openat,
};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};

use crate::error::{Attempt as _, Result};

/// Opens a directory for its attributes.
pub(crate) fn open_dir(path: &Path) -> Result<OwnedFd> {
    openat(
        CWD,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .attempt("open the directory", path)
}

/// Gives the directory `to` the owner, mode, xattrs (but for those that `skip` names) and times of `from`.
pub(crate) fn copy(from: &Path, to: &Path, skip: impl Fn(&[u8]) -> bool) -> Result<()> {
    let (source, target) = (open_dir(from)?, open_dir(to)?);
    let wanted = fstat(&source).attempt("read the attributes of", from)?;
    let present = fstat(&target).attempt("read the attributes of", to)?;
    let owned = (wanted.st_uid, wanted.st_gid) != (present.st_uid, present.st_gid);
    if owned {
        fchown(
            &target,
            Some(Uid::from_raw(wanted.st_uid)),
            Some(Gid::from_raw(wanted.st_gid)),
        )
        .attempt("set the owner of", to)?;
    }
    // A change of owner may clear bits, as the umask or a default ACL may have done.
    if owned || wanted.st_mode != present.st_mode {
        fchmod(&target, Mode::from_raw_mode(wanted.st_mode & 0o7777))
            .attempt("set the mode of", to)?;
    }
    for name in xattr_names(&source).attempt("list the xattrs of", from)? {
        if skip(&name) {
            continue;
        }
        let value = xattr(&source, &name).attempt("read an xattr of", from)?;
        if let Some(value) = value {
            fsetxattr(&target, &name[..], &value, XattrFlags::empty())
                .attempt("set an xattr of", to)?;
        }
    }
    futimens(&target, &times(&wanted)).attempt("set the times of", to)
}

fn times(stat: &Stat) -> Timestamps {
    let time = |sec, nsec: u64| Timespec {
        tv_sec: sec,
        tv_nsec: nsec.cast_signed(),
    };
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}

/// The names of a file's xattrs; none where the filesystem has none.
pub(crate) fn xattr_names(file: impl AsFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut buffer = vec![0_u8; 1024];
    // The list may grow between asking for its size and reading it; bounded by what the kernel allows (64 KiB).
    loop {
        match flistxattr(file.as_fd(), &mut buffer[..]) {
            Ok(length) => {
                return Ok(buffer[..length]
                    .split(|&b| b == 0)
                    .filter(|name| !name.is_empty())
                    .map(<[u8]>::to_vec)
                    .collect());
            }
            Err(Errno::RANGE) if buffer.len() < 1 << 16 => buffer.resize(1 << 16, 0),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
            Err(errno) => return Err(errno),
        }
    }
}

/// The value of an xattr, or `None` when it is not there.
pub(crate) fn xattr(file: impl AsFd, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
    let mut buffer = vec![0_u8; 256];
    loop {
        match fgetxattr(file.as_fd(), name, &mut buffer[..]) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(Some(buffer));
            }
            Err(Errno::RANGE) if buffer.len() < 1 << 16 => buffer.resize(1 << 16, 0),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => return Ok(None),
            Err(errno) => return Err(errno),
        }
    }
}
