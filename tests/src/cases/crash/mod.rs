//! Crashes, failing devices and what is left after them.

use crate::case::Case;

/// The cases of this theme.
pub const CASES: &[&Case] = &[];
