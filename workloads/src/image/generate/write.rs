//! Writes a planned image as an OCI layout: layers at the same time, each digested while it is written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};

use super::plan::{LayerPlan, Plan, plan};
use super::spec::{Spec, permille};
use super::tarball;
use crate::image::digest::Digest;
use crate::image::json::{
    self, ConfigFile, Descriptor, Execution, History, Index, Manifest, RootFs,
};
use crate::image::{Compression, Platform};

/// The label that lists the files read when a container of the image starts, one path a line.
pub const START_FILES_LABEL: &str = "layerbench.start-files";

/// The time every generated image was "made".
const CREATED: &str = "2024-01-01T00:00:00Z";
/// Part of what a spec means: other levels give other bytes.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// A layer as written.
#[derive(Debug, Clone)]
struct Written {
    digest: Digest,
    diff_id: Digest,
    size: u64,
}

/// Makes the image as an OCI layout in `dir`, which must not exist or be empty; it appears there whole or not at all.
///
/// # Errors
/// `BadInput` for a spec that cannot be made, `AlreadyExists` when something is in `dir`, and whatever writing gives.
pub fn write(spec: &Spec, dir: &Path) -> Result<()> {
    spec.check()?;
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).attempt("create the directory", parent)?;
    let work = tempfile::Builder::new()
        .prefix(".layerbench-image-")
        .tempdir_in(parent)
        .attempt("make a directory in", parent)?;
    let blobs = work.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).attempt("create the directory", &blobs)?;
    let plan = plan(spec);
    let layers = write_layers(spec, &plan.layers, &blobs)?;
    write_documents(spec, &plan, &layers, work.path(), &blobs)?;
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(work.path(), std::fs::Permissions::from_mode(0o755))
        .attempt("set the mode of", work.path())?;
    // rename(2) replaces an empty directory and refuses any other.
    std::fs::rename(work.path(), dir).map_err(|error| {
        let error = Error::io("put the image at", dir, error);
        match error
            .raw_os_error()
            .map(rustix::io::Errno::from_raw_os_error)
        {
            Some(rustix::io::Errno::NOTEMPTY | rustix::io::Errno::EXIST) => error
                .with_kind(ErrorKind::AlreadyExists)
                .hint("choose another directory, or remove this one"),
            _ => error,
        }
    })?;
    // It is at its place now: there is nothing left to remove.
    drop(work.keep());
    Ok(())
}

