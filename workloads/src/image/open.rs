//! An opened image: its manifest and config verified, its layers found and sized, not yet read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use drivers::{Error, ErrorKind, LayerId, Limits, Result};

use super::blob::Blob;
use super::compression::{Compression, unreadable};
use super::digest::Digest;
use super::json::{ConfigFile, DOCUMENT_LIMIT, History};
use super::platform::Platform;
use super::registry::Origin;
use super::source::Source;
use super::{docker, oci};

/// What to open, where there is a choice.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The image's name or tag (`org.opencontainers.image.ref.name`, RepoTags) or manifest digest, where several lie
    /// together. It may also be part of the path: `PATH:NAME`.
    pub reference: Option<String>,
    /// The platform of a multi-platform image; the host's without it.
    pub platform: Option<Platform>,
    /// Where a compressed archive is decompressed to, in a nameless file; the system's temporary directory without it.
    pub scratch: Option<PathBuf>,
    /// What an image may ask for; also bounds the decompression of an archive.
    pub limits: Limits,
}

/// How an image is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A directory with `oci-layout`.
    OciLayout,
    /// A tar of such a directory.
    OciArchive,
    /// The output of `docker save`.
    DockerArchive,
}

/// An image, opened and checked down to its layers' sizes.
#[derive(Debug, Clone)]
pub struct Image {
    /// The directory or archive it was read from.
    pub path: PathBuf,
    /// How it is stored there.
    pub format: Format,
    /// The name it is stored under, if it has one.
    pub reference: Option<String>,
    /// The digest of its manifest; a `docker save` archive has none.
    pub manifest_digest: Option<Digest>,
    /// The digest of its config: the image id of Docker.
    pub config_digest: Digest,
    /// What it runs on and how.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<Layer>,
    /// How it was made, the first step first.
    pub history: Vec<History>,
    /// The registry it was fetched from, if it was.
    pub origin: Option<Origin>,
}

/// What an image runs on and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// When it was made, in RFC 3339.
    pub created: Option<String>,
    /// `linux`.
    pub os: String,
    /// `amd64`.
    pub architecture: String,
    /// `v8`.
    pub variant: Option<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// The fixed part of the command line.
    pub entrypoint: Vec<String>,
    /// The default arguments.
    pub cmd: Vec<String>,
    /// The directory the command starts in.
    pub working_dir: Option<String>,
    /// Free-form facts.
    pub labels: BTreeMap<String, String>,
}

/// One layer of an opened image.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its place in the image, from 1.
    pub number: usize,
    /// The digest of the blob as stored; `docker save` archives do not always tell it.
    pub digest: Option<Digest>,
    /// The length of the blob as stored, in bytes.
    pub size: u64,
    /// As the manifest says; empty in a `docker save` archive.
    pub media_type: String,
    /// How it is packed, by its first bytes.
    pub compression: Compression,
    /// The digest of its archive, decompressed.
    pub diff_id: Digest,
    /// The digest of it and of all below.
    pub chain_id: LayerId,
    /// Where its bytes lie.
    pub blob: Blob,
}

impl Layer {
    /// The length of its archive in bytes, where that is known without reading it.
    pub fn unpacked_size(&self) -> Option<u64> {
        (self.compression == Compression::None).then_some(self.size)
    }

    /// Reads the blob as stored. Nothing is verified on the way; see [`crate::pull`].
    pub fn open(&self) -> Box<dyn std::io::Read + Send> {
        Box::new(self.blob.reader())
    }
}

/// The files of one image, before they are put together.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) reference: Option<String>,
    pub(super) manifest_digest: Option<Digest>,
    pub(super) config_digest: Option<Digest>,
    pub(super) config: Blob,
    pub(super) layers: Vec<Named>,
}

/// The file of one layer.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) blob: Blob,
    pub(super) digest: Option<Digest>,
    pub(super) media_type: String,
}

impl Image {
    /// Opens the image at `path`, or `PATH:NAME` where no such file exists.
    ///
    /// # Errors
    /// `NotFound` (path, name, platform), `BadInput` for a damaged or hostile image, `Unsupported` for a form that is
    /// not read.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self> {
        let (path, options) = split_reference(path, options);
        let scratch = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let source = Source::open(&path, &scratch, &options.limits)?;
        let (parts, format) = if oci::is_layout(&source)? {
            let format = if source.is_directory() {
                Format::OciLayout
            } else {
                Format::OciArchive
            };
            (oci::load(&source, &options)?, format)
        } else {
            (docker::load(&source, &options)?, Format::DockerArchive)
        };
        assemble(&source, parts, format, options.platform.as_ref())
    }

    /// The layer a container of this image stands on.
    ///
    /// # Errors
    /// `BadInput` for an image without layers.
    pub fn top(&self) -> Result<&Layer> {
        self.layers.last().ok_or_else(|| {
            Error::new(ErrorKind::BadInput, "use the image")
                .path(&self.path)
                .because("it has no layers")
        })
    }
}

