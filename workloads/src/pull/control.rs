//! The control: the same archives unpacked one over the other into a plain directory, as `tar -x` would, without any
//! driver. Verified and pipelined like a pull, so the difference is the driver.

use std::path::{Path, PathBuf};
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::unpack::{self, Below, Deletions, Stage};
use drivers::{Applied, Result, fsprobe, remove};

use super::outcome::{Busy, LayerOutcome, Outcome, PullOptions, Pulled, add};
use super::stream::Stream;
use crate::image::Image;

/// Where the control keeps the unpacked image, in its directory.
pub fn control_image(hostdir: &Path) -> PathBuf {
    hostdir.join("image")
}

/// Says which image is unpacked there.
fn marker(hostdir: &Path) -> PathBuf {
    hostdir.join("image.id")
}

/// Unpacks an image into the directory `dir`, which must not exist; after a failure it does not exist either.
///
/// # Errors
/// As [`super::pull`].
pub fn unpack_into(dir: &Path, image: &Image, options: &PullOptions) -> Result<Pulled> {
    let top = image.top()?.chain_id.clone();
    std::fs::create_dir(dir).attempt("create the directory", dir)?;
    let outcome = unpack_all(dir, image, options);
    let (layers, busy, applied) = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            if let Err(left) = remove::tree(dir) {
                tracing::error!("after a failed pull: {left}");
            }
            return Err(error);
        }
    };
    Ok(Pulled {
        top,
        layers,
        busy,
        applied,
        blob_bytes: image.layers.iter().map(|layer| layer.size).sum(),
    })
}

fn unpack_all(
    dir: &Path,
    image: &Image,
    options: &PullOptions,
) -> Result<(Vec<LayerOutcome>, Busy, Applied)> {
    let keep_owners = fsprobe::probe(dir)?.capabilities.arbitrary_owners;
    let (mut layers, mut busy, mut applied) = (Vec::new(), Busy::default(), Applied::default());
    let mut ahead: Option<Stream> = None;
    for (i, layer) in image.layers.iter().enumerate() {
        let mut stream = match ahead.take() {
            Some(stream) => stream,
            None => Stream::open(layer, &options.limits)?,
        };
        if let Some(next) = image.layers.get(i + 1) {
            ahead = Some(Stream::open(next, &options.limits)?);
        }
        let stage = Stage {
            dir: dir.to_owned(),
            below: if i == 0 {
                Below::Nothing
            } else {
                Below::Merged
            },
            deletions: Deletions::Remove,
            keep_owners,
        };
        let start = Instant::now();
        let outcome = unpack::apply(&stage, &mut stream, &options.limits);
        let at_work = start.elapsed().saturating_sub(stream.waited());
        let (one, mut spent) = stream.finish(outcome)?;
        spent.unpack = at_work;
        busy += spent;
        add(&mut applied, one);
        layers.push(LayerOutcome {
            number: layer.number,
            chain_id: layer.chain_id.clone(),
            outcome: Outcome::Pulled,
        });
    }
    Ok((layers, busy, applied))
}

/// Makes sure that the control has the image, and says where. One that was left half-made is made anew.
///
/// # Errors
/// As [`unpack_into`].
pub fn ensure_control(hostdir: &Path, image: &Image, options: &PullOptions) -> Result<PathBuf> {
    let dir = control_image(hostdir);
    if !has_control(hostdir, image) {
        remove_control(hostdir)?;
        unpack_into(&dir, image, options)?;
        mark_control(hostdir, image)?;
    }
    Ok(dir)
}

/// Whether the control has this very image, whole.
pub(super) fn has_control(hostdir: &Path, image: &Image) -> bool {
    std::fs::read(marker(hostdir)).is_ok_and(|id| id == image.config_digest.as_str().as_bytes())
}

/// The image is whole.
pub(super) fn mark_control(hostdir: &Path, image: &Image) -> Result<()> {
    let marker = marker(hostdir);
    std::fs::write(&marker, image.config_digest.as_str()).attempt("write", &marker)
}

/// Removes the control's copy, marker first.
pub(super) fn remove_control(hostdir: &Path) -> Result<()> {
    let marker = marker(hostdir);
    match std::fs::remove_file(&marker) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(drivers::Error::io("remove", &marker, error));
        }
        _ => {}
    }
    remove::tree(&control_image(hostdir))
}
