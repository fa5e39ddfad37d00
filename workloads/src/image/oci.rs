//! OCI layouts: from `index.json` through nested indexes to the manifest that is wanted.

use std::path::Path;

use drivers::{Error, ErrorKind, Result};

use super::digest::Digest;
use super::json::{self, Descriptor, IMAGE_NAME, Index, Manifest, REF_NAME, document};
use super::open::{Named, OpenOptions, Parts};
use super::platform::Platform;
use super::source::Source;

/// Indexes inside indexes that are followed. Published images have two.
pub(super) const DEPTH_MAX: u32 = 4;

/// Whether the source is a layout.
pub(super) fn is_layout(source: &Source) -> Result<bool> {
    Ok(source.find("index.json")?.is_some())
}

/// Finds the wanted image and its parts.
pub(super) fn load(source: &Source, options: &OpenOptions) -> Result<Parts> {
    let index: Index = document(&source.need("index.json", "index")?, "index", None)?;
    let all = index.manifests.unwrap_or_default();
    let chosen = by_reference(source, all, options.reference.as_deref())?;
    let reference = chosen
        .first()
        .and_then(|d| d.annotation(IMAGE_NAME).or(d.annotation(REF_NAME)))
        .map(str::to_owned);
    let descriptor = by_platform(source, chosen, options, 0)?;
    let manifest: Manifest = document(
        &sized_blob(source, &descriptor, "manifest")?,
        "manifest",
        Some(&descriptor.digest),
    )?;
    if !is_image_config(&manifest.config.media_type) {
        let shown: String = manifest.config.media_type.chars().take(120).collect();
        return Err(Error::new(ErrorKind::Unsupported, "open the image")
            .path(source.path())
            .because(format!(
                "its config is of type {shown:?}: it is no container image"
            )));
    }
    let config = sized_blob(source, &manifest.config, "config")?;
    let layers = manifest.layers.unwrap_or_default();
    let layers = layers.into_iter().enumerate().map(|(i, layer)| {
        let blob = sized_blob(source, &layer, &format!("blob of layer {}", i + 1))?;
        Ok(Named {
            blob,
            digest: Some(layer.digest),
            media_type: layer.media_type,
        })
    });
    Ok(Parts {
        reference,
        manifest_digest: Some(descriptor.digest),
        config_digest: Some(manifest.config.digest),
        config,
        layers: layers.collect::<Result<_>>()?,
    })
}

/// The blob a descriptor points at; a size that differs from the descriptor's is refused before anything is read.
fn sized_blob(source: &Source, descriptor: &Descriptor, what: &str) -> Result<super::Blob> {
    let blob = source.need(&descriptor.digest.blob_path(), what)?;
    if blob.len() != descriptor.size {
        return Err(
            Error::new(ErrorKind::BadInput, format!("read the {what} of"))
                .path(source.path())
                .because(format!(
                    "{} has {} bytes, not the {} it is said to have",
                    descriptor.digest,
                    blob.len(),
                    descriptor.size
                ))
                .hint("the image is damaged or was cut off: copy or save it again"),
        );
    }
    Ok(blob)
}

/// The entries of `index.json` that are meant: those of the reference, or all if they are one image.
fn by_reference(
    source: &Source,
    all: Vec<Descriptor>,
    reference: Option<&str>,
) -> Result<Vec<Descriptor>> {
    let names = |d: &Descriptor| -> Vec<String> {
        let names = [d.annotation(IMAGE_NAME), d.annotation(REF_NAME)];
        names.into_iter().flatten().map(str::to_owned).collect()
    };
    let known: Vec<String> = all
        .iter()
        .filter_map(|d| names(d).into_iter().next())
        .collect();
    let mut chosen: Vec<Descriptor> = match reference {
        Some(wanted) => all
            .into_iter()
            .filter(|d| d.digest.as_str() == wanted || names(d).iter().any(|n| matches(n, wanted)))
            .collect(),
        None => all,
    };
    let Some(first) = chosen.first() else {
        return Err(no_such_reference(source, reference, &known));
    };
    // One image under several names is one image; entries told apart by platform alone are one image too.
    let first_digest = first.digest.clone();
    if chosen.iter().all(|d| d.digest == first_digest) {
        chosen.truncate(1);
        return Ok(chosen);
    }
    let first_name = names(first).into_iter().next();
    let one_image = chosen
        .iter()
        .all(|d| d.platform.is_some() && names(d).into_iter().next() == first_name);
    if one_image {
        return Ok(chosen);
    }
    Err(several_references(source, &known))
}

/// Whether an image called `name` is meant by `wanted`: its whole name, the end of it, or its tag.
pub(super) fn matches(name: &str, wanted: &str) -> bool {
    name == wanted
        || name
            .strip_suffix(wanted)
            .is_some_and(|rest| rest.ends_with([':', '/']))
}

