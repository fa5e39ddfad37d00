//! A whole file mapped for writing: what a program that stores through memory does.
#![expect(unsafe_code, reason = "mmap(2) has no safe form")]

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync, munmap};

/// A shared mapping of a file that must not be cut while it lives (SIGBUS).
#[derive(Debug)]
pub struct MappedFile {
    start: NonNull<u8>,
    length: usize,
}

impl MappedFile {
    /// Maps the first `length` bytes of a file that has at least as many and is open for reading and writing.
    ///
    /// # Errors
    /// The errno of mmap: ENODEV where the filesystem has no writable shared mappings.
    pub fn new(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        // SAFETY: the address is left to the kernel, so nothing that exists is replaced.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let start = NonNull::new(start.cast::<u8>())
            .ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { start, length })
    }

    /// Stores bytes at a place; what does not fit is left out.
    pub fn store(&mut self, at: usize, bytes: &[u8]) {
        let fits = bytes.len().min(self.length.saturating_sub(at));
        // SAFETY: `at + fits` is inside the mapping when `fits` is not 0; nothing else refers to it: others see it only as
        // the content of a file.
        unsafe {
            if fits > 0 {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(at), fits);
            }
        }
    }

    /// Has what was stored reach the disk.
    ///
    /// # Errors
    /// The errno of msync.
    pub fn flush(&self) -> io::Result<()> {
        // SAFETY: exactly what `new` mapped.
        Ok(unsafe { msync(self.start.as_ptr().cast(), self.length, MsyncFlags::SYNC) }?)
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped, and no reference into it exists.
        if let Err(errno) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::error!("could not unmap a file: {errno}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::fd::AsFd as _;

    #[test]
    fn what_is_stored_is_in_the_file_and_nothing_goes_past_its_end() {
        let mut file = tempfile::tempfile_in("/var/tmp").unwrap();
        file.set_len(10_000).unwrap();
        let mut mapped = MappedFile::new(file.as_fd(), 10_000).unwrap();
        mapped.store(8192, b"page");
        mapped.store(9_998, b"four");
        mapped.store(20_000, b"none");
        mapped.flush().unwrap();
        drop(mapped);
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        assert_eq!((found.len(), &found[8192..8196]), (10_000, &b"page"[..]));
        assert_eq!(&found[9_998..], b"fo");
    }
}
