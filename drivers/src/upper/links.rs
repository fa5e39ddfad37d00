//! Hard links that an index has kept together (index=on), made visible in the upper directory before it becomes a layer:
//! a layer is read without its index, so every name of a written file has to be there.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Timespec, Timestamps, UTIME_OMIT, utimensat};
use rustix::io::Errno;

use crate::error::{Attempt as _, Result};
use crate::tree::at::{self, Inode};

/// Copies up, in the mounted container `merged`, every name of a file of which `upper` has one already. Nothing else
/// changes: overlay keeps the times of the directories. A file in `index` that has no other name was written through a
/// name deleted since: which others it has is not recorded, so all files that are linked, or were in `lowers`, are copied
/// up.
pub(super) fn complete(
    merged: &Path,
    upper: &Path,
    index: &Path,
    lowers: &[PathBuf],
) -> Result<()> {
    let indexed = at::open_root(index)?;
    let mut orphaned = false;
    for name in at::list(indexed.as_fd()).attempt("list", index)? {
        let meta = at::meta(indexed.as_fd(), &name.name).attempt("look into", index)?;
        orphaned |= meta.nlink == 1 && !meta.is_dir() && meta.rdev == (0, 0);
    }
    let (root, own) = (at::open_root(merged)?, at::open_root(upper)?);
    let mut groups: HashMap<Inode, Group> = HashMap::new();
    let lowers = if orphaned { lowers } else { &[] };
    collect(root.as_fd(), Some(own.as_fd()), &[], lowers, &mut groups)
        .attempt("list the links of", merged)?;
    for group in groups
        .into_values()
        .filter(|group| group.written || orphaned)
    {
        for path in group.apart {
            touch(root.as_fd(), &path).attempt("copy up", at::show(merged, &path))?;
        }
    }
    Ok(())
}

/// The names of one file.
#[derive(Default)]
struct Group {
    /// One of them is in the upper directory.
    written: bool,
    /// Those that are not.
    apart: Vec<Vec<u8>>,
}

fn collect(
    merged: BorrowedFd<'_>,
    upper: Option<BorrowedFd<'_>>,
    path: &[u8],
    lowers: &[PathBuf],
    groups: &mut HashMap<Inode, Group>,
) -> Result<(), Errno> {
    for name in at::list(merged)? {
        let meta = at::meta(merged, &name.name)?;
        let path = at::join(path, name.name.to_bytes());
        if meta.is_dir() {
            let below = at::open_dir(merged, &name.name)?;
            let above: Option<OwnedFd> = match upper.map(|upper| at::open_dir(upper, &name.name)) {
                Some(Err(Errno::NOENT | Errno::NOTDIR)) | None => None,
                Some(open) => Some(open?),
            };
            collect(
                below.as_fd(),
                above.as_ref().map(OwnedFd::as_fd),
                &path,
                lowers,
                groups,
            )?;
        } else if meta.nlink > 1 || was_linked(lowers, &path) {
            let group = groups.entry(meta.inode()).or_default();
            if upper.is_some_and(|upper| at::meta(upper, &name.name).is_ok()) {
                group.written = true;
            } else {
                group.apart.push(path);
            }
        }
    }
    Ok(())
}

/// Whether a name had others in the layer it comes from; they may be gone from the container.
fn was_linked(lowers: &[PathBuf], path: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    let found = lowers
        .iter()
        .find_map(|lower| lower.join(path).symlink_metadata().ok());
    found.is_some_and(|meta| meta.nlink() > 1)
}

/// Sets the time that is there: enough to copy up, and the only change that takes no set-id bit away.
fn touch(root: BorrowedFd<'_>, path: &[u8]) -> Result<(), Errno> {
    let (dir, name) = at::open_parent(root, path)?;
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        ..at::meta(dir.as_fd(), &name)?.times()
    };
    utimensat(&dir, &name, &times, AtFlags::SYMLINK_NOFOLLOW)
}
