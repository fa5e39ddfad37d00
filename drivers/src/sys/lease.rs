//! Leases on open files: F_SETLEASE of fcntl(2).
#![expect(unsafe_code, reason = "no crate in use has F_SETLEASE")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Takes a read lease: whoever opens the file for writing then waits, or with O_NONBLOCK gets EWOULDBLOCK. No signal is
/// sent to this process when that happens.
///
/// # Errors
/// EAGAIN while the file is open for writing; EINVAL where the filesystem has no leases.
pub fn take_read_lease(file: BorrowedFd<'_>) -> io::Result<()> {
    control(file, libc::F_SETLEASE, libc::F_RDLCK)?;
    // Without an owner there is nobody to send SIGIO to, which would end the process.
    control(file, libc::F_SETOWN, 0)
}

/// Gives a lease back.
///
/// # Errors
/// EAGAIN when there is none.
pub fn give_back(file: BorrowedFd<'_>) -> io::Result<()> {
    control(file, libc::F_SETLEASE, libc::F_UNLCK)
}

fn control(file: BorrowedFd<'_>, command: i32, argument: i32) -> io::Result<()> {
    // SAFETY: the descriptor is open, and these commands take an int.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, argument) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{Mode, OFlags, open};
    use std::os::fd::AsFd as _;

    #[test]
    fn a_lease_keeps_writers_out_until_it_is_given_back() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let reader = std::fs::File::open(file.path()).unwrap();
        let (_, path) = file.into_parts();
        take_read_lease(reader.as_fd()).unwrap();
        let write = || {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            open(&*path, flags, Mode::empty()).map(drop)
        };
        assert_eq!(write(), Err(rustix::io::Errno::WOULDBLOCK));
        give_back(reader.as_fd()).unwrap();
        assert_eq!(write(), Ok(()));
    }
}