pub(super) fn no_such_reference(
    source: &Source,
    reference: Option<&str>,
    known: &[String],
) -> Error {
    let error = Error::new(ErrorKind::NotFound, "find the image in").path(source.path());
    match reference {
        None => error
            .with_kind(ErrorKind::BadInput)
            .because("it holds no image"),
        Some(wanted) if known.is_empty() => error.because(format!(
            "nothing in it is called {wanted:?}: its images have no names"
        )),
        Some(wanted) => error.because(format!(
            "nothing in it is called {wanted:?}; it holds {}",
            known.join(", ")
        )),
    }
}

pub(super) fn several_references(source: &Source, known: &[String]) -> Error {
    Error::new(ErrorKind::BadInput, "choose an image in")
        .path(source.path())
        .because(format!("it holds several: {}", known.join(", ")))
        .hint("write PATH:NAME")
}

/// Goes down to the manifest for the wanted platform.
fn by_platform(
    source: &Source,
    candidates: Vec<Descriptor>,
    options: &OpenOptions,
    depth: u32,
) -> Result<Descriptor> {
    let chosen = choose(candidates, options.platform.as_ref(), source.path())?;
    if !chosen.is_index() {
        return Ok(chosen);
    }
    if depth == DEPTH_MAX {
        return Err(too_deep(source.path()));
    }
    let index: Index = document(
        &sized_blob(source, &chosen, "index")?,
        "index",
        Some(&chosen.digest),
    )?;
    let inner = index.manifests.unwrap_or_default();
    if inner.is_empty() {
        return Err(no_such_reference(source, None, &[]));
    }
    by_platform(source, inner, options, depth + 1)
}

pub(super) fn too_deep(path: &Path) -> Error {
    Error::new(ErrorKind::BadInput, "read the index of")
        .path(path)
        .because(format!("indexes are nested deeper than {DEPTH_MAX}"))
}

/// Chooses among the manifests of one image, of which there is one at least; `path` is for errors.
pub(super) fn choose(
    candidates: Vec<Descriptor>,
    platform: Option<&Platform>,
    path: &Path,
) -> Result<Descriptor> {
    let host = Platform::host();
    let wanted = platform.unwrap_or(&host);
    let alone = candidates.len() == 1;
    let offered: Vec<String> = candidates
        .iter()
        .filter_map(|d| d.platform.as_ref().map(Platform::to_string))
        .filter(|name| name != "unknown/unknown")
        .collect();
    // The first of the best: an index lists its preference first.
    let mut best: Option<(u8, Descriptor)> = None;
    for candidate in candidates {
        let rank = match &candidate.platform {
            Some(platform) => platform.rank(wanted),
            None => Some(0),
        };
        // A single manifest is taken as it is, unless a platform was asked for: its config is compared then.
        let rank = rank.or((alone && platform.is_none()).then_some(0));
        if let Some(rank) = rank
            && best.as_ref().is_none_or(|(other, _)| rank > *other)
        {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, chosen)| chosen).ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("find an image for {wanted} in"),
        )
        .path(path)
        .because(format!("it has {}", offered.join(", ")))
        .hint("choose one with --platform")
    })
}

/// The digest that a file name of a `docker save` archive claims, as in `blobs/sha256/HEX` or `HEX.json`.
pub(super) fn claimed_digest(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next()?;
    let stem = if name.starts_with("blobs/sha256/") {
        last
    } else {
        last.strip_suffix(".json")?
    };
    format!("sha256:{stem}").parse().ok()
}

/// Whether a media type can be an image's config: artifacts (signatures, charts) use layouts too.
pub(super) fn is_image_config(media_type: &str) -> bool {
    media_type.is_empty()
        || media_type == json::CONFIG
        || media_type == "application/vnd.docker.container.image.v1+json"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_meant_by_its_name_its_end_or_its_tag() {
        let name = "docker.io/library/debian:12";
        for wanted in [name, "debian:12", "library/debian:12", "12"] {
            assert!(matches(name, wanted), "{wanted}");
        }
        for other in ["ebian:12", "debian", "2", ""] {
            assert!(!matches(name, other), "{other}");
        }
    }

    #[test]
    fn file_names_of_saved_images_claim_digests() {
        let hex = "ab".repeat(32);
        assert!(claimed_digest(&format!("{hex}.json")).is_some());
        assert!(claimed_digest(&format!("blobs/sha256/{hex}")).is_some());
        assert!(claimed_digest(&format!("{hex}/layer.tar")).is_none());
        assert!(claimed_digest("config.json").is_none());
    }
}
