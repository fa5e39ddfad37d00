//! Attributes of a mount that is not attached yet: mount_setattr(2), Linux 5.12.
#![expect(
    unsafe_code,
    reason = "rustix has no mount_setattr; it takes one plain struct"
)]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Adds `MOUNT_ATTR_RDONLY` and leaves all else as it is: flags that a user namespace has locked stay.
///
/// # Errors
/// The errno of mount_setattr.
pub fn make_read_only(mount: BorrowedFd<'_>) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is a NUL-terminated string and the struct outlives the call, which only reads them.
    let outcome = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if outcome < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
