//! Finds out what a mounted tree can do, by doing it: what depends on the kernel, the backing filesystem or a program's
//! version is measured when a driver is opened, not looked up.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, XattrFlags, openat, setxattr};

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};
use crate::fsprobe;
use crate::sys::mapping::Mapping;
use crate::upper::{deep, keeps, lasting, numbers, reading};

const TEXT: &[u8] = b"from the layer below";

/// Fills a directory that will be a lower layer of the tree to be measured.
pub(crate) fn sow(lower: &Path) -> Result<()> {
    for name in ["ino", "open", "map", "link-a", "gone", "mark-a", "mark-b"] {
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
    let counted = lower.join("count-a");
    std::fs::write(&counted, TEXT).attempt("write", &counted)?;
    for name in ["count-b", "wiped/count-c"] {
        let path = lower.join(name);
        std::fs::hard_link(&counted, &path).attempt("link", &path)?;
    }
    numbers::sow(lower)?;
    lasting::sow(lower)?;
    reading::sow(lower)?;
    deep::sow(lower)?;
    keeps::sow(lower)
}

/// Deletes two lower files through the mount: whether both are marked in the upper directory by one inode.
pub(crate) fn marks_share_an_inode(root: &Path, upper: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let mut inodes = Vec::new();
    for name in ["mark-a", "mark-b"] {
        let file = root.join(name);
        std::fs::remove_file(&file).attempt("delete through the mount", &file)?;
        let mark = upper.join(name);
        let meta = std::fs::symlink_metadata(&mark).attempt("stat the mark", &mark)?;
        inodes.push(meta.ino());
    }
    Ok(inodes[0] == inodes[1])
}

/// Measures the tree at `root`, one of whose lower layers was sown.
pub(crate) fn measure(root: &Path) -> Result<Capabilities> {
    let mut found = fsprobe::probe_mount(root)?.capabilities;
    let at = |name: &str| root.join(name);

    let inode = |name: &str| {
        std::fs::metadata(at(name))
            .map(|meta| (meta.dev(), meta.ino()))
            .attempt("look at", at(name))
    };
    let (root_inode, dir_inode, before) = (inode(".")?, inode("dir")?, inode("ino")?);
    append(&at("ino"))?;
    let after = inode("ino")?;
    std::fs::hard_link(at("ino"), at("ino-linked")).attempt("link", at("ino"))?;
    found.inode_survives_copy_up = before == after && before == inode("ino-linked")?;
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
    found.hard_links_survive_copy_up = links_hold(root)?;

    // Of its three names one is gone then.
    let count = |name: &str| {
        std::fs::metadata(at(name))
            .map(|meta| meta.nlink())
            .attempt("look at", at(name))
    };
    let whole = count("count-a")? == 3;
    std::fs::remove_file(at("count-a")).attempt("unlink", at("count-a"))?;
    found.link_counts_follow = whole && count("count-b")? == 2 && count("wiped/count-c")? == 2;

    numbers::measure(root, &mut found)?;
    lasting::write(root)?;
    found.noreplace_hides_what_is_below = lasting::stays_gone(root)?;
    reading::measure(root, &mut found)?;
    keeps::measure(root, &mut found)?;
    found.deep_paths = deep::measure(root)?;
    // Stored is not enough: a FUSE daemon may keep an ACL that nobody heeds.
    found.posix_acl = found.posix_acl && acl_is_enforced(root);

    found.rename_lower_dir = std::fs::rename(at("dir"), at("dir-moved")).is_ok();
    Ok(found)
}

/// Whether the other name of a lower file shows what was written through one.
fn links_hold(root: &Path) -> Result<bool> {
    let path = root.join("link-b");
    let text = std::fs::read(&path).attempt("read", &path)?;
    Ok(text.len() > TEXT.len())
}

pub(super) fn append(path: &Path) -> Result<()> {
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(b", written above"))
        .attempt("append to", path)
}

/// The user who is granted what the mode denies.
const GRANTED: u32 = 23456;

/// Sets an ACL that lets one user read what the mode denies to others, and reads as that user and as the next.
fn acl_is_enforced(root: &Path) -> bool {
    // The kernel's form (linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each entry.
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (0x01_u16, 6_u16, u32::MAX),
        (0x02, 4, GRANTED),
        (0x04, 0, u32::MAX),
        (0x10, 4, u32::MAX),
        (0x20, 0, u32::MAX),
    ] {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    // Opened relative to the tree: the directories above need not let other users through.
    let Ok(dir) = super::attributes::open_dir(root) else {
        return false;
    };
    let path = root.join("acl");
    let set = || {
        std::fs::write(&path, TEXT)?;
        setxattr(&path, "system.posix_acl_access", &acl, XattrFlags::empty())?;
        std::io::Result::Ok(())
    };
    set().is_ok() && readable_by(&dir, GRANTED) && !readable_by(&dir, GRANTED + 1)
}

/// Whether a user may open the file; asked in a thread, whose filesystem ids are its own.
fn readable_by(dir: &OwnedFd, user: u32) -> bool {
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            nix::unistd::setfsgid(nix::unistd::Gid::from_raw(user));
            nix::unistd::setfsuid(nix::unistd::Uid::from_raw(user));
            openat(dir, "acl", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).is_ok()
        });
        asked.join().unwrap_or(false)
    })
}
