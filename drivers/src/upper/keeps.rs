//! Finds out what lower directories, links and devices keep, or refuse, when a container changes something: kernel overlay
//! keeps all, fuse-overlayfs 1.10 does not.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, makedev, mknodat, utimensat};

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};

const SECOND: i64 = 1_000_000_000;
const NEVER: (u32, u32) = (8, 255);

/// Fills a directory that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    let dir = lower.join("setgid");
    std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
    std::fs::write(dir.join("inner"), "x").attempt("write in", &dir)?;
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o2755))
        .attempt("set the mode of", &dir)?;
    let link = lower.join("symlink");
    symlink("setgid", &link).attempt("make the symbolic link", &link)?;
    for path in [&dir, &link] {
        let time = Timespec {
            tv_sec: SECOND,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).attempt("set the time of", path)?;
    }
    // Refused in a user namespace; then there is nothing to delete either.
    let device = lower.join("device");
    let made = mknodat(
        CWD,
        &device,
        FileType::BlockDevice,
        Mode::RUSR,
        makedev(NEVER.0, NEVER.1),
    );
    if made.is_err() {
        tracing::debug!("devices cannot be made in {}", lower.display());
    }
    Ok(())
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
    let meta = std::fs::metadata(&dir).attempt("look at", &dir)?;
    found.lower_dir_attributes_survive_copy_up =
        meta.mtime() == SECOND && meta.mode() & 0o2000 != 0;

    let renamed = root.join("symlink-renamed");
    std::fs::rename(root.join("symlink"), &renamed).attempt("rename to", &renamed)?;
    let meta = std::fs::symlink_metadata(&renamed).attempt("look at", &renamed)?;
    found.symlink_time_survives_copy_up = meta.mtime() == SECOND;

    let device = root.join("device");
    if device.symlink_metadata().is_ok() {
        found.lower_devices_can_be_deleted = std::fs::remove_file(&device).is_ok();
    }
    Ok(())
}
