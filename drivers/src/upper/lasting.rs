//! Finds out what lasts beyond an unmount: what is written to one name of a linked lower file (a daemon may store it under
//! the other name only), and the time that a written file showed (a write-back cache may write it later).

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::measure::append;
use crate::error::{Attempt as _, Result};
use crate::sys::clock::next_tick;

/// Two files with two names each: the names are looked up in both orders.
const NAMES: [[&str; 2]; 2] = [["lasting/a", "other/b"], ["other/c", "lasting/d"]];

/// Files made in a directory that only the lower layer has: what is written within one tick of the clock shows nothing.
const NEW: usize = 12;

/// A lower file that is renamed, as is a directory made in its place.
const HIDDEN: &str = "other/hidden";

/// Fills a directory that will be a lower layer.
pub(super) fn sow(lower: &Path) -> Result<()> {
    for dir in ["lasting", "other"] {
        let dir = lower.join(dir);
        std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
    }
    let hidden = lower.join(HIDDEN);
    std::fs::write(&hidden, "x").attempt("write", &hidden)?;
    for [one, other] in NAMES {
        let (one, other) = (lower.join(one), lower.join(other));
        std::fs::write(&one, "x").attempt("write", &one)?;
        std::fs::hard_link(&one, &other).attempt("link", &other)?;
    }
    Ok(())
}

/// Writes to one name of each file, and new ones, in the mounted tree at `root`.
pub(super) fn write(root: &Path) -> Result<()> {
    for names in NAMES {
        for name in names {
            size(root, name)?;
        }
        append(&root.join(names[0]))?;
    }
    write_new(root, 0)
}

/// Makes and writes files that the next attempt does not touch.
pub(crate) fn write_new(root: &Path, attempt: usize) -> Result<()> {
    for path in new(root, attempt) {
        std::fs::write(&path, "x").attempt("write", &path)?;
        std::fs::metadata(&path).attempt("look at", &path)?;
    }
    // The unmount, which may stamp them anew, must be at another time.
    next_tick();
    Ok(())
}

/// Whether a lower name stays gone when what was made in its place is renamed with RENAME_NOREPLACE.
pub(super) fn stays_gone(root: &Path) -> Result<bool> {
    let (hidden, file, dir) = (
        root.join(HIDDEN),
        root.join("lasting/renamed-file"),
        root.join("lasting/renamed-dir"),
    );
    std::fs::rename(&hidden, &file).attempt("rename", &hidden)?;
    std::fs::create_dir(&hidden).attempt("create the directory", &hidden)?;
    let renamed = renameat_with(CWD, &hidden, CWD, &dir, RenameFlags::NOREPLACE);
    // Where there is no such rename there is nothing to come back.
    Ok(renamed.is_err() || hidden.symlink_metadata().is_err())
}

/// Whether that is there, in the tree mounted once more.
pub(crate) fn lasts(root: &Path) -> Result<bool> {
    let mut lasts = true;
    for [name, _] in NAMES {
        lasts &= size(root, name)? > 1;
    }
    Ok(lasts)
}

fn size(root: &Path, name: &str) -> Result<u64> {
    let path = root.join(name);
    Ok(std::fs::metadata(&path).attempt("look at", &path)?.len())
}

fn new(root: &Path, attempt: usize) -> impl Iterator<Item = PathBuf> {
    (0..NEW).map(move |number| root.join(format!("other/new-{attempt}-{number}")))
}

/// The times of what was made and written in the mounted tree.
pub(crate) fn times(root: &Path, attempt: usize) -> Result<Vec<(i64, i64)>> {
    let mut times = Vec::with_capacity(NEW);
    for path in new(root, attempt) {
        let meta = std::fs::metadata(&path).attempt("look at", &path)?;
        times.push((meta.mtime(), meta.mtime_nsec()));
    }
    Ok(times)
}
