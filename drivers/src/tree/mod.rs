//! File trees: reading one whole, comparing two, and the calls that do so by directory descriptors.
//!
//! A **tree** is everything under a root directory, the root included (the empty path). Paths are relative to the root,
//! without a leading slash, and are bytes. A **link group** is the set of names of one inode.

pub(crate) mod at;
pub(crate) mod attributes;
mod differences;
#[cfg(test)]
pub(crate) mod nasty;
mod node;
mod read;
#[cfg(test)]
mod tests;

pub use differences::{Difference, Tolerance};
pub use node::{Content, Node, Time, Tree};
pub use read::Options;
