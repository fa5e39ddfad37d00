//! The few numbers shown first: which they are, and which of them the results hold.

mod pick;
mod rows;
mod table;

pub(crate) use pick::called;
pub use pick::known;
pub use rows::{Row, rows};
