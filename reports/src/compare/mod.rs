//! Two runs, or two subjects of one run, side by side: what differs, by how much, and how sure that is.

pub mod cases;
pub mod comparison;
pub mod environment;
pub mod finish;
pub mod judge;
pub mod noise_free;
pub mod row;
pub mod show;
pub mod sides;

pub use cases::CaseChange;
pub use comparison::{Comparison, Options};
pub use environment::{Difference, Matters};
pub use finish::Finish;
pub use row::{Call, Method, Row};
