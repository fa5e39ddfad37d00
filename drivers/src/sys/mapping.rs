//! A shared read-only mapping of a file's first page, to see whether later writes reach it.
#![expect(unsafe_code, reason = "mmap(2) has no safe form")]

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// What is mapped and can be read: never more than the file had when it was mapped.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    /// Maps the first `length` bytes (at most 4096) of a file that has at least as many and will not be cut.
    ///
    /// # Errors
    /// The errno of mmap.
    pub fn new(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        let length = length.clamp(1, 4096);
        // SAFETY: the address is left to the kernel, so nothing that exists is replaced.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let start = NonNull::new(start.cast::<u8>())
            .ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { start, length })
    }

    /// The bytes the mapping shows now.
    pub fn read(&self) -> Vec<u8> {
        (0..self.length)
            .map(|offset| {
                // SAFETY: inside the mapping, which lives as long as self; volatile, because others change it.
                unsafe { self.start.as_ptr().add(offset).read_volatile() }
            })
            .collect()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped, and no reference into it exists.
        if let Err(errno) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::error!("could not unmap a page: {errno}");
        }
    }
}
