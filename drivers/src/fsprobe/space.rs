//! Holes, preallocation and shared blocks.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{FallocateFlags, Mode, OFlags, SeekFrom, fallocate, ioctl_ficlone, openat, seek};
use rustix::io::{Errno, pwrite};

use super::names::{create, remove};
use crate::capabilities::Capabilities;
use crate::reflink;
use crate::sys::dedupe;

const MIB: u64 = 1 << 20;

/// No filesystem has larger blocks.
const BLOCK: usize = 64 << 10;

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    found.fresh_files_can_be_cloned = clones_fresh(dir)?;
    let file = create(dir, "a")?;
    let file = file.as_fd();
    pwrite(file, &[1; 4096], MIB)?;
    let data = seek(file, SeekFrom::Data(0));
    found.sparse_files =
        seek(file, SeekFrom::Hole(0)) == Ok(0) && data.is_ok_and(|at| at > 0 && at <= MIB);
    let clone = create(dir, "b")?;
    found.reflink = reflink::whole(clone.as_fd(), file).is_ok();
    // The clone, or an empty file: without a byte to share there is nothing to refuse.
    pwrite(&clone, &[1; 4096], MIB)?;
    found.deduplication = dedupe::share_equal(file, clone.as_fd(), MIB + 4096).is_ok();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    found.fallocate = fallocate(file, FallocateFlags::empty(), 0, 65536).is_ok()
        && fallocate(file, punch, MIB, 4096).is_ok();
    pwrite(file, &[1; 4 * BLOCK], 0)?;
    let ranged = |flags| fallocate(file, flags, BLOCK as u64, BLOCK as u64).is_ok();
    found.zero_range = ranged(FallocateFlags::ZERO_RANGE);
    found.shift_range =
        ranged(FallocateFlags::COLLAPSE_RANGE) && ranged(FallocateFlags::INSERT_RANGE);
    let flags = OFlags::RDONLY | OFlags::DIRECT | OFlags::CLOEXEC;
    found.direct_io = openat(dir, "a", flags, Mode::empty()).is_ok();
    remove(dir, "a")?;
    remove(dir, "b")
}

/// Whether files can be cloned as soon as they are written; true where they cannot be at all. Not a single one decides:
/// the filesystem may happen to write it just now.
fn clones_fresh(dir: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut refused = false;
    for _ in 0..4 {
        let (file, clone) = (create(dir, "a")?, create(dir, "b")?);
        pwrite(&file, &[1; 4096], 0)?;
        refused |= ioctl_ficlone(&clone, &file) == Err(Errno::AGAIN);
        remove(dir, "a")?;
        remove(dir, "b")?;
    }
    Ok(!refused)
}
