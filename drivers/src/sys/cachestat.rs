//! How much of an open file is in the page cache, by cachestat(2) (Linux 6.5).
//!
//! It looks at the file's own pages. On a stacked filesystem that reads through another file (overlayfs) the stacked file
//! has none: there [`super::residency`] tells what a mapping would find.
#![expect(unsafe_code, reason = "cachestat has no safe wrapper")]

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;

use super::residency::resident_pages;
use crate::error::{Attempt as _, Result};

/// The same on every architecture.
const CACHESTAT: libc::c_long = 451;

/// `struct cachestat_range` of linux/mman.h. A length of 0 means: to the end of the file.
#[repr(C)]
struct Range {
    off: u64,
    len: u64,
}

/// `struct cachestat` of linux/mman.h: numbers of pages.
#[repr(C)]
#[derive(Default)]
struct Answer {
    cache: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// What is cached of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cached {
    /// Pages in memory.
    pub pages: u64,
    /// Pages of the whole file.
    pub of: u64,
    /// Pages that wait for being written, or are being written.
    pub unwritten: u64,
}

/// Counts the pages of a file of its own; where the kernel has no cachestat(2), by mincore(2), which knows of no unwritten
/// ones.
///
/// # Errors
/// The errno of open, or of the call.
pub fn cached(path: &Path) -> Result<Cached> {
    let file = File::open(path).attempt("open", path)?;
    let page = rustix::param::page_size() as u64;
    let of = file.metadata().attempt("stat", path)?.len().div_ceil(page);
    match ask(&file) {
        Ok(answer) => Ok(Cached {
            pages: answer.cache,
            of,
            unwritten: answer.dirty + answer.writeback,
        }),
        // Older kernels; filters of system calls that do not know it (EPERM); filesystems it is not for.
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::ENOSYS | libc::EPERM | libc::EOPNOTSUPP)
            ) =>
        {
            let (pages, _) = resident_pages(path)?;
            Ok(Cached {
                pages: pages as u64,
                of,
                unwritten: 0,
            })
        }
        Err(error) => Err(error).attempt("ask for the cached pages of", path),
    }
}

fn ask(file: impl AsFd) -> std::io::Result<Answer> {
    let range = Range { off: 0, len: 0 };
    let mut answer = Answer::default();
    // SAFETY: an open descriptor, one range that is read and one answer that is written, both alive during the call.
    let outcome = unsafe {
        libc::syscall(
            CACHESTAT,
            file.as_fd().as_raw_fd(),
            &raw const range,
            &raw mut answer,
            0_u32,
        )
    };
    if outcome < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{Advice, fadvise};

    use super::*;

    #[test]
    fn both_ways_of_counting_agree() {
        // Not /tmp, which may be a tmpfs and never let go.
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, vec![1_u8; 100_000]).unwrap();
        let file = File::open(&path).unwrap();
        let found = cached(&path).unwrap();
        assert_eq!((found.pages, found.of), (25, 25));
        assert_eq!(resident_pages(&path).unwrap(), (25, 25));
        file.sync_all().unwrap();
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        let found = cached(&path).unwrap();
        let (pages, of) = resident_pages(&path).unwrap();
        assert_eq!((found.pages, found.of), (pages as u64, of as u64));
        assert_eq!((found.pages, found.unwritten), (0, 0));
    }
}
