//! What an object is to the layers below: the other half of what makes a corner.

use crate::oracle::model::Body;

use super::world::Tree;

/// What a path is to the layers below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// There as in the layer below.
    Lower,
    /// From the layer below, and changed since.
    Changed,
    /// A directory from below with changes in it.
    Merged,
    /// Made in this container; nothing below has the name.
    Upper,
    /// Made in this container in the place of something below.
    Recreated,
    /// Only the layer below has it.
    Deleted,
    /// Neither has it.
    Absent,
}

impl State {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Lower,
        Self::Changed,
        Self::Merged,
        Self::Upper,
        Self::Recreated,
        Self::Deleted,
        Self::Absent,
    ];

    /// The word of tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Changed => "changed",
            Self::Merged => "merged",
            Self::Upper => "upper",
            Self::Recreated => "recreated",
            Self::Deleted => "deleted",
            Self::Absent => "absent",
        }
    }

    /// What a path is in a tree.
    pub fn of(tree: &Tree, path: &str) -> Self {
        let (below, model) = (tree.below(), tree.model());
        let (was, is) = (below.at(path.as_bytes()), model.at(path.as_bytes()));
        match (was, is) {
            (None, None) => Self::Absent,
            (Some(_), None) => Self::Deleted,
            (None, Some(_)) => Self::Upper,
            (Some(was), Some(is)) if was != is => Self::Recreated,
            (Some(ino), Some(_)) => match (&below.node(ino).body, &model.node(ino).body) {
                (Body::Directory(before), Body::Directory(now)) if before != now => Self::Merged,
                _ if tree.is_copied(ino) => Self::Changed,
                _ => Self::Lower,
            },
        }
    }
}
