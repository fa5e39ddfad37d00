//! The gate: whether a change may pass, and how sure that is.

pub mod limit;

pub use limit::{Limit, Limits, Names, Unmatched};
