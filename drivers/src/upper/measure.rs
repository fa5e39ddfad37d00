//! Finds out what a mounted tree can do, by doing it: what depends on the kernel, the backing filesystem or a program's
//! version is measured when a driver is opened, not looked up.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, Gid, Mode, OFlags, RenameFlags, SeekFrom, Timespec,
    Timestamps, Uid, XattrFlags, chownat, fallocate, ftruncate, ioctl_ficlone, linkat, makedev,
    mknodat, openat, renameat_with, seek, setxattr, utimensat,
};

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};
use crate::sys::mapping::Mapping;

const TEXT: &[u8] = b"from the layer below";

/// Fills a directory that will be a lower layer of the tree to be measured.
pub(crate) fn sow(lower: &Path) -> Result<()> {
    for name in ["ino", "open", "map", "link-a", "gone"] {
        let path = lower.join(name);
        std::fs::write(&path, TEXT).attempt("write", &path)?;
    }
    let path = lower.join("link-b");
    std::fs::hard_link(lower.join("link-a"), &path).attempt("link", &path)?;
    for name in ["dir", "wiped"] {
        let path = lower.join(name);
        std::fs::create_dir(&path).attempt("create the directory", &path)?;
        std::fs::write(path.join("inner"), TEXT).attempt("write", &path)?;
    }
    Ok(())
}

/// Measures the tree at `root`, one of whose lower layers was sown. What cannot be asked by one process stays as in
/// `base`.
pub(crate) fn measure(root: &Path, base: Capabilities) -> Result<Capabilities> {
    let mut found = base;
    let at = |name: &str| root.join(name);
    let make = |name: &str| {
        let path = at(name);
        File::create_new(&path).attempt("create", &path)
    };

    let inode = |name: &str| {
        std::fs::metadata(at(name))
            .map(|meta| (meta.dev(), meta.ino()))
            .attempt("look at", at(name))
    };
    let (root_inode, dir_inode, before) = (inode(".")?, inode("dir")?, inode("ino")?);
    append(&at("ino"))?;
    let after = inode("ino")?;
    found.inode_survives_copy_up = before == after;
    found.uniform_device = [root_inode, dir_inode, after]
        .iter()
        .all(|(dev, _)| *dev == before.0);

    let path = at("open");
    let mut reader = File::open(&path).attempt("open", &path)?;
    append(&path)?;
    let mut seen = Vec::new();
    reader.read_to_end(&mut seen).attempt("read", &path)?;
    found.open_file_sees_later_writes = seen.len() > TEXT.len();

    let path = at("map");
    let file = File::open(&path).attempt("open", &path)?;
    let mapping = Mapping::new(file.as_fd(), TEXT.len()).attempt("map", &path)?;
    let writer = OpenOptions::new()
        .write(true)
        .open(&path)
        .attempt("open", &path)?;
    writer.write_all_at(b"FROM", 0).attempt("write", &path)?;
    found.mapping_sees_later_writes = mapping.read().starts_with(b"FROM");

    append(&at("link-a"))?;
    let other = std::fs::read(at("link-b")).attempt("read", at("link-b"))?;
    found.hard_links_survive_copy_up = other.len() > TEXT.len();

    found.rename_lower_dir = std::fs::rename(at("dir"), at("dir-moved")).is_ok();
    let device = |name: &str, number| {
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, at(name), FileType::CharacterDevice, mode, number).is_ok()
    };
    found.user_can_make_whiteout_device =
        device("whiteout", makedev(0, 0)) && at("whiteout").symlink_metadata().is_ok();
    found.device_nodes = device("null", makedev(1, 3));
    found.whiteout_prefix_is_an_ordinary_name =
        make(".wh.name").is_ok() && std::fs::metadata(at(".wh.name")).is_ok();
    found.name_max = (1..=255_u32)
        .rev()
        .take(16)
        .find(|&length| make(&"n".repeat(length as usize)).is_ok())
        .unwrap_or(0);

    let path = at("attributes");
    let file = make("attributes")?;
    let xattr = |name: &str| setxattr(&path, name, b"1", XattrFlags::empty()).is_ok();
    found.xattr_user = xattr("user.layerbench");
    found.xattr_privileged = xattr("trusted.layerbench") && xattr("security.layerbench");
    found.posix_acl = acl_is_enforced(&path, &file);
    let owner = |id: u32| {
        let id = (Some(Uid::from_raw(id)), Some(Gid::from_raw(id)));
        chownat(CWD, &path, id.0, id.1, AtFlags::empty()).is_ok()
    };
    found.arbitrary_owners = owner(1) && owner(54321);
    found.max_id = [u32::MAX - 1, (1 << 31) - 1, 65535]
        .into_iter()
        .find(|id| owner(*id))
        .unwrap_or(0);
    found.mtime_granularity_ns = mtime_granularity(&path)?;

    let sparse = make("sparse")?;
    found.sparse_files = ftruncate(&sparse, 1 << 20).is_ok()
        && sparse.write_all_at(b"end", (1 << 20) - 3).is_ok()
        && sparse.metadata().is_ok_and(|meta| meta.blocks() < 1024)
        && matches!(seek(&sparse, SeekFrom::Data(0)), Ok(start) if start > 0);
    let file = make("fallocated")?;
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    found.fallocate = fallocate(&file, FallocateFlags::empty(), 0, 1 << 16).is_ok()
        && fallocate(&file, punch, 0, 1 << 15).is_ok();
    found.tmpfile = tmpfile(root).is_ok();
    let (source, target) = (make("clone-from")?, make("clone-to")?);
    source
        .write_all_at(&vec![7; 1 << 16], 0)
        .attempt("write", at("clone-from"))?;
    found.reflink = ioctl_ficlone(&target, &source).is_ok();
    let rename = |from: &str, to: &str, flags| renameat_with(CWD, at(from), CWD, at(to), flags);
    found.rename_flags = rename("clone-from", "clone-to", RenameFlags::EXCHANGE).is_ok()
        && rename("clone-from", "clone-to", RenameFlags::NOREPLACE)
            == Err(rustix::io::Errno::EXIST)
        && rename("clone-from", "cloned", RenameFlags::NOREPLACE).is_ok();
    found.d_type = has_d_type(root)?;
    Ok(found)
}

