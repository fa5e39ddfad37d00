//! Finds out whether a stack can be mounted with other owners: what is there is shown as theirs, and what they make, change
//! and delete is stored as before.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use super::measure::append;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::mount::Mount;
use crate::owners::Owners;

/// Any that are not this process's.
const FIRST: u32 = 200_000;
const COUNT: u32 = 65_536;

const CHANGED: &str = "mapped-changed";
const DELETED: &str = "mapped-deleted";
const MADE: &str = "mapped-made";

/// Mounts a stack, of which `lower` is a lower and `upper` the upper directory.
///
/// # Errors
/// Why it cannot be done.
pub(crate) fn probe(
    lower: &Path,
    upper: &Path,
    mount: impl FnOnce(&Owners) -> Result<Mount>,
) -> Result<()> {
    let owners = Owners::shifted(FIRST, COUNT)?;
    for name in [CHANGED, DELETED] {
        let path = lower.join(name);
        std::fs::write(&path, "x").attempt("write", &path)?;
    }
    let stored = owner(&lower.join(CHANGED))?;
    let mount = mount(&owners)?;
    let root = mount.path().to_owned();
    let used = owners.by_the_first(|| {
        append(&root.join(CHANGED))?;
        let (deleted, made) = (root.join(DELETED), root.join(MADE));
        std::fs::remove_file(&deleted).attempt("delete", &deleted)?;
        std::fs::write(&made, "x").attempt("write", &made)
    });
    let shown = used.and_then(|()| Ok([owner(&root.join(CHANGED))?, owner(&root.join(MADE))?]));
    mount.unmount()?;
    let kept = [owner(&upper.join(CHANGED))?, owner(&upper.join(MADE))?];
    if shown? != [FIRST; 2] || kept != [stored; 2] {
        return Err(unfit("owners are not moved both ways"));
    }
    let mark = upper.join(DELETED);
    let mark = std::fs::symlink_metadata(&mark).attempt("look at", &mark)?;
    if mark.file_type().is_char_device() && mark.rdev() == 0 {
        Ok(())
    } else {
        Err(unfit("what is deleted is not marked"))
    }
}

fn owner(path: &Path) -> Result<u32> {
    let meta = std::fs::symlink_metadata(path).attempt("look at", path)?;
    Ok(meta.uid())
}

fn unfit(why: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "mount with other owners").because(why)
}
