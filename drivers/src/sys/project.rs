//! Project quotas: files carry the number of a project, and a filesystem limits what a project takes (quotactl_fd(2),
//! Linux 5.14; ioctl_fs for the number). Nothing here decides anything.
#![expect(
    unsafe_code,
    reason = "no safe crate has quotactl_fd or FS_IOC_FSSETXATTR"
)]

use std::io::{Error, Result};
use std::mem::zeroed;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use linux_raw_sys::general::{FS_XFLAG_PROJINHERIT, fsxattr};
use linux_raw_sys::ioctl::{FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR};

/// The kind of quota, from linux/quota.h.
const PRJQUOTA: libc::c_int = 2;
/// The unit of limits of bytes: QIF_DQBLKSIZE of linux/quota.h.
pub const BLOCK: u64 = 1024;

/// What is known of a project; a limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Project {
    /// The most it may take, in units of [`BLOCK`].
    pub most_blocks: u64,
    /// The most inodes it may have.
    pub most_inodes: u64,
    /// What it takes, in bytes, reservations of delayed allocation included.
    pub bytes: u64,
    /// The inodes it has.
    pub inodes: u64,
}

/// Puts the directory into the project `id`, with everything that will be made in it.
///
/// # Errors
/// The errno: EOPNOTSUPP or ENOTTY where files have no project.
pub fn join(directory: BorrowedFd<'_>, id: u32) -> Result<()> {
    let mut about = attributes(directory)?;
    about.fsx_projid = id;
    about.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    ioctl(directory, FS_IOC_FSSETXATTR, &mut about)
}

/// The project of a file; 0 is that of nobody.
///
/// # Errors
/// As [`join`].
pub fn of(file: BorrowedFd<'_>) -> Result<u32> {
    Ok(attributes(file)?.fsx_projid)
}

fn attributes(file: BorrowedFd<'_>) -> Result<fsxattr> {
    // SAFETY: all-zero is a valid value: integers.
    let mut about: fsxattr = unsafe { zeroed() };
    ioctl(file, FS_IOC_FSGETXATTR, &mut about)?;
    Ok(about)
}

fn ioctl(file: BorrowedFd<'_>, request: u32, about: &mut fsxattr) -> Result<()> {
    let request = libc::Ioctl::from(request);
    // SAFETY: both requests take this structure, which is alive and writable for the call.
    if unsafe { libc::ioctl(file.as_raw_fd(), request, &raw mut *about) } < 0 {
        return Err(Error::last_os_error());
    }
    Ok(())
}

/// Has the filesystem hold projects to their limits, which it counts already.
///
/// # Errors
/// The errno: EEXIST when it does so, ENOSYS, ESRCH or EINVAL when it has no such quotas.
pub fn enforce(on: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: the call takes no structure.
    unsafe {
        quotactl(
            on,
            libc::Q_QUOTAON,
            libc::QFMT_VFS_V1.cast_unsigned(),
            std::ptr::null_mut(),
        )
    }
}

/// The limits and the use of a project.
///
/// # Errors
/// The errno: ESRCH where there are no such quotas.
pub fn read(on: BorrowedFd<'_>, id: u32) -> Result<Project> {
    // SAFETY: all-zero is a valid value: integers.
    let mut quota: libc::dqblk = unsafe { zeroed() };
    // SAFETY: the call fills in this structure.
    unsafe { quotactl(on, libc::Q_GETQUOTA, id, &raw mut quota) }?;
    Ok(Project {
        most_blocks: quota.dqb_bhardlimit,
        most_inodes: quota.dqb_ihardlimit,
        bytes: quota.dqb_curspace,
        inodes: quota.dqb_curinodes,
    })
}

/// Sets both limits of a project, in units of [`BLOCK`] and in inodes; 0 lifts one.
///
/// # Errors
/// As [`read`].
pub fn limit(on: BorrowedFd<'_>, id: u32, most_blocks: u64, most_inodes: u64) -> Result<()> {
    // SAFETY: all-zero is a valid value: integers.
    let mut quota: libc::dqblk = unsafe { zeroed() };
    quota.dqb_bhardlimit = most_blocks;
    quota.dqb_ihardlimit = most_inodes;
    quota.dqb_valid = libc::QIF_BLIMITS | libc::QIF_ILIMITS;
    // SAFETY: the call reads this structure.
    unsafe { quotactl(on, libc::Q_SETQUOTA, id, &raw mut quota) }
}

/// # Safety
/// `data` must be what `command` takes.
unsafe fn quotactl(
    on: BorrowedFd<'_>,
    command: libc::c_int,
    id: u32,
    data: *mut libc::dqblk,
) -> Result<()> {
    let command = libc::QCMD(command, PRJQUOTA);
    // SAFETY: the caller's promise.
    let done = unsafe { libc::syscall(libc::SYS_quotactl_fd, on.as_raw_fd(), command, id, data) };
    if done < 0 {
        return Err(Error::last_os_error());
    }
    Ok(())
}
