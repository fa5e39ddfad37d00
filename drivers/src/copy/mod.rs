//! Copies a whole tree and keeps everything: types, link groups, owners, modes, times, extended attributes, holes.

mod data;
mod entry;
#[cfg(test)]
mod tests;
mod walk;

pub use data::Method;
pub use walk::{Copied, tree};
