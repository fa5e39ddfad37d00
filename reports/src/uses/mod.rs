//! What a host is used for: each use with the headline numbers it rests on, their weights, and what it needs.

mod ci_builders;
mod little_disk;
mod many_containers;
mod need;
mod page;
mod purpose;
mod rootless;
mod writing_in_layer;
mod writing_to_volumes;

pub use ci_builders::BUILDERS;
pub use little_disk::DISK;
pub use many_containers::MANY;
pub use need::{Need, ROOTLESS as ROOTLESS_FACT};
pub use page::page;
pub use purpose::{MOST, Use};
pub use rootless::ROOTLESS;
pub use writing_in_layer::LAYER;
pub use writing_to_volumes::VOLUMES;

/// Every use, in the order of the page.
pub const ALL: &[&Use] = &[BUILDERS, MANY, LAYER, VOLUMES, ROOTLESS, DISK];
