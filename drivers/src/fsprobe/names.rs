//! Names, types of files, and renames.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, fstatvfs, linkat, makedev, mkdirat, mknodat,
    openat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::capabilities::Capabilities;
use crate::tree::at;

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    for name in ["a", "b"] {
        drop(create(dir, name)?);
    }
    let listed = at::list(at::open_dir(dir, c".")?.as_fd())?;
    found.d_type = listed.iter().all(|name| name.kind != FileType::Unknown);
    found.rename_flags = renameat_with(dir, "a", dir, "b", RenameFlags::EXCHANGE).is_ok()
        && renameat_with(dir, "a", dir, "b", RenameFlags::NOREPLACE) == Err(Errno::EXIST);
    found.rename_whiteout = renameat_with(dir, "b", dir, "c", RenameFlags::WHITEOUT).is_ok()
        && statat(dir, "b", AtFlags::SYMLINK_NOFOLLOW).is_ok();
    found.name_max = name_max(dir)?;
    let too_long = "n".repeat(256);
    found.too_long_names_are_told =
        statat(dir, too_long, AtFlags::empty()).err() == Some(Errno::NAMETOOLONG);
    found.device_nodes = device(dir, makedev(1, 3));
    found.devices_can_be_opened = opens_devices(dir)?;
    found.user_can_make_whiteout_device = device(dir, makedev(0, 0));
    found.whiteout_prefix_is_an_ordinary_name = create(dir, ".wh.a").is_ok();
    found.tmpfile = tmpfile(dir).is_ok();
    found.unlinked_file_can_be_opened = opens_without_name(dir)?;
    found.filesystem_id = fstatvfs(dir)?.f_fsid != 0;
    found.directory_links_are_counted = directory_links(dir)? == 3;
    for name in ["a", "b", "c", ".wh.a", "linked"] {
        remove(dir, name)?;
    }
    Ok(())
}

pub(super) fn create(dir: BorrowedFd<'_>, name: &str) -> Result<std::os::fd::OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    openat(dir, name, flags, Mode::RUSR | Mode::WUSR)
}

pub(super) fn remove(dir: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
    match unlinkat(dir, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// What the filesystem says, or less if it does not keep that.
fn name_max(dir: BorrowedFd<'_>) -> Result<u32, Errno> {
    let said = u32::try_from(fstatvfs(dir)?.f_namemax).unwrap_or(255);
    let mut length = said.min(255);
    while length > 1 {
        let name = "n".repeat(length as usize);
        match create(dir, &name) {
            Ok(_) => {
                remove(dir, &name)?;
                break;
            }
            Err(Errno::NAMETOOLONG) => length -= 1,
            Err(errno) => return Err(errno),
        }
    }
    Ok(length)
}

fn device(dir: BorrowedFd<'_>, number: u64) -> bool {
    let made = mknodat(dir, "device", FileType::CharacterDevice, Mode::RUSR, number).is_ok();
    remove(dir, "device").is_ok() && made
}

/// Whether a device here is more than a name.
fn opens_devices(dir: BorrowedFd<'_>) -> Result<bool, Errno> {
    // Where none can be made, nothing keeps them from being opened.
    let Ok(()) = mknodat(
        dir,
        "device",
        FileType::CharacterDevice,
        Mode::RUSR,
        makedev(1, 3),
    ) else {
        return Ok(true);
    };
    let opened = openat(
        dir,
        "device",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .is_ok();
    remove(dir, "device")?;
    Ok(opened)
}

/// Whether a file without a name can be opened through a descriptor.
fn opens_without_name(dir: BorrowedFd<'_>) -> Result<bool, Errno> {
    let file = create(dir, "unlinked")?;
    remove(dir, "unlinked")?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(openat(dir, path, flags, Mode::empty()).is_ok())
}

/// The link count of a directory with one directory in it.
fn directory_links(dir: BorrowedFd<'_>) -> Result<u64, Errno> {
    mkdirat(dir, "dir", Mode::RWXU)?;
    mkdirat(dir, "dir/in", Mode::RWXU)?;
    let links = statat(dir, "dir", AtFlags::empty())?.st_nlink;
    unlinkat(dir, "dir/in", AtFlags::REMOVEDIR)?;
    unlinkat(dir, "dir", AtFlags::REMOVEDIR)?;
    Ok(links)
}

fn tmpfile(dir: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = openat(dir, ".", flags, Mode::RUSR | Mode::WUSR)?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(
        rustix::fs::CWD,
        path,
        dir,
        "linked",
        AtFlags::SYMLINK_FOLLOW,
    )
}
