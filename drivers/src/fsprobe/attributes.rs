//! Extended attributes, ACLs, owners and times.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{
    Gid, IFlags, Mode, Timespec, Timestamps, Uid, XattrFlags, fchmod, fchown, fgetxattr, fsetxattr,
    fstat, futimens, ioctl_getflags, ioctl_setflags,
};
use rustix::io::Errno;

use super::names::{create, remove};
use crate::capabilities::Capabilities;
use crate::tree::at;

/// An ACL in the kernel's form (linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each entry.
/// user::rw- user:4242:rwx group::r-- mask::rwx other::---
const ACL: [u8; 44] = [
    2, 0, 0, 0, //
    0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, //
    0x02, 0, 7, 0, 0x92, 0x10, 0, 0, //
    0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, //
    0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, //
    0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, //
];

/// A file capability in the kernel's form (linux/capability.h): revision 2, effective, CAP_NET_RAW.
const FILE_CAPABILITY: [u8; 20] = [
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    let file = create(dir, "a")?;
    let file = file.as_fd();
    found.xattr_user = keeps(file, "user.layerbench", b"x");
    // Without attributes there is nothing to replace.
    found.xattr_create_is_exclusive =
        fsetxattr(file, "user.layerbench", b"y", XattrFlags::CREATE).is_err();
    found.xattr_privileged = keeps(file, "trusted.layerbench", b"x")
        && fsetxattr(
            file,
            "security.capability",
            &FILE_CAPABILITY,
            XattrFlags::empty(),
        )
        .is_ok();
    found.posix_acl = acl(file);
    found.max_id = [u32::MAX - 1, 0x7fff_ffff, 0xffff]
        .into_iter()
        .find(|&id| owner(file, id))
        .unwrap_or_else(|| rustix::process::getuid().as_raw());
    found.arbitrary_owners = owner(file, 4242);
    found.mtime_granularity_ns = mtime_granularity(file)?;
    found.latest_mtime_s = if set_mtime(file, YEAR_2100, 0).is_ok() {
        i64::MAX
    } else {
        i32::MAX.into()
    };
    found.setuid_survives_roots_write = keeps_setuid(file)?;
    found.file_flags = flags(file);
    found.quiet_file_flags = quiet_flags(file);
    remove(dir, "a")
}

/// Whether the file keeps its setuid bit when this process, which may be root, writes to it. One that is not root answers
/// for itself.
fn keeps_setuid(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    fchmod(file, Mode::from_raw_mode(0o4755))?;
    rustix::io::pwrite(file, b"x", 0)?;
    Ok(fstat(file)?.st_mode & 0o4000 != 0)
}

/// Whether an immutable file can be made, and can no longer be changed.
fn flags(file: BorrowedFd<'_>) -> bool {
    let Ok(before) = ioctl_getflags(file) else {
        return false;
    };
    if ioctl_setflags(file, before | IFlags::IMMUTABLE).is_err() {
        return false;
    }
    let held = ioctl_getflags(file).is_ok_and(|flags| flags.contains(IFlags::IMMUTABLE))
        && fchmod(file, Mode::RUSR | Mode::WUSR) == Err(Errno::PERM);
    ioctl_setflags(file, before).is_ok() && held
}

/// Whether noatime and sync can be set, and show.
fn quiet_flags(file: BorrowedFd<'_>) -> bool {
    let quiet = IFlags::NOATIME | IFlags::SYNC;
    let Ok(before) = ioctl_getflags(file) else {
        return false;
    };
    ioctl_setflags(file, before | quiet).is_ok()
        && ioctl_getflags(file).is_ok_and(|flags| flags.contains(quiet))
        && ioctl_setflags(file, before).is_ok()
}

fn keeps(file: BorrowedFd<'_>, name: &str, value: &[u8]) -> bool {
    let mut read = vec![0; 256];
    fsetxattr(file, name, value, XattrFlags::empty()).is_ok()
        && fgetxattr(file, name, &mut read[..]).is_ok_and(|length| &read[..length] == value)
}

/// A filesystem that understands the ACL shows its mask as the group's bits; one that only stores bytes does not.
fn acl(file: BorrowedFd<'_>) -> bool {
    let mode = |file| at::meta_of(file).map(|meta| meta.mode & 0o777);
    fchmod(file, Mode::RUSR | Mode::WUSR).is_ok()
        && keeps(file, "system.posix_acl_access", &ACL)
        && mode(file) == Ok(0o670)
}

fn owner(file: BorrowedFd<'_>, id: u32) -> bool {
    fchown(file, Some(Uid::from_raw(id)), Some(Gid::from_raw(id))).is_ok()
        && at::meta_of(file).is_ok_and(|meta| (meta.uid, meta.gid) == (id, id))
}

const YEAR_2100: i64 = 4_102_444_800;

fn set_mtime(file: BorrowedFd<'_>, seconds: i64, nanoseconds: u32) -> Result<(), Errno> {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    futimens(file, &times)
}

fn mtime_granularity(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    const TRIED: u32 = 987_654_321;
    set_mtime(file, 1_000_000_000, TRIED)?;
    let kept = at::meta_of(file)?.mtime.1;
    Ok((0..10)
        .map(|exponent| 10_u32.pow(exponent))
        .find(|unit| kept == TRIED - TRIED % unit)
        .map_or(1_000_000_000, u64::from))
}
