//! From a reference to the documents of one image: manifest and config, each digested and bounded.

use std::io::Read as _;
use std::path::Path;

use drivers::{ErrorKind, Result};
use serde::Deserialize;

use super::client::{Ask, Client, header};
use super::patience::{Failure, Patience};
use crate::image::compression::{Compression, unreadable};
use crate::image::digest::Digest;
use crate::image::json::{DOCUMENT_LIMIT, Descriptor, INDEX, MANIFEST, Manifest};
use crate::image::oci::{DEPTH_MAX, choose, is_image_config, too_deep};

/// What is understood, in the order it is wanted.
const ACCEPT: [&str; 4] = [
    INDEX,
    MANIFEST,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The documents of an image.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) manifest: Document,
    pub(super) config: Document,
    /// The layers, the lowest first.
    pub(super) layers: Vec<Descriptor>,
}

/// A document, and what it is called.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

/// What tells the kinds of manifests apart. Media types are known to be wrong or missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    #[serde(default)]
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<serde_json::Value>,
    layers: Option<serde_json::Value>,
}

/// Finds the image that is meant.
pub(super) fn resolve(client: &Client) -> Result<Resolved> {
    let name = client.reference.to_string();
    let place = Path::new(&name);
    let op = "ask for the manifest of";
    let mut digest = client.reference.digest().cloned();
    let mut wanted = client.reference.wanted().to_owned();
    let mut size = None;
    for _ in 0..=DEPTH_MAX {
        let path = format!("manifests/{wanted}");
        let document = fetch(client, op, &path, &ACCEPT, digest.as_ref(), size)?;
        let bad = |why: String| {
            client
                .error(ErrorKind::BadInput, "read the manifest of", why)
                .hint("the image is damaged: push it again")
        };
        let shape: Shape =
            serde_json::from_slice(&document.bytes).map_err(|e| bad(e.to_string()))?;
        // A document that is both would be one thing to us and another to others (CVE-2021-41190).
        if shape.manifests.is_some() && (shape.config.is_some() || shape.layers.is_some()) {
            return Err(bad("it is an index and a manifest at once".to_owned()));
        }
        if let Some(manifests) = shape.manifests {
            if manifests.is_empty() {
                return Err(bad("its index is empty".to_owned()));
            }
            let chosen = choose(manifests, client.options.platform.as_ref(), place)?;
            wanted = chosen.digest.to_string();
            (digest, size) = (Some(chosen.digest), Some(chosen.size));
            continue;
        }
        if shape.config.is_none() {
            return Err(client
                .error(
                    ErrorKind::Unsupported,
                    op,
                    "it is neither an image nor an index; schema 1 of Docker is not read",
                )
                .hint("copy the image with skopeo, which writes it in today's form"));
        }
        let manifest: Manifest =
            serde_json::from_slice(&document.bytes).map_err(|e| bad(e.to_string()))?;
        let media_type = shape.media_type.unwrap_or(document.media_type);
        return finish(
            client,
            Document {
                media_type,
                ..document
            },
            manifest,
        );
    }
    Err(too_deep(place))
}

fn finish(client: &Client, document: Document, manifest: Manifest) -> Result<Resolved> {
    if !is_image_config(&manifest.config.media_type) {
        let shown: String = manifest.config.media_type.chars().take(120).collect();
        return Err(client.error(
            ErrorKind::Unsupported,
            "use",
            format!("its config is of type {shown:?}: it is no container image"),
        ));
    }
    let layers = manifest.layers.unwrap_or_default();
    let most = client.options.limits.archive_bytes();
    for (i, layer) in layers.iter().enumerate() {
        // Known before anything of it is downloaded.
        Compression::of_media_type(&layer.media_type)
            .map_err(|form| unreadable(form, Path::new(&client.reference.to_string())))?;
        if layer.size > most {
            return Err(client.error(
                ErrorKind::BadInput,
                "download",
                format!(
                    "layer {} has {} bytes, over the limit of {most}",
                    i + 1,
                    layer.size
                ),
            ));
        }
    }
    let config = fetch(
        client,
        "ask for the config of",
        &format!("blobs/{}", manifest.config.digest),
        &[],
        Some(&manifest.config.digest),
        Some(manifest.config.size),
    )?;
    Ok(Resolved {
        manifest: document,
        config,
        layers,
    })
}

/// One document, whole and as its digest says.
fn fetch(
    client: &Client,
    op: &str,
    path: &str,
    accept: &[&str],
    digest: Option<&Digest>,
    size: Option<u64>,
) -> Result<Document> {
    let mut patience = Patience::default();
    loop {
        match fetch_once(client, op, path, accept, digest, size) {
            Ok(document) => return Ok(document),
            Err(failure) => patience.after(failure, &client.stop)?,
        }
    }
}

fn fetch_once(
    client: &Client,
    op: &str,
    path: &str,
    accept: &[&str],
    digest: Option<&Digest>,
    size: Option<u64>,
) -> Result<Document, Failure> {
    let answer = client.ask(Ask {
        op,
        path,
        accept,
        from: 0,
        time: client.options.patience,
    })?;
    let claimed: Option<Digest> = header(answer.headers(), "docker-content-digest")
        .and_then(|digest| digest.parse().ok())
        .filter(|_| digest.is_none());
    let media_type = header(answer.headers(), "content-type")
        .unwrap_or_default()
        .to_owned();
    let most = size.unwrap_or(DOCUMENT_LIMIT).min(DOCUMENT_LIMIT);
    let mut bytes = Vec::new();
    answer
        .into_body()
        .into_reader()
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let why = format!("the answer broke off: {error}");
            Failure::Chance(client.error(ErrorKind::Io, op, why), None)
        })?;
    if bytes.len() as u64 > most {
        let why = format!("the answer goes on beyond the {most} bytes it may have");
        return Err(client.error(ErrorKind::BadInput, op, why).into());
    }
    let found = Digest::of(&bytes);
    match digest.or(claimed.as_ref()) {
        Some(expected) if *expected != found => Err(Failure::Damaged(
            expected
                .mismatch("answer to a question for the image", &found)
                .path(client.reference.to_string()),
        )),
        _ => Ok(Document {
            digest: found,
            media_type,
            bytes,
        }),
    }
}
