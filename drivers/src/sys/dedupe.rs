//! One copy for equal blocks: the FIDEDUPERANGE ioctl (ioctl_fideduperange(2)).
#![expect(unsafe_code, reason = "rustix has no FIDEDUPERANGE")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// struct file_dedupe_range with one struct file_dedupe_range_info (linux/fs.h).
#[repr(C)]
struct Range {
    src_offset: u64,
    src_length: u64,
    dest_count: u16,
    reserved1: u16,
    reserved2: u32,
    dest_fd: i64,
    dest_offset: u64,
    bytes_deduped: u64,
    status: i32,
    reserved: u32,
}

/// _IOWR(0x94, 54, struct file_dedupe_range), whose size is that of the header: 24.
const FIDEDUPERANGE: libc::Ioctl = 0xc018_9436;

/// Has the first `length` bytes of `to` share the blocks of those of `from`, if they are equal, and says how many do.
///
/// # Errors
/// EOPNOTSUPP and its kin where the filesystem cannot; EBADE when the bytes differ.
pub fn share_equal(from: BorrowedFd<'_>, to: BorrowedFd<'_>, length: u64) -> io::Result<u64> {
    let mut shared = 0;
    // The kernel does as much at once as it likes, 16 MiB in most.
    while shared < length {
        let mut range = Range {
            src_offset: shared,
            src_length: length - shared,
            dest_count: 1,
            reserved1: 0,
            reserved2: 0,
            dest_fd: to.as_raw_fd().into(),
            dest_offset: shared,
            bytes_deduped: 0,
            status: 0,
            reserved: 0,
        };
        // SAFETY: the struct is laid out as the kernel wants it, has room for the one destination it names, and lives on.
        if unsafe { libc::ioctl(from.as_raw_fd(), FIDEDUPERANGE, &raw mut range) } < 0 {
            return Err(io::Error::last_os_error());
        }
        match range.status {
            // FILE_DEDUPE_RANGE_DIFFERS.
            1 => return Err(io::Error::from_raw_os_error(libc::EBADE)),
            0 if range.bytes_deduped == 0 => break,
            0 => shared += range.bytes_deduped,
            status => return Err(io::Error::from_raw_os_error(-status)),
        }
    }
    Ok(shared)
}
