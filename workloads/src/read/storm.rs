//! Storms of calls on names: listed, looked up, opened.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir, openat, statat};
use rustix::io::Errno;

use super::names::{Names, SIZE};
use crate::cell::Cell;
use crate::environment::CacheState;
use crate::shown::Shown;
use crate::warmth;

/// One kind of call, done to every name once.
pub(super) struct Storm {
    pub(super) name: &'static str,
    /// From cold caches too. Each needs those of the machine dropped; opening differs little from looking up there.
    cold: bool,
    once: fn(BorrowedFd<'_>, &Names) -> Result<()>,
}

pub(super) const ALL: &[Storm] = &[
    Storm {
        name: "list",
        cold: true,
        once: list,
    },
    Storm {
        name: "stat",
        cold: true,
        once: stat,
    },
    Storm {
        name: "missing",
        cold: true,
        once: missing,
    },
    Storm {
        name: "open",
        cold: false,
        once: open,
    },
];

/// All storms on a tree, which is taken down: from cold caches where `cold`, then from warm ones.
pub(super) fn all(
    cell: &mut Cell<'_>,
    mut tree: Shown<'_>,
    names: &Names,
    cold: bool,
) -> Result<()> {
    let sample = names.sample();
    let mut refused = None;
    if cold {
        for storm in ALL.iter().filter(|storm| storm.cold) {
            // Not mounted now: a mounted container keeps its daemon or its pool busy.
            let settled = cell
                .environment
                .settle(CacheState::Cold, tree.probe(&sample))?;
            if settled.state == CacheState::Warm {
                refused = settled.refused;
                break;
            }
            cell.recorder.one_of_the_caches(Some(&settled));
            tree.mount()?;
            // The root of a container is known to every process in it.
            let root = root_of(&tree)?;
            cell.recorder
                .time(storm.name, || (storm.once)(root.as_fd(), names))?;
            drop(root);
            tree.unmount()?;
        }
    }
    tree.mount()?;
    let mut settled = warmth::warm(cell, tree.root(), tree.item(), &sample)?;
    settled.refused = settled.refused.or(refused);
    cell.recorder.one_of_the_caches(Some(&settled));
    let root = root_of(&tree)?;
    for storm in ALL {
        (storm.once)(root.as_fd(), names)?;
        let passes = super::passes(cell);
        cell.recorder.time_mean(storm.name, passes, || {
            (0..passes).try_for_each(|_| (storm.once)(root.as_fd(), names))
        })?;
    }
    drop(root);
    tree.finish()
}

fn root_of(tree: &Shown<'_>) -> Result<rustix::fd::OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, tree.root(), flags, Mode::empty()).attempt("open the root", tree.root())
}

fn wrong(what: &'static str, found: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, what).because(format!("{found} was found"))
}

fn list(root: BorrowedFd<'_>, names: &Names) -> Result<()> {
    let mut entries = 0;
    let mut buffer = [const { MaybeUninit::<u8>::uninit() }; 32 << 10];
    for name in &names.directories {
        let show = || name.to_string_lossy().into_owned();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(root, name, flags, Mode::empty()).attempt("open", show())?;
        let mut list = RawDir::new(&dir, &mut buffer);
        while let Some(entry) = list.next() {
            let entry = entry.attempt("list", show())?;
            entries += u64::from(!matches!(entry.file_name().to_bytes(), b"." | b".."));
        }
    }
    if entries == names.entries {
        return Ok(());
    }
    let found = format!("{entries} names instead of {}", names.entries);
    Err(wrong("list the image's directories", found))
}

fn stat(root: BorrowedFd<'_>, names: &Names) -> Result<()> {
    for name in &names.files {
        let found = statat(root, name, AtFlags::SYMLINK_NOFOLLOW)
            .attempt("stat", name.to_string_lossy().into_owned())?;
        if u64::try_from(found.st_size).ok() != Some(SIZE) {
            return Err(wrong("stat a file of 16 bytes", found.st_size));
        }
    }
    Ok(())
}

fn missing(root: BorrowedFd<'_>, names: &Names) -> Result<()> {
    for name in &names.missing {
        match statat(root, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => {}
            Err(errno) => {
                return Err(errno).attempt("look for", name.to_string_lossy().into_owned());
            }
            Ok(_) => return Err(wrong("look for what is not there", name.to_string_lossy())),
        }
    }
    Ok(())
}

fn open(root: BorrowedFd<'_>, names: &Names) -> Result<()> {
    for name in &names.files {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        openat(root, name, flags, Mode::empty())
            .attempt("open", name.to_string_lossy().into_owned())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each storm notices that its work was not what it should have been.
    #[test]
    fn what_is_not_as_expected_is_an_error() {
        let names = Names::new(8, 1).unwrap();
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = |name: &std::ffi::CString| dir.path().join(name.to_str().unwrap());
        for name in &names.directories {
            std::fs::create_dir(path(name)).unwrap();
        }
        for name in &names.files {
            std::fs::write(path(name), [1; SIZE as usize]).unwrap();
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, dir.path(), flags, Mode::empty()).unwrap();
        for storm in ALL {
            (storm.once)(root.as_fd(), &names).unwrap();
        }
        std::fs::remove_file(path(&names.files[0])).unwrap();
        std::fs::write(path(&names.files[1]), "short").unwrap();
        std::fs::write(path(&names.missing[0]), "").unwrap();
        std::fs::write(path(&names.missing[1]), "").unwrap();
        for (storm, word) in ALL.iter().zip(["names", "stat", "look for", "open"]) {
            let error = (storm.once)(root.as_fd(), &names).unwrap_err().to_string();
            assert!(error.contains(word), "{}: {error}", storm.name);
        }
        std::fs::write(path(&names.files[0]), "short").unwrap();
        let error = stat(root.as_fd(), &names).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
