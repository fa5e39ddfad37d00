//! The gate: whether a change may pass, and how sure that is.

pub mod confirm;
pub mod finding;
pub mod junit;
pub mod limit;
pub mod rows;
pub mod screen;
pub mod show;
pub mod side;

pub use finding::{Counts, Evidence, Finding, Gate, Kind, State, Status};
pub use limit::{Limit, Limits, Names, Unmatched};
pub use screen::Strictness;
