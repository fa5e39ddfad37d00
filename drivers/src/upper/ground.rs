//! What a root stands on, in one word.

use crate::driver::Root;
use crate::error::Result;
use crate::mountinfo;
use crate::subject::Backing;

/// The backing's name; for a directory that is just there, the type of the filesystem it lies on.
pub(crate) fn ground_label(root: &Root) -> Result<String> {
    if root.backing != Backing::Directory {
        return Ok(root.backing.name().to_owned());
    }
    let dir = root.dir.canonicalize().unwrap_or_else(|_| root.dir.clone());
    // The longest mountpoint above it; of equal ones, the last, which hides the others.
    Ok(mountinfo::all()?
        .into_iter()
        .filter(|info| dir.starts_with(&info.point))
        .max_by_key(|info| info.point.as_os_str().len())
        .map_or_else(|| "directory".to_owned(), |info| info.kind))
}
