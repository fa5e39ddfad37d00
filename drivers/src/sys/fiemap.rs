//! Where a file's blocks lie: FS_IOC_FIEMAP (Documentation/filesystems/fiemap.rst).
#![expect(unsafe_code, reason = "FIEMAP is an ioctl")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use linux_raw_sys::ioctl as raw;

/// How many extents one call gives.
const BATCH: usize = 64;

/// A run of blocks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Where it is in the file, in bytes.
    pub logical: u64,
    /// Where it is on the filesystem, in bytes.
    pub physical: u64,
    /// How long it is, in bytes.
    pub length: u64,
    /// Other files have it too.
    pub shared: bool,
    /// `physical` says where its bytes are: neither inline, nor unwritten, nor waiting to be placed.
    pub placed: bool,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct RawExtent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

#[repr(C)]
struct Request {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extents: [RawExtent; BATCH],
}

/// Every extent of a file, in order; with `sync`, what is still in memory is written first, so that it has a place.
///
/// # Errors
/// `EOPNOTSUPP` on filesystems without blocks (tmpfs), or the errno of the ioctl.
pub fn extents(file: BorrowedFd<'_>, sync: bool) -> io::Result<Vec<Extent>> {
    let unplaced = raw::FIEMAP_EXTENT_UNKNOWN
        | raw::FIEMAP_EXTENT_DELALLOC
        | raw::FIEMAP_EXTENT_UNWRITTEN
        | raw::FIEMAP_EXTENT_DATA_INLINE
        | raw::FIEMAP_EXTENT_NOT_ALIGNED;
    let mut found = Vec::new();
    let mut request = Request {
        start: 0,
        length: u64::MAX,
        flags: if sync { raw::FIEMAP_FLAG_SYNC } else { 0 },
        mapped_extents: 0,
        extent_count: BATCH as u32,
        reserved: 0,
        extents: [RawExtent::default(); BATCH],
    };
    loop {
        request.length = u64::MAX - request.start;
        // SAFETY: FS_IOC_FIEMAP reads the head of the request and writes at most `extent_count` extents behind it; the
        // request has room for that many and outlives the call.
        let outcome = unsafe {
            libc::ioctl(
                file.as_raw_fd(),
                libc::Ioctl::from(raw::FS_IOC_FIEMAP),
                &raw mut request,
            )
        };
        if outcome < 0 {
            return Err(io::Error::last_os_error());
        }
        let count = (request.mapped_extents as usize).min(BATCH);
        for extent in &request.extents[..count] {
            found.push(Extent {
                logical: extent.logical,
                physical: extent.physical,
                length: extent.length,
                shared: extent.flags & raw::FIEMAP_EXTENT_SHARED != 0,
                placed: extent.flags & unplaced == 0,
            });
        }
        let Some(last) = request.extents[..count].last() else {
            return Ok(found);
        };
        let next = last.logical.saturating_add(last.length);
        if last.flags & raw::FIEMAP_EXTENT_LAST != 0 || next <= request.start {
            return Ok(found);
        }
        request.start = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileExt as _;

    #[test]
    fn every_extent_of_a_torn_file_is_given_once() {
        let file = tempfile::tempfile_in("/var/tmp").unwrap();
        // More pieces than one call gives.
        for n in 0..100_u64 {
            file.write_all_at(&[1; 4096], n * 8192).unwrap();
        }
        let found = extents(file.as_fd(), true).unwrap();
        assert_eq!(found.len(), 100);
        for (n, extent) in found.iter().enumerate() {
            assert_eq!((extent.logical, extent.length), (n as u64 * 8192, 4096));
            assert!(extent.placed && !extent.shared && extent.physical > 0);
        }
    }
}
