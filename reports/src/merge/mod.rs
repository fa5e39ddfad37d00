//! Several runs as one: of other hosts, kernels or options, side by side, each against its own control.
//!
//! Words: a **part** is one of the runs; its **label** says what tells it from the others (`linux 6.1`); **kin** are subjects
//! of several parts that were asked for in the same words, so that they differ in nothing but where they ran.

pub mod changes;
pub mod differences;
pub mod growth;
mod join;
mod label;
mod part;
pub mod say;

pub use join::merge;
pub use part::Part;
