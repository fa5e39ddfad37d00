//! Finds out what lower directories, links and devices keep, or refuse, when a container changes something: kernel overlay
//! keeps all, fuse-overlayfs 1.10 does not.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, IFlags, Mode, Timespec, Timestamps, Uid, XattrFlags, getxattr,
    ioctl_getflags, ioctl_setflags, makedev, mknodat, setxattr, utimensat,
};
use rustix::thread::set_thread_res_uid;

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};

const SECOND: i64 = 1_000_000_000;
const NEVER: (u32, u32) = (8, 255);
const NULL: (u32, u32) = (1, 3);
const OWNER: u32 = 1000;

/// Fills a directory that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    let dir = lower.join("setgid");
    std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
    std::fs::write(dir.join("inner"), "x").attempt("write in", &dir)?;
    std::fs::set_permissions(&dir, Permissions::from_mode(0o2755))
        .attempt("set the mode of", &dir)?;
    let anew = lower.join("anew");
    std::fs::create_dir(&anew).attempt("create the directory", &anew)?;
    std::fs::write(anew.join("old"), "x").attempt("write in", &anew)?;
    let link = lower.join("symlink");
    symlink("setgid", &link).attempt("make the symbolic link", &link)?;
    let setuid = lower.join("setuid");
    std::fs::write(&setuid, "x").attempt("write", &setuid)?;
    // In a user namespace with one id both stay root's; what is asked of them then tells nothing.
    if lchown(&link, Some(OWNER), None).is_err() || chown(&setuid, Some(OWNER), None).is_err() {
        tracing::debug!("owners cannot be set in {}", lower.display());
    }
    std::fs::set_permissions(&setuid, Permissions::from_mode(0o4777))
        .attempt("set the mode of", &setuid)?;
    for path in [&dir.join("inner"), &dir, &link] {
        touch(path)?;
    }
    let touched = lower.join("setuid-touched");
    std::fs::write(&touched, "x").attempt("write", &touched)?;
    std::fs::set_permissions(&touched, Permissions::from_mode(0o4755))
        .attempt("set the mode of", &touched)?;
    let roots = lower.join("setuid-roots");
    std::fs::write(&roots, "x").attempt("write", &roots)?;
    std::fs::set_permissions(&roots, Permissions::from_mode(0o6755))
        .attempt("set the mode of", &roots)?;
    let locked = lower.join("locked");
    std::fs::write(&locked, "x").attempt("write", &locked)?;
    let file = File::open(&locked).attempt("open", &locked)?;
    // Where there are no such flags, there are none to be kept.
    let lock = || ioctl_setflags(&file, ioctl_getflags(&file)? | IFlags::IMMUTABLE);
    if let Err(errno) = lock() {
        tracing::debug!("files cannot be immutable in {}: {errno}", lower.display());
    }
    let pipe = lower.join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).attempt("make the fifo", &pipe)?;
    // Refused in a user namespace; then there is nothing to delete either.
    for (name, kind, (major, minor)) in [
        ("absent", FileType::BlockDevice, NEVER),
        ("null", FileType::CharacterDevice, NULL),
    ] {
        let number = makedev(major, minor);
        if mknodat(CWD, lower.join(name), kind, Mode::RUSR, number).is_err() {
            tracing::debug!("devices cannot be made in {}", lower.display());
        }
    }
    Ok(())
}

/// Sets the times.
fn touch(path: &Path) -> Result<()> {
    let time = Timespec {
        tv_sec: SECOND,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).attempt("set the time of", path)
}

