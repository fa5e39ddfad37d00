//! Workload `build`: what building an image costs a driver.

mod amounts;
mod chain;
mod control;
mod recipe;
mod verify;
mod workload;

pub use amounts::Amounts;
pub use workload::WORKLOAD;
