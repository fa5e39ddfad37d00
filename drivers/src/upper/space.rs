//! The space an upper directory takes.

use std::collections::HashSet;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::attributes;
use crate::error::{Attempt as _, Result};

/// As deep as a removal goes; stops a runaway recursion.
const MAX_DEPTH: usize = 4096;

/// Bytes allocated and inodes of everything below a directory, the directory itself not counted: an idle container
/// takes nothing. Blocks whose allocation is delayed count on ext4, xfs, btrfs and tmpfs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    pub(crate) inodes: u64,
}

impl Size {
    /// Measures a directory; hard links count once.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let mut size = Self::default();
        let root = attributes::open_dir(path)?;
        size.add(root, &mut HashSet::new(), 0)
            .attempt("measure", path)?;
        Ok(size)
    }

    fn add(
        &mut self,
        dir: OwnedFd,
        seen: &mut HashSet<(u64, u64)>,
        depth: usize,
    ) -> Result<(), Errno> {
        if depth > MAX_DEPTH {
            return Err(Errno::LOOP);
        }
        let mut directories = Vec::new();
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let stat = match statat(dir.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
                // A live container may remove it meanwhile.
                Err(Errno::NOENT) => continue,
                other => other?,
            };
            let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            if !is_dir && stat.st_nlink > 1 && !seen.insert((stat.st_dev, stat.st_ino)) {
                continue;
            }
            self.bytes += stat.st_blocks.cast_unsigned() * 512;
            self.inodes += 1;
            if is_dir {
                directories.push(name.to_owned());
            }
        }
        for name in directories {
            match open_below(dir.as_fd(), &name) {
                Ok(sub) => self.add(sub, seen, depth + 1)?,
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

fn open_below(dir: BorrowedFd<'_>, name: &std::ffi::CStr) -> Result<OwnedFd, Errno> {
    openat(
        dir,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_count_once_and_the_root_not_at_all() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        assert_eq!(Size::of(dir.path()).unwrap(), Size::default());
        std::fs::write(dir.path().join("a"), vec![7; 100_000]).unwrap();
        let one = Size::of(dir.path()).unwrap();
        assert!(one.bytes >= 100_000 && one.bytes < 200_000, "{one:?}");
        std::fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
        assert_eq!(Size::of(dir.path()).unwrap(), one);
        std::fs::create_dir(dir.path().join("d")).unwrap();
        assert_eq!(Size::of(dir.path()).unwrap().inodes, 2);
    }
}
