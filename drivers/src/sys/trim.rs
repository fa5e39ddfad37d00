//! FITRIM (ioctl_fs(2), linux/fs.h): a filesystem tells its device which blocks it does not use.
#![expect(unsafe_code, reason = "FITRIM has no safe wrapper")]

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use linux_raw_sys::general::fstrim_range;
use linux_raw_sys::ioctl;

use crate::error::{Attempt as _, Result};

/// Discards all free space of the filesystem `dir` lies on. Gives the bytes discarded; `None` where the filesystem or its
/// device cannot, or the caller may not.
///
/// # Errors
/// Other errno values of open and the ioctl.
pub fn trim(dir: &Path) -> Result<Option<u64>> {
    let root = File::open(dir).attempt("open", dir)?;
    let mut range = fstrim_range {
        start: 0,
        len: u64::MAX,
        minlen: 0,
    };
    // SAFETY: FITRIM reads and writes one fstrim_range, which outlives the call.
    let outcome = unsafe {
        libc::ioctl(
            root.as_raw_fd(),
            libc::Ioctl::from(ioctl::FITRIM),
            &raw mut range,
        )
    };
    if outcome >= 0 {
        return Ok(Some(range.len));
    }
    let error = std::io::Error::last_os_error();
    match error.raw_os_error() {
        // EINVAL: the device has no discard, for some filesystems; ENOTTY: the filesystem does not know the request.
        Some(libc::EOPNOTSUPP | libc::ENOTTY | libc::EINVAL | libc::EPERM | libc::ENOSYS) => {
            Ok(None)
        }
        _ => Err(error).attempt("trim the filesystem of", dir),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_trimmed_is_no_failure() {
        assert_eq!(trim(Path::new("/proc")).unwrap(), None);
    }
}
