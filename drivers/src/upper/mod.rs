//! What overlay2 and fuse-overlayfs have in common: the form on disk, and everything that only reads or writes it.
//!
//! Each item's directory `e/<serial>/` holds `diff` (what the item itself changed, with whiteouts) and `work` (scratch of
//! the mechanism). A **stack** is the list of those directories that one mount merges. How a stack is mounted is the only
//! thing the two drivers differ in: each is a [`Merge`].

mod attributes;
mod deep;
mod driver;
mod ground;
mod keeps;
pub(crate) mod lasting;
mod layout;
mod links;
mod live;
mod lower_file;
pub(crate) mod mapped;
pub(crate) mod measure;
mod merge;
mod native;
pub(crate) mod numbers;
mod reading;

pub(crate) use driver::UpperDriver;
pub(crate) use merge::{Merge, Stack, on_mapped_layers};
