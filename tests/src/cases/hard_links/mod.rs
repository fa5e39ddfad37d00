//! Hard links of lower files.

use crate::case::Case;

pub mod hard_links_survive_copy_up;

/// The cases of this theme.
pub const CASES: &[&Case] = &[&hard_links_survive_copy_up::CASE];
