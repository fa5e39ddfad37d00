//! What an item changed: the list every driver's `changes` gives, and the default that compares two trees.
//!
//! The list is canonical, so that drivers can be compared: sorted by path (as bytes); a deleted directory is one entry;
//! an added directory is an entry and so is everything in it; a directory deleted and made again is `Modified` (if it
//! differs) plus a `Deleted` for each old child that is gone; a change of type is one `Modified`, with `Added` for what is
//! below; *any* difference counts, a directory's mtime alone included. The root itself is the empty path, `Added` where
//! there is nothing below.
//!
//! Hard links: take the names that both trees have and that are otherwise unchanged. One whose companions among them
//! (the other names of its inode) are not the same in both trees is `Modified`. So a new name of an unchanged file is one
//! `Added`; of two linked names, one written apart from the other, only the written one is `Modified`.

mod links;
pub(crate) mod same;
mod walk;

pub(crate) use walk::{Known, compare_known};

use std::path::Path;

use crate::error::Result;

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// Relative to the root, without a leading slash; bytes, as the kernel sees them.
    pub path: Vec<u8>,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Not below, here now.
    Added,
    /// Differs in type, content, metadata, xattrs or in what it is hard-linked to.
    Modified,
    /// Below, not here any more.
    Deleted,
}

/// Compares two directory trees; without `lower`, everything in `upper` is added.
///
/// # Errors
/// Whatever reading either tree may give.
pub fn compare(lower: Option<&Path>, upper: &Path) -> Result<Vec<Change>> {
    walk::compare(lower, upper)
}

#[cfg(test)]
mod tests;
