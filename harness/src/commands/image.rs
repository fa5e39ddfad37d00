//! `layerbench image`: generate and inspect; and the meaning of `--image`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytesize::ByteSize;
use drivers::ErrorKind;
use reports::table::Table;
use serde_json::json;
use workloads::image::generate::{self, Preset, Spec};
use workloads::image::registry::{self, Reference};
use workloads::image::{Image, OpenOptions};

use crate::cli::{Format, GenerateArgs, ImageCommand, RegistryArgs, rows, table};
use crate::{exit, interrupt, progress};

pub(super) fn run(command: &ImageCommand) -> anyhow::Result<u8> {
    match command {
        ImageCommand::Generate(args) => generate(args),
        ImageCommand::Inspect {
            image,
            print,
            registry,
        } => inspect(image, print.wanted(), registry),
    }
}

fn generate(args: &GenerateArgs) -> anyhow::Result<u8> {
    let usage = |error: drivers::Error| exit::coded(exit::USAGE, error.to_string());
    let preset: Preset = args.preset.parse().map_err(usage)?;
    let mut spec = Spec {
        seed: args.seed,
        ..preset.spec()
    };
    if let Some(layers) = args.layers {
        spec.layers = layers;
        spec.shared_layers = layers / 2;
    }
    spec.bytes = args.size.map_or(spec.bytes, |size| size.as_u64());
    spec.files = args.files.unwrap_or(spec.files);
    spec.depth = args.depth.unwrap_or(spec.depth);
    spec.duplication = args.duplication.unwrap_or(spec.duplication);
    spec.compressibility = args.compressibility.unwrap_or(spec.compressibility);
    if let Some(compression) = &args.compression {
        spec.compression = serde_json::from_value(json!(compression)).map_err(|_| {
            exit::coded(
                exit::USAGE,
                format!("there is no compression {compression:?}: there are none, gzip, zstd"),
            )
        })?;
    }
    spec.check().map_err(usage)?;
    std::fs::create_dir(&args.directory).with_context(|| {
        format!(
            "could not make the image's directory {} (name a new one, in a directory that is there)",
            args.directory.display()
        )
    })?;
    if let Err(error) = generate::write(&spec, &args.directory) {
        // Half an image is of no use; the directory was made here.
        drop(drivers::remove::tree(&args.directory));
        return Err(error.into());
    }
    let image = Image::open(&args.directory, &OpenOptions::default())?;
    progress::document(&text(&image)?)?;
    Ok(exit::OK)
}

fn inspect(name: &str, format: Format, registry: &RegistryArgs) -> anyhow::Result<u8> {
    if !Reference::is_meant(name) {
        return show(&open(name, None)?, format);
    }
    // Ended at once it would leave what it had fetched.
    interrupt::install()?;
    let place = tempfile::tempdir().context("making a temporary directory for the image")?;
    let mut image = fetch(name, &place.path().join("image"), registry)?;
    // Where it lies now, it will not lie when this is read.
    image.path = PathBuf::from(name);
    show(&image, format)
}

fn show(image: &Image, format: Format) -> anyhow::Result<u8> {
    progress::document(&match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&document(image))?),
        Format::Table => text(image)?,
        Format::Csv | Format::Markdown => rows(&sheet(image), format),
    })?;
    Ok(exit::OK)
}

/// A row for each layer.
fn sheet(image: &Image) -> Table {
    let head = [
        "layer",
        "stored bytes",
        "compression",
        "diff id",
        "chain id",
    ];
    let layers = image.layers.iter().map(|layer| {
        [
            layer.number.to_string(),
            layer.size.to_string(),
            layer.compression.name().to_owned(),
            layer.diff_id.to_string(),
            layer.chain_id.to_string(),
        ]
    });
    table(head, layers)
}

/// Fetches an image from its registry into the new directory `at`.
fn fetch(name: &str, at: &Path, registry: &RegistryArgs) -> anyhow::Result<Image> {
    let reference: Reference = name
        .parse()
        .map_err(|error: drivers::Error| exit::coded(exit::USAGE, error.to_string()))?;
    let options = registry.options()?;
    progress::say(&format!("layerbench: fetching {reference}"));
    registry::fetch(&reference, &options, at).map_err(|error| {
        if interrupt::requested() {
            exit::coded(exit::INTERRUPTED, error.to_string())
        } else {
            error.into()
        }
    })
}

fn open(name: &str, scratch: Option<PathBuf>) -> anyhow::Result<Image> {
    let options = OpenOptions {
        scratch,
        ..OpenOptions::default()
    };
    let opened = Image::open(Path::new(name), &options);
    Ok(opened.map_err(|error| {
        if error.kind() != ErrorKind::NotFound || Path::new(name).exists() {
            return error;
        }
        let generated = Preset::ALL.map(Preset::name).join(", ");
        error.hint(format!(
            "name a layout or an archive, docker://HOST/NAME, or for a run a generated one: {generated}"
        ))
    })?)
}