fn append(path: &Path) -> Result<()> {
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(b", written above"))
        .attempt("append to", path)
}

fn mtime_granularity(path: &Path) -> Result<u64> {
    let time = Timespec {
        tv_sec: 1_234_567_890,
        tv_nsec: 123_456_789,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::empty()).attempt("set the times of", path)?;
    let meta = std::fs::metadata(path).attempt("look at", path)?;
    let kept = meta.mtime_nsec();
    Ok([1, 100, 1000, 1_000_000]
        .into_iter()
        .find(|unit| kept != 0 && kept == time.tv_nsec / unit * unit)
        .unwrap_or(1_000_000_000)
        .cast_unsigned())
}

fn tmpfile(root: &Path) -> std::io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = openat(CWD, root, flags, Mode::RUSR | Mode::WUSR)?;
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let to = root.join("tmpfile");
    linkat(CWD, name, CWD, &to, AtFlags::SYMLINK_FOLLOW)?;
    std::fs::metadata(to).map(drop)
}

/// Whether listing a directory tells the type of each name.
pub(crate) fn has_d_type(dir: &Path) -> Result<bool> {
    let open = super::attributes::open_dir(dir)?;
    let mut any = false;
    for entry in rustix::fs::Dir::read_from(&open).attempt("list", dir)? {
        let entry = entry.attempt("list", dir)?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            any = true;
            if entry.file_type() == FileType::Unknown {
                return Ok(false);
            }
        }
    }
    Ok(any)
}

/// The user who is granted what the mode denies.
const GRANTED: u32 = 23456;

/// Sets an ACL that lets one user read what its mode denies to others, and reads as that user.
fn acl_is_enforced(path: &Path, file: &File) -> bool {
    // Version 2, then tag, permissions and id of each entry (include/uapi/linux/posix_acl_xattr.h).
    const NONE: u32 = u32::MAX;
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (0x01_u16, 6_u16, NONE),
        (0x02, 4, GRANTED),
        (0x04, 0, NONE),
        (0x10, 4, NONE),
        (0x20, 0, NONE),
    ] {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    let name = "system.posix_acl_access";
    if setxattr(path, name, &acl, XattrFlags::empty()).is_err() {
        return false;
    }
    let stored = file
        .metadata()
        .is_ok_and(|meta| meta.mode() & 0o777 == 0o640);
    stored && readable_by(path, GRANTED) && !readable_by(path, GRANTED + 1)
}

/// Whether a user may open a file; asked in a thread, whose filesystem uid is its own.
fn readable_by(path: &Path, user: u32) -> bool {
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            nix::unistd::setfsuid(nix::unistd::Uid::from_raw(user));
            nix::unistd::setfsgid(nix::unistd::Gid::from_raw(user));
            File::open(path).is_ok()
        });
        asked.join().unwrap_or(false)
    })
}
