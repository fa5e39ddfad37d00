//! The rules of POSIX, asked of files that come from a lower layer.

use crate::case::Case;

/// The cases of this theme.
pub const CASES: &[&Case] = &[];
