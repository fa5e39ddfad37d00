//! The content of one file: shared, copied inside the kernel, or through a buffer; holes stay holes.

use std::os::fd::BorrowedFd;

use rustix::fs::{SeekFrom, copy_file_range, ftruncate, seek};
use rustix::io::{Errno, pread, pwrite};

use crate::reflink;

/// How the content of files is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// FICLONE: the copy shares the blocks until one side changes.
    Reflink,
    /// copy_file_range: copied inside the kernel, which shares blocks instead where the filesystem can.
    Range,
    /// Small files as by `ReadWrite`, which has less to set up, others as by `Range`.
    BySize,
    /// Read into a buffer and written.
    ReadWrite,
}

/// Copies contents by one method, and counts how.
#[derive(Debug)]
pub(super) struct Data {
    method: Method,
    buffer: Vec<u8>,
    pub(super) shared_files: u64,
    pub(super) copied_bytes: u64,
}

/// Below this, one read and one write are cheaper than what copy_file_range sets up.
const SMALL: usize = 256 << 10;

impl Data {
    pub(super) fn new(method: Method) -> Self {
        Self {
            method,
            buffer: vec![0; SMALL],
            shared_files: 0,
            copied_bytes: 0,
        }
    }

    /// Copies the `size` bytes of `from` to the empty file `to`.
    pub(super) fn copy(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        size: u64,
    ) -> Result<(), Errno> {
        if size == 0 {
            return Ok(());
        }
        if self.method == Method::Reflink {
            match reflink::whole(to, from) {
                Ok(()) => {
                    self.shared_files += 1;
                    return Ok(());
                }
                // One file may be unfit where others are not (btrfs: no copy-on-write, other checksums; zfs: written to
                // now, blocks of another size).
                Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::TXTBSY | Errno::AGAIN) => {}
                Err(errno) => return Err(errno),
            }
        }
        let (mut at, mut written) = (0, 0);
        while at < size {
            let start = match seek(from, SeekFrom::Data(at)) {
                Ok(start) => start,
                // Nothing but a hole from here on.
                Err(Errno::NXIO) => break,
                Err(errno) => return Err(errno),
            };
            let end = seek(from, SeekFrom::Hole(start))?.min(size);
            written = self.extent(from, to, start, end)?;
            at = end.max(start + 1);
        }
        if written < size {
            ftruncate(to, size)?;
        }
        Ok(())
    }

    /// Copies the bytes from `start` to `end`, and says where it came to: earlier only if the file was cut meanwhile.
    fn extent(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        start: u64,
        end: u64,
    ) -> Result<u64, Errno> {
        let mut at = start;
        let in_kernel = match self.method {
            Method::Range => true,
            Method::ReadWrite => false,
            Method::BySize | Method::Reflink => end - start > SMALL as u64,
        };
        if in_kernel {
            while at < end {
                let (mut source, mut target) = (at, at);
                let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(1 << 30);
                match copy_file_range(from, Some(&mut source), to, Some(&mut target), length) {
                    // The file was cut meanwhile, or the filesystem cannot: the loop below decides.
                    Ok(0) | Err(Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {
                        break;
                    }
                    Ok(copied) => {
                        at += copied as u64;
                        self.copied_bytes += copied as u64;
                    }
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(errno),
                }
            }
        }
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(SMALL).min(SMALL);
            let read = match pread(from, &mut self.buffer[..length], at) {
                Ok(0) => break,
                Ok(read) => read,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno),
            };
            let mut written = 0;
            while written < read {
                match pwrite(to, &self.buffer[written..read], at + written as u64) {
                    Ok(0) => return Err(Errno::IO),
                    Ok(n) => written += n,
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(errno),
                }
            }
            at += read as u64;
            self.copied_bytes += read as u64;
        }
        Ok(at)
    }
}
