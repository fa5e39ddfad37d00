//! Holes, preallocation and shared blocks.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{FallocateFlags, SeekFrom, fallocate, ioctl_ficlone, seek};
use rustix::io::{Errno, pwrite};

use super::names::{create, remove};
use crate::capabilities::Capabilities;

const MIB: u64 = 1 << 20;

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    let file = create(dir, "a")?;
    let file = file.as_fd();
    pwrite(file, &[1; 4096], MIB)?;
    let data = seek(file, SeekFrom::Data(0));
    found.sparse_files =
        seek(file, SeekFrom::Hole(0)) == Ok(0) && data.is_ok_and(|at| at > 0 && at <= MIB);
    let clone = create(dir, "b")?;
    found.reflink = ioctl_ficlone(clone.as_fd(), file).is_ok();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    found.fallocate = fallocate(file, FallocateFlags::empty(), 0, 65536).is_ok()
        && fallocate(file, punch, MIB, 4096).is_ok();
    remove(dir, "a")?;
    remove(dir, "b")
}
