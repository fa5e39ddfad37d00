//! The images of `pull-shapes`: each made once in a process, as nameless files that end with it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use drivers::{Result, remove};

use crate::image::generate::{self, Spec};
use crate::image::{Compression, Image, OpenOptions};

/// What has been made so far. An opened image holds its blobs open: they need no names any more.
static MADE: Mutex<Vec<(Spec, Arc<Image>)>> = Mutex::new(Vec::new());

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

/// The image of a spec. `scratch` is empty again afterwards.
///
/// # Errors
/// `BadInput` for a spec that cannot be made, and whatever writing gives.
pub(super) fn image(spec: &Spec, scratch: &Path) -> Result<Arc<Image>> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, image)) = made.iter().find(|(other, _)| other == spec) {
        return Ok(Arc::clone(image));
    }
    let dir = scratch.join("shape");
    let opened =
        generate::write(spec, &dir).and_then(|()| Image::open(&dir, &OpenOptions::default()));
    remove::tree(&dir)?;
    let image = Arc::new(opened?);
    made.push((spec.clone(), Arc::clone(&image)));
    Ok(image)
}
