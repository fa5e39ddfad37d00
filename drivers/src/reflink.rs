//! FICLONE: a file that shares its blocks with another.
//!
//! OpenZFS clones only blocks that are where they belong on the disk, and answers EAGAIN for what was written since
//! (zfs(4): zfs_bclone_wait_dirty). fsync(2) does not bring them there, but to the log; to look for data in a file does
//! (zfs_dmu_offset_next_sync).

use std::os::fd::BorrowedFd;

use rustix::fs::{SeekFrom, ioctl_ficlone, seek};
use rustix::io::Errno;

/// Between the waiting and the next attempt somebody may write again.
const TRIES: u32 = 4;

/// Makes the empty file `to` share all blocks of `from`, which is first written out where that is needed.
///
/// # Errors
/// The errno; EAGAIN where somebody goes on writing to `from`.
pub(crate) fn whole(to: BorrowedFd<'_>, from: BorrowedFd<'_>) -> Result<(), Errno> {
    for _ in 1..TRIES {
        match ioctl_ficlone(to, from) {
            Err(Errno::AGAIN) => write_out(from)?,
            other => return other,
        }
    }
    ioctl_ficlone(to, from)
}

fn write_out(file: BorrowedFd<'_>) -> Result<(), Errno> {
    match seek(file, SeekFrom::Data(0)) {
        // NXIO: there is no data. BUSY: it is being written to.
        Ok(_) | Err(Errno::NXIO | Errno::BUSY) => Ok(()),
        Err(errno) => Err(errno),
    }
}
