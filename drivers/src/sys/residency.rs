//! How much of a file is in the page cache, by mincore(2).
//!
//! mincore looks at the pages behind a *mapping*, so on stacked filesystems it reports the real file below, which
//! cachestat(2) on the stacked descriptor would not.
#![expect(unsafe_code, reason = "mmap and mincore have no safe wrapper")]

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use crate::error::{Attempt as _, Result};

/// The number of resident pages of a file and of all its pages. The mapping itself brings no page in.
///
/// # Errors
/// The errno of open, mmap or mincore.
pub fn resident_pages(path: &Path) -> Result<(usize, usize)> {
    let file = File::open(path).attempt("open", path)?;
    let length =
        usize::try_from(file.metadata().attempt("stat", path)?.len()).unwrap_or(usize::MAX);
    if length == 0 {
        return Ok((0, 0));
    }
    let page = rustix::param::page_size();
    // SAFETY: a fresh read-only mapping of an open file, at an address the kernel chooses; never read through.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if address == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error()).attempt("map", path);
    }
    let mut pages = vec![0_u8; length.div_ceil(page)];
    // SAFETY: `address` is the mapping of `length` bytes made above; `pages` has one byte for each of its pages.
    let outcome = if unsafe { libc::mincore(address, length, pages.as_mut_ptr()) } == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    };
    // SAFETY: the mapping made above, unmapped once.
    unsafe { libc::munmap(address, length) };
    outcome.attempt("ask for the resident pages of", path)?;
    Ok((
        pages.iter().filter(|&&page| page & 1 == 1).count(),
        pages.len(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_just_written_is_resident() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, vec![1_u8; 100_000]).unwrap();
        let (resident, all) = resident_pages(&path).unwrap();
        assert_eq!((resident, all), (25, 25));
    }
}
