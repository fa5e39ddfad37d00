//! The workloads `build`, `diff` and `remove` on every driver that runs here, and on the control.

mod bad;
mod common;
mod whole;
