//! Workload `diff`: what finding out, writing and committing a container's changes costs.

mod amounts;
mod control;
mod edits;
mod measure;
mod workload;

pub use amounts::Amounts;
pub use edits::Edits;
pub use workload::WORKLOAD;
