//! The unpacker that hostile archives are written for.

use std::fs::{self, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tar::EntryType;

use crate::oracle::archive;
use crate::oracle::live::place;

/// Unpacks as trustingly as can be: the path of an entry is joined to the directory, whatever it is, and links on the
/// way are followed. What does not work is left out.
pub(super) fn unpack(dir: &Path, tar: &[u8]) {
    for entry in archive::read(tar).unwrap_or_default() {
        let path = place(dir, &entry.path);
        let target = place(Path::new(""), &entry.target);
        let done = match entry.kind {
            EntryType::Regular => fs::write(&path, &entry.data),
            EntryType::Symlink => std::os::unix::fs::symlink(target, &path),
            EntryType::Link => fs::hard_link(place(dir, &entry.target), &path)
                .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(entry.mode))),
            EntryType::Directory => fs::create_dir(&path),
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::debug!("{}: {error}", path.display());
        }
    }
}

/// An archive whose fifos get their mode as `mknod` and `chmod` give it: by their path, after each block that is read,
/// having seen that there is a fifo.
pub(super) struct ModesByPath<'a> {
    rest: &'a [u8],
    dir: &'a Path,
}

impl<'a> ModesByPath<'a> {
    pub(super) fn new(archive: &'a [u8], dir: &'a Path) -> Self {
        Self { rest: archive, dir }
    }
}

impl Read for ModesByPath<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Err(error) = modes_by_path(self.dir) {
            tracing::debug!("{}: {error}", self.dir.display());
        }
        let length = into.len().min(512);
        self.rest.read(&mut into[..length])
    }
}

/// Gives the fifos in the directories of `dir` their mode.
fn modes_by_path(dir: &Path) -> io::Result<()> {
    for inner in fs::read_dir(dir)? {
        let inner = inner?;
        if !inner.file_type()?.is_dir() {
            continue;
        }
        for entry in fs::read_dir(inner.path())? {
            let path = entry?.path();
            if fs::symlink_metadata(&path)?.file_type().is_fifo() {
                std::thread::yield_now();
                fs::set_permissions(&path, Permissions::from_mode(0o6777))?;
            }
        }
    }
    Ok(())
}
