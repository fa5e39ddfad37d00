//! Finds, for inodes with names outside the archive, the unchanged name that the archive's names are links to.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use super::plan::{Plan, Step};
use crate::error::{Attempt as _, Error, Result};
use crate::tree::at::{self, Inode};

/// What names of an inode are links to: an unchanged name now, or the first name once it is written.
pub(super) type Targets = HashMap<Inode, Vec<u8>>;

pub(super) fn unchanged(content: &Path, root: BorrowedFd<'_>, plan: &Plan) -> Result<Targets> {
    let mut missing: HashMap<Inode, u32> = HashMap::new();
    let mut planned: HashSet<&[u8]> = HashSet::new();
    for (path, step) in plan {
        if let Step::Present(meta) = step
            && !meta.is_dir()
            && meta.nlink > 1
        {
            let left = missing.entry(meta.inode()).or_insert(meta.nlink);
            *left = left.saturating_sub(1);
            planned.insert(path);
        }
    }
    missing.retain(|_, left| *left > 0);
    let mut targets = Targets::new();
    if missing.is_empty() {
        return Ok(targets);
    }
    // Some names lie outside the archive; nothing says where, so all are looked at.
    let mut left = vec![Vec::new()];
    while let Some(dir) = left.pop() {
        let failed = |errno| Error::io("look for hard links in", at::show(content, &dir), errno);
        let fd = at::open_at(root, &dir).map_err(failed)?;
        for name in at::list(fd.as_fd()).map_err(failed)? {
            let path = at::join(&dir, name.name.to_bytes());
            let meta = at::meta(fd.as_fd(), &name.name)
                .attempt("look for hard links at", at::show(content, &path))?;
            if meta.is_dir() {
                left.push(path);
            } else if missing.contains_key(&meta.inode()) && !planned.contains(&path[..]) {
                let target = targets.entry(meta.inode()).or_insert_with(|| path.clone());
                if path < *target {
                    *target = path;
                }
            }
        }
    }
    Ok(targets)
}