/// Changes what was sown, in the mounted tree at `root`.
pub(super) fn measure(root: &Path, found: &mut Capabilities) -> Result<()> {
    let dir = root.join("setgid");
    let inner = dir.join("inner");
    OpenOptions::new()
        .append(true)
        .open(&inner)
        .and_then(|mut file| file.write_all(b"y"))
        .attempt("append to", &inner)?;
    let meta = std::fs::metadata(&inner).attempt("look at", &inner)?;
    found.atime_survives_copy_up = meta.atime() == SECOND;
    // A FUSE daemon's answers are cached by the kernel; listing the directory asks anew.
    std::fs::read_dir(&dir)
        .attempt("list", &dir)?
        .for_each(drop);
    let meta = std::fs::metadata(&dir).attempt("look at", &dir)?;
    found.lower_dir_attributes_survive_copy_up =
        meta.mtime() == SECOND && meta.mode() & 0o2000 != 0;

    let inner = dir.join("made");
    std::fs::create_dir(&inner).attempt("create the directory", &inner)?;
    let meta = std::fs::metadata(&inner).attempt("look at", &inner)?;
    found.setgid_directory_is_inherited = meta.mode() & 0o2000 != 0;

    let (anew, own) = (root.join("anew"), root.join("own"));
    crate::remove::tree(&anew)?;
    std::fs::create_dir(&own).attempt("create the directory", &own)?;
    std::fs::rename(&own, &anew).attempt("rename to", &anew)?;
    found.rename_own_dir_from_lower_name =
        std::fs::rename(&anew, &own).is_ok() && anew.symlink_metadata().is_err();

    let (link, renamed) = (root.join("symlink"), root.join("symlink-renamed"));
    let owner =
        |path: &Path| std::fs::symlink_metadata(path).map(|meta| (meta.uid(), meta.mtime()));
    let before = owner(&link).attempt("look at", &link)?;
    std::fs::rename(&link, &renamed).attempt("rename to", &renamed)?;
    let after = owner(&renamed).attempt("look at", &renamed)?;
    found.symlink_attributes_survive_copy_up = before == after;

    let (absent, null) = (root.join("absent"), root.join("null"));
    let mode = |path: &Path| std::fs::set_permissions(path, Permissions::from_mode(0o600)).is_ok();
    found.special_files_survive_copy_up = mode(&root.join("pipe"));
    if absent.symlink_metadata().is_ok() {
        found.special_files_survive_copy_up &= mode(&null) && std::fs::remove_file(&absent).is_ok();
    }

    let locked = OpenOptions::new().write(true).open(root.join("locked"));
    found.file_flags_of_layers_hold = locked.is_err();

    set_own_names(root, found)?;

    let touched = root.join("setuid-touched");
    touch(&touched)?;
    let meta = std::fs::metadata(&touched).attempt("look at", &touched)?;
    found.setuid_survives_copy_up = meta.mode() & 0o4000 != 0;

    // A daemon writes with privileges of its own.
    let roots = root.join("setuid-roots");
    std::fs::write(&roots, "y").attempt("write", &roots)?;
    let meta = std::fs::metadata(&roots).attempt("look at", &roots)?;
    found.setuid_survives_roots_write = meta.mode() & 0o6000 == 0o6000;

    let setuid = root.join("setuid");
    let file = OpenOptions::new()
        .write(true)
        .open(&setuid)
        .attempt("open for writing", &setuid)?;
    if write_as_user(file).attempt("write to", &setuid)? {
        let meta = std::fs::metadata(&setuid).attempt("look at", &setuid)?;
        found.writing_clears_setuid = meta.mode() & 0o4000 == 0;
    }
    Ok(())
}

/// Sets attributes of the names that overlays use for themselves. One that is accepted and then not there is taken by the
/// driver for its own.
fn set_own_names(root: &Path, found: &mut Capabilities) -> Result<()> {
    let path = root.join("own-names");
    std::fs::write(&path, "x").attempt("write", &path)?;
    for (possible, name) in [
        (found.xattr_privileged, "trusted.overlay.opaque"),
        (found.xattr_user, "user.overlay.opaque"),
        (found.xattr_user, "user.fuseoverlayfs.opaque"),
    ] {
        if !possible {
            continue;
        }
        let set = setxattr(&path, name, b"n", XattrFlags::empty()).is_ok();
        let there = getxattr(&path, name, &mut [0_u8; 8][..]) == Ok(1);
        found.driver_attributes_are_ordinary &= set && there;
        found.driver_attributes_do_nothing &= !set || there;
    }
    Ok(())
}

/// Writes as an ordinary user, in a thread: credentials are a thread's own in Linux. `false` where there is no other user.
fn write_as_user(mut file: File) -> std::io::Result<bool> {
    let user = Uid::from_raw(OWNER);
    let work = move || match set_thread_res_uid(user, user, user) {
        Ok(()) => file.write_all(b"y").map(|()| true),
        Err(_) => Ok(false),
    };
    std::thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended early")))
}