/// `PATH:NAME` where `PATH:NAME` is no file and `PATH` is one. The longest `PATH` wins: a name may hold colons too.
fn split_reference(path: &Path, options: &OpenOptions) -> (PathBuf, OpenOptions) {
    let mut options = options.clone();
    if let (Some(text), None, false) = (path.to_str(), &options.reference, path.exists()) {
        for (at, _) in text.rmatch_indices(':') {
            if at > 0 && Path::new(&text[..at]).exists() {
                options.reference = Some(text[at + 1..].to_owned());
                return (PathBuf::from(&text[..at]), options);
            }
        }
    }
    (path.to_owned(), options)
}

fn assemble(
    source: &Source,
    parts: Parts,
    format: Format,
    wanted: Option<&Platform>,
) -> Result<Image> {
    let bad = |why: String| {
        Error::new(ErrorKind::BadInput, "open the image")
            .path(source.path())
            .because(why)
    };
    let bytes = parts
        .config
        .read_whole("config", DOCUMENT_LIMIT, parts.config_digest.as_ref())?;
    let file: ConfigFile =
        serde_json::from_slice(&bytes).map_err(|error| bad(format!("its config: {error}")))?;
    let diff_ids = file.rootfs.diff_ids.unwrap_or_default();
    if diff_ids.len() != parts.layers.len() {
        return Err(bad(format!(
            "its config names {} layers, its manifest {}",
            diff_ids.len(),
            parts.layers.len()
        )));
    }
    if let Some(wanted) = wanted {
        let own = Platform {
            os: file.os.clone(),
            architecture: file.architecture.clone(),
            variant: file.variant.clone(),
        };
        if own.rank(wanted).is_none() {
            return Err(
                bad(format!("it is for {own}, not {wanted}")).with_kind(ErrorKind::NotFound)
            );
        }
    }
    let mut layers: Vec<Layer> = Vec::with_capacity(diff_ids.len());
    for (part, diff_id) in parts.layers.into_iter().zip(diff_ids) {
        let parent = layers.last().map(|layer| &layer.chain_id);
        let chain_id = LayerId::chain(parent, diff_id.as_str())?;
        layers.push(layer(source, layers.len() + 1, part, diff_id, chain_id)?);
    }
    let run = file.config.unwrap_or_default();
    Ok(Image {
        path: source.path().to_owned(),
        format,
        reference: parts.reference,
        manifest_digest: parts.manifest_digest,
        config_digest: Digest::of(&bytes),
        config: Config {
            created: file.created,
            os: file.os,
            architecture: file.architecture,
            variant: file.variant,
            env: run.env.unwrap_or_default(),
            entrypoint: run.entrypoint.unwrap_or_default(),
            cmd: run.cmd.unwrap_or_default(),
            working_dir: run.working_dir.filter(|dir| !dir.is_empty()),
            labels: run.labels.unwrap_or_default(),
        },
        layers,
        history: file.history.unwrap_or_default(),
        origin: None,
    })
}

fn layer(
    source: &Source,
    number: usize,
    part: Named,
    diff_id: Digest,
    chain_id: LayerId,
) -> Result<Layer> {
    let Named {
        blob,
        digest,
        media_type,
    } = part;
    let refuse = |form: &str| {
        let shown: String = media_type.chars().take(120).collect();
        let said = if shown.is_empty() {
            "of no stated media type"
        } else {
            &shown
        };
        unreadable(form, source.path()).hint(format!(
            "layer {number} is {said}; copy the image with skopeo, which packs it as gzip"
        ))
    };
    Compression::of_media_type(&media_type).map_err(refuse)?;
    // The bytes decide: registries are known to mislabel layers, and every other reader trusts the bytes too.
    let compression = Compression::of_bytes(&blob.head::<8>()?).map_err(refuse)?;
    Ok(Layer {
        number,
        digest,
        size: blob.len(),
        media_type,
        compression,
        diff_id,
        chain_id,
        blob,
    })
}
