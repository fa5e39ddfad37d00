//! Workload `pull-shapes`: the same pull, of images that are hard in different ways.
//!
//! - `layers`: many small layers, in order and several at once: what each layer costs beside its data;
//! - `files`: one layer of many small files: what each file costs;
//! - `bytes`: one layer of few large files, stored as gzip, Zstandard and plain: what each byte costs, and which stage of
//!   the pull it waits for.
//!
//! It predicts how long images of a user's own will take, by what they are made of: base images are `files`, language
//! stacks `layers`, model files `bytes`. `time` ends with the last commit, `durable` when everything is on the disk. It does not show the
//! network or a cold disk below the images: the blobs are in the page cache. The control unpacks the same archives into a
//! directory, which can be done in order only.

use drivers::Result;

use super::outcome::PullOptions;
use super::shaped;
use super::workload::{Place, parts, short, timed_pull, warm};
use crate::cell::{Cell, Ground};
use crate::image::generate::Spec;
use crate::image::{Compression, Image};
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "pull-shapes",
    question: "What makes an image slow to bring in: its layers, its files, its bytes, or their compression?",
    phases: &[
        (
            "pull",
            "all layers, from the first byte read to the last commit, by shape, compression and order",
        ),
        (
            "verify",
            "of the pull, at work: reading blobs and computing digests; parts overlap",
        ),
        ("decompress", "of the pull, at work: decompressing"),
        ("unpack", "of the pull, at work: writing files"),
        (
            "sync",
            "of the pull: waiting for the disk, where commits do and the driver tells",
        ),
        (
            "commit",
            "of the pull, at work: preparing and committing layers, but for that wait",
        ),
    ],
    reach: Reach::Full,
    run,
};

/// How large the images are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// `pull-shapes`: layers of the image of many small layers.
    pub shapes_layers: u32,
    /// `pull-shapes`: files in the one layer of many small files.
    pub shapes_files: u32,
    /// `pull-shapes`: bytes in the one layer of few large files.
    pub shapes_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            shapes_layers: 4,
            shapes_files: 300,
            shapes_bytes: 1 << 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            shapes_layers: 8,
            shapes_files: 4000,
            shapes_bytes: 12 << 20,
        }
    }

    /// For published numbers: 130,000 files are those of podman#19765.
    pub fn publish() -> Self {
        Self {
            shapes_layers: 60,
            shapes_files: 130_000,
            shapes_bytes: 512 << 20,
        }
    }
}

/// Bytes in a layer of the image of many small layers.
const LAYER_BYTES: u64 = 64 << 10;
/// Bytes in a small file, on average.
const SMALL_FILE: u64 = 1 << 10;
/// Files that share the bytes of the large layer.
const LARGE_FILES: u32 = 16;

/// One pull: what it is called, and of what.
struct Shape {
    name: &'static str,
    spec: Spec,
    /// Layers under way at once; `None`: as many as a pull takes by itself.
    parallel: Option<usize>,
}

fn shapes(amounts: &Amounts) -> Vec<Shape> {
    let (layers, gzip) = (amounts.shapes_layers, Compression::Gzip);
    let many = shaped::spec(layers, layers * 8, u64::from(layers) * LAYER_BYTES, gzip);
    let small = u64::from(amounts.shapes_files) * SMALL_FILE;
    let files = shaped::spec(1, amounts.shapes_files, small, gzip);
    let shape = |name, spec: &Spec, parallel| Shape {
        name,
        spec: spec.clone(),
        parallel,
    };
    let mut all = vec![
        shape("layers", &many, Some(1)),
        shape("layers", &many, None),
        shape("files", &files, Some(1)),
    ];
    for compression in [gzip, Compression::Zstd, Compression::None] {
        let large = shaped::spec(1, LARGE_FILES, amounts.shapes_bytes, compression);
        all.push(shape("bytes", &large, Some(1)));
    }
    all
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let outcome = shapes(&cell.scale.shapes)
        .iter()
        .try_for_each(|shape| one(cell, shape));
    cell.recorder.caches(None);
    for name in ["shape", "layers", "compression", "order"] {
        cell.recorder.param(name, None);
    }
    outcome
}

fn one(cell: &mut Cell<'_>, shape: &Shape) -> Result<()> {
    let order = match shape.parallel {
        Some(_) => "serial",
        None => "parallel",
    };
    let layers = shape.spec.layers;
    for (name, value) in [
        ("shape", Some(shape.name.to_owned())),
        ("layers", Some(layers.to_string())),
        (
            "compression",
            Some(shape.spec.compression.name().to_owned()),
        ),
        ("order", (layers > 1).then(|| order.to_owned())),
    ] {
        cell.recorder.param(name, value);
    }
    if shape.parallel.is_none() {
        let why_not = match cell.ground {
            Ground::Driver(driver) if driver.capabilities().parallel_apply => None,
            Ground::Driver(_) => Some("it applies a layer only onto the one below it"),
            Ground::HostDir(_) => Some("a directory takes one layer over the other"),
        };
        if let Some(why_not) = why_not {
            cell.recorder.cannot("pull", why_not);
            return Ok(());
        }
    }
    let image = shaped::image(&shape.spec, cell.scratch)?;
    let place = Place {
        ground: cell.ground,
        options: PullOptions {
            key_prefix: format!("shape-{}", short(&cell.name)),
            limits: cell.limits,
            parallel: shape.parallel,
        },
        beside: true,
    };
    // A run that was cut off may have left some of it.
    place.remove(&image, Some(cell.image))?;
    let outcome = pull(cell, &place, &image);
    // Also after a failure: it is nobody else's image.
    let removed = place.remove(&image, Some(cell.image));
    outcome.and(removed)?;
    cell.environment.sync()
}

fn pull(cell: &mut Cell<'_>, place: &Place<'_>, image: &Image) -> Result<()> {
    cell.environment.sync()?;
    let settled = warm(cell, image)?;
    cell.recorder.caches(Some(&settled));
    let pulled = timed_pull(cell, place, image, "pull")?;
    parts(cell, &pulled);
    Ok(())
}
