//! A file mapped as a program maps its libraries: whole, private, for reading.
#![expect(unsafe_code, reason = "mmap(2) has no safe form")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::error::{Attempt as _, Result};

/// A mapped file. It must not be cut while it is mapped: touching what is no longer there ends the process (SIGBUS).
#[derive(Debug)]
pub struct Library {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping is only read, and belongs to no thread.
unsafe impl Send for Library {}
// SAFETY: as above; reading it from several threads is no race, because nobody writes a private mapping for reading.
unsafe impl Sync for Library {}

impl Library {
    /// Maps a whole file that is not empty.
    ///
    /// # Errors
    /// The errno of open or mmap.
    pub fn map(path: &Path) -> Result<Self> {
        let op = "map";
        let file = File::open(path).attempt(op, path)?;
        let length = file.metadata().attempt(op, path)?.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // SAFETY: the address is left to the kernel, so nothing that exists is replaced.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::PRIVATE,
                &file,
                0,
            )
        }
        .attempt(op, path)?;
        let start = NonNull::new(start.cast::<u8>())
            .ok_or_else(|| io::Error::other("mapped at address zero"))
            .attempt(op, path)?;
        Ok(Self { start, length })
    }

    /// Reads a byte of every page, and gives their sum and the number of pages.
    pub fn touch(&self) -> (u64, usize) {
        let mut sum = 0;
        let mut pages = 0;
        for offset in (0..self.length).step_by(rustix::param::page_size()) {
            // SAFETY: inside the mapping, which lives as long as self; volatile, so that it is read at all.
            sum += u64::from(unsafe { self.start.as_ptr().add(offset).read_volatile() });
            pages += 1;
        }
        (sum, pages)
    }

    /// Where it lies in this process, as in /proc/self/smaps.
    pub fn addresses(&self) -> Range<usize> {
        let start = self.start.as_ptr().addr();
        let page = rustix::param::page_size();
        start..start + self.length.div_ceil(page) * page
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: exactly what `map` mapped, and no reference into it exists.
        if let Err(errno) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::error!("could not unmap a library: {errno}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_read_and_an_empty_file_cannot_be_mapped() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = dir.path().join("lib");
        let page = rustix::param::page_size();
        let mut bytes = vec![0_u8; 2 * page + 5];
        (bytes[0], bytes[1], bytes[page], bytes[2 * page]) = (1, 100, 2, 4);
        std::fs::write(&path, &bytes).unwrap();
        let library = Library::map(&path).unwrap();
        assert_eq!(library.touch(), (7, 3));
        assert_eq!(library.addresses().len(), 3 * page);
        std::fs::write(dir.path().join("empty"), "").unwrap();
        Library::map(&dir.path().join("empty")).unwrap_err();
        Library::map(&dir.path().join("absent")).unwrap_err();
    }
}