fn write_layers(spec: &Spec, layers: &[LayerPlan], blobs: &Path) -> Result<Vec<Written>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Result<Written>>> = Mutex::new(BTreeMap::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(layers.len()) {
            scope.spawn(|| {
                while let Some((i, layer)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    layers.get(i).map(|layer| (i, layer))
                } {
                    let outcome = write_layer(spec, layer, blobs, i);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(i, outcome);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}

fn write_layer(spec: &Spec, layer: &LayerPlan, blobs: &Path, number: usize) -> Result<Written> {
    let op = "write a layer of the image to";
    let path = blobs.join(format!("layer-{number}"));
    let file = File::create_new(&path).attempt(op, &path)?;
    let blob = Counted::new(BufWriter::with_capacity(1 << 20, file));
    let text = permille(spec.compressibility);
    let (blob, diff_id) = match spec.compression {
        Compression::None => archive(layer, text, blob, Ok),
        Compression::Gzip => {
            let level = flate2::Compression::new(GZIP_LEVEL);
            let encoder = flate2::GzBuilder::new().write(blob, level);
            archive(layer, text, encoder, flate2::write::GzEncoder::finish)
        }
        Compression::Zstd => {
            zstd::stream::write::Encoder::new(blob, ZSTD_LEVEL).and_then(|encoder| {
                archive(layer, text, encoder, zstd::stream::write::Encoder::finish)
            })
        }
    }
    .attempt(op, &path)?;
    let Counted {
        mut inner,
        hasher,
        len,
    } = blob;
    inner.flush().attempt(op, &path)?;
    let digest = Digest::finish(hasher);
    let place = blobs.join(digest.hex());
    std::fs::rename(&path, &place).attempt("name the layer", &place)?;
    Ok(Written {
        digest,
        diff_id,
        size: len,
    })
}

/// Writes the archive through an encoder. The encoder sees pieces of one size: what it writes must depend on nothing
/// else.
fn archive<E: Write, W>(
    layer: &LayerPlan,
    text_permille: u64,
    encoder: E,
    finish: impl FnOnce(E) -> io::Result<W>,
) -> io::Result<(W, Digest)> {
    let sink = BufWriter::with_capacity(1 << 18, Counted::new(encoder));
    let sink = tarball::write(layer, text_permille, sink)?;
    let Counted { inner, hasher, .. } =
        sink.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((finish(inner)?, Digest::finish(hasher)))
}

/// Digests and counts what passes through.
struct Counted<W> {
    inner: W,
    hasher: Sha256,
    len: u64,
}

impl<W> Counted<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            len: 0,
        }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.len += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn write_documents(
    spec: &Spec,
    plan: &Plan,
    layers: &[Written],
    dir: &Path,
    blobs: &Path,
) -> Result<()> {
    let labels = BTreeMap::from([(START_FILES_LABEL.to_owned(), plan.start_files.join("\n"))]);
    let config = ConfigFile {
        created: Some(CREATED.to_owned()),
        architecture: spec.architecture.clone(),
        os: "linux".to_owned(),
        variant: None,
        config: Some(Execution {
            env: Some(vec!["PATH=/usr/bin:/bin".to_owned()]),
            cmd: Some(vec!["/bin/true".to_owned()]),
            labels: Some(labels),
            ..Execution::default()
        }),
        rootfs: RootFs {
            kind: "layers".to_owned(),
            diff_ids: Some(layers.iter().map(|layer| layer.diff_id.clone()).collect()),
        },
        history: Some(
            (1..=layers.len())
                .map(|number| History {
                    created: Some(CREATED.to_owned()),
                    created_by: Some(format!(
                        "layerbench image generate, seed {}, variant {}, layer {number}",
                        spec.seed, spec.variant
                    )),
                    ..History::default()
                })
                .collect(),
        ),
    };
    let config = document(blobs, json::CONFIG, &config)?;
    let suffix = match spec.compression {
        Compression::None => "",
        Compression::Gzip => "+gzip",
        Compression::Zstd => "+zstd",
    };
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(json::MANIFEST.to_owned()),
        config,
        layers: Some(
            layers
                .iter()
                .map(|layer| Descriptor {
                    media_type: format!("application/vnd.oci.image.layer.v1.tar{suffix}"),
                    digest: layer.digest.clone(),
                    size: layer.size,
                    platform: None,
                    annotations: None,
                })
                .collect(),
        ),
    };
    let mut manifest = document(blobs, json::MANIFEST, &manifest)?;
    manifest.platform = Some(Platform {
        os: "linux".to_owned(),
        architecture: spec.architecture.clone(),
        variant: None,
    });
    manifest.annotations = Some(BTreeMap::from([(
        json::REF_NAME.to_owned(),
        "latest".to_owned(),
    )]));
    let index = Index {
        schema_version: 2,
        media_type: Some(json::INDEX.to_owned()),
        manifests: Some(vec![manifest]),
    };
    put(&dir.join("index.json"), &encode(&index)?)?;
    put(
        &dir.join("oci-layout"),
        br#"{"imageLayoutVersion":"1.0.0"}"#,
    )
}

/// Writes a document as a blob and points at it.
fn document(blobs: &Path, media_type: &str, value: &impl serde::Serialize) -> Result<Descriptor> {
    let bytes = encode(value)?;
    let digest = Digest::of(&bytes);
    put(&blobs.join(digest.hex()), &bytes)?;
    Ok(Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size: bytes.len() as u64,
        platform: None,
        annotations: None,
    })
}

fn encode(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        Error::new(ErrorKind::BadInput, "write a document of the image").because(error.to_string())
    })
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).attempt("write", path)
}
