//! The images of `pull-shapes`: each made once in a run.

use std::path::Path;

use drivers::{Error, ErrorKind, Result};
use sha2::Digest as _;

use crate::image::generate::{self, Spec};
use crate::image::{Compression, Image, OpenOptions};

/// An image of this many layers, files and bytes, from a seed of its own.
pub(super) fn spec(layers: u32, files: u32, bytes: u64, compression: Compression) -> Spec {
    // What a generated image cannot do without.
    let files = files.max(layers.saturating_mul(8));
    Spec {
        seed: 2,
        bytes: bytes.max(u64::from(files) * 64),
        files,
        layers,
        depth: 10,
        compression,
        shared_layers: 0,
        ..generate::Preset::Default.spec()
    }
}

/// The image of a spec. It lies beside `scratch`, where the run keeps what is its own, and is found there again by later cells.
///
/// # Errors
/// `BadInput` for a spec that cannot be made, and whatever writing and opening give.
pub(super) fn image(spec: &Spec, scratch: &Path) -> Result<Image> {
    let text = serde_json::to_string(spec).map_err(|error| {
        Error::new(ErrorKind::BadInput, "name an image").because(error.to_string())
    })?;
    let digest = drivers::ids::hex(&sha2::Sha256::digest(text));
    let beside = scratch.parent().unwrap_or(scratch);
    let dir = beside.join(format!("shape-{}", &digest[..16]));
    // It appears there whole or not at all.
    if !dir.exists() {
        generate::write(spec, &dir)?;
    }
    Image::open(&dir, &OpenOptions::default())
}
