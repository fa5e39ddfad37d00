//! Container images: read from disk without trusting them, and made from a seed.
//!
//! An **image** is an ordered stack of layers and a config. A **blob** is a stretch of bytes named by the SHA-256 of what
//! it holds: a compressed layer, a manifest, a config. A **diff id** names a layer's *uncompressed* archive, a **chain
//! id** a layer on top of its parents ([`drivers::LayerId`]). [`Image::open`] reads an OCI layout (a directory or an
//! archive) or a `docker save` archive; nothing is unpacked to disk to do so. [`registry`] fetches one as a layout, and
//! [`generate`] writes a layout from a seed.

mod archive;
mod arrival;
mod blob;
mod compression;
mod digest;
mod docker;
pub mod fuzz;
pub mod generate;
mod json;
mod oci;
mod open;
mod platform;
pub mod registry;
pub mod save;
mod source;

pub use blob::{Blob, BlobReader};
pub use compression::Compression;
pub use digest::Digest;
pub use json::History;
pub use open::{Config, Format, Image, Layer, OpenOptions};
pub use platform::Platform;
pub(crate) use source::damaged;
