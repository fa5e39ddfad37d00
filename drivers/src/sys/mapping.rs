//! A shared mapping of a file's first page: to see whether later writes reach it, and to write through it.
#![expect(unsafe_code, reason = "mmap(2) has no safe form")]

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync, munmap};

/// What is mapped and can be read: never more than the file had when it was mapped.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    length: usize,
    writable: bool,
}

impl Mapping {
    /// Maps the first `length` bytes (at most 4096) of a file that has at least as many and will not be cut.
    ///
    /// # Errors
    /// The errno of mmap.
    pub fn new(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        Self::with(file, length, ProtFlags::READ)
    }

    /// The same, for writing too; the file is open for both.
    ///
    /// # Errors
    /// The errno of mmap.
    pub fn writable(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        Self::with(file, length, ProtFlags::READ | ProtFlags::WRITE)
    }

    fn with(file: BorrowedFd<'_>, length: usize, access: ProtFlags) -> io::Result<Self> {
        let length = length.clamp(1, 4096);
        // SAFETY: the address is left to the kernel, so nothing that exists is replaced.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                access,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let start = NonNull::new(start.cast::<u8>())
            .ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self {
            start,
            length,
            writable: access.contains(ProtFlags::WRITE),
        })
    }

    /// Writes at the beginning, as much as fits; nothing where the mapping is for reading only.
    pub fn write(&mut self, bytes: &[u8]) {
        let fits = if self.writable { self.length } else { 0 };
        for (offset, &byte) in bytes.iter().take(fits).enumerate() {
            // SAFETY: inside the mapping, which is writable and lives as long as self; volatile, because others read it.
            unsafe { self.start.as_ptr().add(offset).write_volatile(byte) };
        }
    }

    /// Has what was written through the mapping reach the file.
    ///
    /// # Errors
    /// The errno of msync.
    pub fn flush(&self) -> io::Result<()> {
        // SAFETY: exactly what `with` mapped.
        Ok(unsafe { msync(self.start.as_ptr().cast(), self.length, MsyncFlags::SYNC) }?)
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

/// Writes the first bytes of a file (at most 4096, of a file that has as many and will not be cut) through a shared
/// mapping, and waits until the filesystem has them.
///
/// # Errors
/// The errno of mmap, msync or munmap.
pub fn write_first(file: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    let mut mapping = Mapping::writable(file, bytes.len())?;
    mapping.write(bytes);
    mapping.flush()
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped, and no reference into it exists.
        if let Err(errno) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::error!("could not unmap a page: {errno}");
        }
    }
}
