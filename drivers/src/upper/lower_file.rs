//! The ordinary file in a stack of directories that a merged tree reads for a name.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use crate::error::{Attempt as _, Result};

/// The topmost directory's file of that name which has data. The name is known to be in the merged tree, so nothing above
/// it deletes it. `None` where the topmost entry is no regular file, or directories were renamed on the way.
pub(super) fn find(dirs: &[PathBuf], name: &Path, xattr_prefix: &str) -> Result<Option<PathBuf>> {
    for dir in dirs {
        let root = File::open(dir).attempt("open", dir)?;
        let path = dir.join(name);
        let found: OwnedFd = match openat2(
            &root,
            name,
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
        ) {
            Ok(found) => found,
            Err(Errno::NOENT | Errno::NOTDIR) => continue,
            // A symbolic link, or a whiteout (a device that is none).
            Err(Errno::LOOP | Errno::NXIO | Errno::NODEV) => return Ok(None),
            Err(errno) => return Err(errno).attempt("look at", &path),
        };
        let stat = fstat(&found).attempt("stat", &path)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        // With metacopy=on it may hold attributes only; the data is further below.
        let mut nothing = [0_u8; 0];
        let metacopy = format!("{xattr_prefix}metacopy");
        match rustix::fs::fgetxattr(&found, metacopy.as_str(), &mut nothing) {
            Ok(_) => {}
            Err(_) => return Ok(Some(path)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topmost_file_with_data_is_found() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let [top, middle, bottom] = ["top", "middle", "bottom"].map(|name| dir.path().join(name));
        for layer in [&top, &middle, &bottom] {
            std::fs::create_dir_all(layer.join("d")).unwrap();
        }
        std::fs::write(middle.join("d/f"), "1").unwrap();
        std::fs::write(bottom.join("d/f"), "2").unwrap();
        std::fs::write(bottom.join("d/g"), "2").unwrap();
        std::os::unix::fs::symlink("f", middle.join("d/l")).unwrap();
        std::os::unix::fs::symlink("d", top.join("to-d")).unwrap();
        let dirs = [top, middle.clone(), bottom.clone()];
        let find = |name: &str| find(&dirs, Path::new(name), "user.overlay.").unwrap();
        assert_eq!(find("d/f"), Some(middle.join("d/f")));
        assert_eq!(find("d/g"), Some(bottom.join("d/g")));
        for none in ["d", "d/l", "to-d/f", "d/none"] {
            assert_eq!(find(none), None, "{none}");
        }
        let metacopy = "user.overlay.metacopy";
        rustix::fs::setxattr(
            middle.join("d/f"),
            metacopy,
            b"",
            rustix::fs::XattrFlags::empty(),
        )
        .unwrap();
        assert_eq!(find("d/f"), Some(bottom.join("d/f")));
    }
}
