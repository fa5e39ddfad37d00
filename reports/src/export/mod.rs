//! What other programs read: one file for each format. All are made of the same numbers.

pub mod annotations;
pub mod bencher;
pub mod csv;
pub mod format;
pub mod github_benchmark;
pub mod job_summary;
pub mod number;
pub mod openmetrics;
pub mod otava;

pub use format::Format;
pub use number::{Number, numbers};
