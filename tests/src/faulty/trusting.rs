//! The unpacker that hostile archives are written for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
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
