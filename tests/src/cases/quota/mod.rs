//! Limits on space and inodes.

use crate::case::Case;

pub mod limits_that_cannot_be_held_are_refused;
pub mod quota_limits_own_writes;
pub mod quotas_of_others_are_left_alone;
pub mod reached_limits_lose_nothing;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &limits_that_cannot_be_held_are_refused::CASE,
    &quota_limits_own_writes::CASE,
    &quotas_of_others_are_left_alone::CASE,
    &reached_limits_lose_nothing::CASE,
];