fn document(image: &Image) -> serde_json::Value {
    let layers: Vec<_> = image
        .layers
        .iter()
        .map(|layer| {
            json!({
                "digest": layer.digest.as_ref().map(ToString::to_string), "media_type": layer.media_type,
                "compression": layer.compression.name(), "size": layer.size, "unpacked_size": layer.unpacked_size(),
                "diff_id": layer.diff_id.to_string(), "chain_id": layer.chain_id,
            })
        })
        .collect();
    let history: Vec<_> = image
        .history
        .iter()
        .map(|step| json!({ "created": step.created, "created_by": step.created_by, "comment": step.comment, "empty_layer": step.empty_layer }))
        .collect();
    json!({
        "schema": 1, "format": image.format, "reference": image.reference,
        "manifest_digest": image.manifest_digest.as_ref().map(ToString::to_string), "config_digest": image.config_digest.to_string(),
        "os": image.config.os, "architecture": image.config.architecture, "variant": image.config.variant, "created": image.config.created,
        "layers": layers, "history": history,
    })
}

fn text(image: &Image) -> anyhow::Result<String> {
    let mut text = String::new();
    let config = &image.config;
    writeln!(text, "image     {}", image.path.display())?;
    if let Some(reference) = &image.reference {
        writeln!(text, "name      {reference}")?;
    }
    if let Some(digest) = &image.manifest_digest {
        writeln!(text, "manifest  {digest}")?;
    }
    writeln!(text, "config    {}", image.config_digest)?;
    writeln!(
        text,
        "platform  {}/{}{}",
        config.os,
        config.architecture,
        config
            .variant
            .as_ref()
            .map(|v| format!("/{v}"))
            .unwrap_or_default()
    )?;
    writeln!(
        text,
        "layers    {}, {} stored",
        image.layers.len(),
        ByteSize(image.layers.iter().map(|layer| layer.size).sum())
    )?;
    for layer in &image.layers {
        writeln!(
            text,
            "\n  {}  {} {}",
            layer.number,
            ByteSize(layer.size),
            layer.compression.name()
        )?;
        writeln!(text, "     diff id   {}", layer.diff_id)?;
        writeln!(text, "     chain id  {}", layer.chain_id)?;
    }
    if !image.history.is_empty() {
        writeln!(text, "\nhistory")?;
    }
    for step in &image.history {
        let what = step
            .created_by
            .as_deref()
            .or(step.comment.as_deref())
            .unwrap_or("-");
        let what: String = what.chars().filter(|c| !c.is_control()).take(100).collect();
        writeln!(
            text,
            "  {} {what}",
            if step.empty_layer {
                "(no layer)"
            } else {
                "          "
            }
        )?;
    }
    Ok(text)
}

/// Opens what `--image` names: a preset, generated into `dir`, a registry's image, fetched into it, or a path with an
/// optional reference.
pub(super) fn resolve(
    name: &str,
    seed: u64,
    dir: &Path,
    registry: &RegistryArgs,
) -> anyhow::Result<Image> {
    Ok(Pair::open(name, seed, dir, registry)?.first)
}

/// The image of a run, and where it is a generated one a second that shares its lower layers.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) first: Image,
    pub(super) second: Option<Image>,
    name: String,
}

impl Pair {
    /// As [`resolve`], with the second image.
    pub(super) fn open(
        name: &str,
        seed: u64,
        dir: &Path,
        registry: &RegistryArgs,
    ) -> anyhow::Result<Self> {
        if Reference::is_meant(name) {
            return Ok(Self {
                first: fetch(name, &dir.join("image"), registry)?,
                second: None,
                name: name.to_owned(),
            });
        }
        let Ok(preset) = name.parse::<Preset>() else {
            return Ok(Self {
                first: open(name, Some(dir.to_owned()))?,
                second: None,
                name: name.to_owned(),
            });
        };
        progress::say(&format!("layerbench: generating the {name} image"));
        let spec = Spec {
            seed,
            ..preset.spec()
        };
        let make = |spec: &Spec, label: &str| -> anyhow::Result<Image> {
            let at = dir.join(label);
            std::fs::create_dir(&at).with_context(|| format!("making {}", at.display()))?;
            generate::write(spec, &at)?;
            Ok(Image::open(&at, &OpenOptions::default())?)
        };
        Ok(Self {
            first: make(&spec, "image")?,
            second: Some(make(&spec.second(), "second-image")?),
            name: recorded_name(name, seed),
        })
    }

    /// What the records say of it.
    pub(super) fn facts(&self) -> BTreeMap<String, String> {
        let stored: u64 = self.first.layers.iter().map(|layer| layer.size).sum();
        let mut facts = BTreeMap::from([
            ("name".to_owned(), self.name.clone()),
            (
                "config_digest".to_owned(),
                self.first.config_digest.to_string(),
            ),
            ("layers".to_owned(), self.first.layers.len().to_string()),
            ("stored_bytes".to_owned(), stored.to_string()),
        ]);
        if let Some(origin) = &self.first.origin {
            facts.insert("manifest_digest".to_owned(), origin.digest.to_string());
        }
        if let Some(layer) = self.first.layers.first() {
            facts.insert(
                "compression".to_owned(),
                layer.compression.name().to_owned(),
            );
        }
        facts
    }
}

/// What the records call an image that `--image` names so.
pub(super) fn recorded_name(name: &str, seed: u64) -> String {
    if name.parse::<Preset>().is_ok() {
        format!("generated: {name}, seed {seed}")
    } else {
        name.to_owned()
    }
}
