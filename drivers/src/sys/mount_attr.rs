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
    set(mount, libc::MOUNT_ATTR_RDONLY, None)
}

/// Devices on the mount cannot be opened any more.
///
/// # Errors
/// The errno of mount_setattr.
pub fn without_devices(mount: BorrowedFd<'_>) -> io::Result<()> {
    set(mount, libc::MOUNT_ATTR_NODEV, None)
}

/// Reading through the mount changes no access time any more.
///
/// # Errors
/// The errno of mount_setattr.
pub fn without_access_times(mount: BorrowedFd<'_>) -> io::Result<()> {
    set(mount, libc::MOUNT_ATTR_NOATIME, None)
}

/// Owners are shown, and stored, as the user namespace maps them. The mount is not attached yet.
///
/// # Errors
/// EINVAL where the filesystem cannot; otherwise the errno of mount_setattr.
pub fn map_ids(mount: BorrowedFd<'_>, namespace: BorrowedFd<'_>) -> io::Result<()> {
    set(mount, libc::MOUNT_ATTR_IDMAP, Some(namespace))
}

fn set(mount: BorrowedFd<'_>, flags: u64, namespace: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let access_time = if flags & libc::MOUNT_ATTR_NOATIME != 0 {
        // The kinds of access times are one field: the old one is taken away first (mount_setattr(2)).
        libc::MOUNT_ATTR__ATIME
    } else {
        0
    };
    let attributes = libc::mount_attr {
        attr_set: flags,
        attr_clr: access_time,
        propagation: 0,
        userns_fd: namespace.map_or(0, |fd| u64::from(fd.as_raw_fd().unsigned_abs())),
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
