//! The cases, one file each, in the order of [`ALL`].

use crate::case::Case;

/// Every case, sorted by theme and name.
pub const ALL: &[&Case] = &[];
