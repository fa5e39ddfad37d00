//! One run after another: where a series of runs changed, and by how much.

pub mod change;
pub mod divide;
pub mod history;
pub mod json;
pub mod rows;
pub mod sparkline;
pub mod terminal;

pub use change::{Change, Size};
pub use history::{Basis, Filter, Group, History, Point, RunInfo, Trend};
