//! Limits on space and inodes.

use crate::case::Case;

/// The cases of this theme.
pub const CASES: &[&Case] = &[];
