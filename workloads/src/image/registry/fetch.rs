//! What others do with a registry: fetch an image as a layout, and, for those who measure it, each step alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};

use super::client::Client;
use super::download::{self, Downloaded};
use super::options::RegistryOptions;
use super::reference::Reference;
use super::resolve::{Document, Resolved, resolve};
use super::transfer::Target;
use crate::image::arrival::Arrival;
use crate::image::blob::Blob;
use crate::image::digest::Digest;
use crate::image::json::{Descriptor, IMAGE_NAME, Index};
use crate::image::open::{Image, OpenOptions};

/// Where an image came from, and how it is fetched again.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its name there, as it was given.
    pub reference: Reference,
    /// The digest of the manifest that the name led to.
    pub digest: Digest,
    options: RegistryOptions,
}

/// A registry that was asked, and what it said.
#[derive(Debug)]
pub struct Contact {
    client: Client,
    resolved: Resolved,
}

/// Fetches an image into the new directory `dir`, as an OCI layout: it appears there whole, or not at all.
///
/// # Errors
/// `NotFound`, `PermissionDenied`, `BadInput` for what is not what its digest or length says, `TimedOut` and `Io` for a registry
/// that cannot be reached or answers with errors, after some tries.
pub fn fetch(reference: &Reference, options: &RegistryOptions, dir: &Path) -> Result<Image> {
    let contact = Contact::of(reference, options)?;
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let work = tempfile::Builder::new()
        .prefix(".layerbench-fetch-")
        .tempdir_in(parent)
        .attempt("make a directory in", parent)?;
    let blobs = work.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).attempt("create the directory", &blobs)?;
    let targets = contact.targets(|digest| {
        let path = blobs.join(digest.hex());
        let file = File::create_new(&path).attempt("create", &path)?;
        Ok((file, path, None))
    })?;
    contact.run(&targets, options.parallel)?;
    drop(targets);
    contact.write_documents(work.path(), &blobs)?;
    std::fs::rename(work.path(), dir).attempt("put the image at", dir)?;
    // It is at its place now: there is nothing left to remove.
    drop(work.keep());
    let mut image = Image::open(
        dir,
        &OpenOptions {
            platform: options.platform.clone(),
            ..OpenOptions::default()
        },
    )?;
    image.origin = Some(Origin {
        reference: reference.clone(),
        digest: contact.resolved.manifest.digest,
        options: options.clone(),
    });
    Ok(image)
}

impl Origin {
    /// Asks again, on new connections and with new tokens.
    ///
    /// # Errors
    /// As [`fetch`]; `NotFound` when the name leads to another image now.
    pub fn resolve(&self) -> Result<Contact> {
        let contact = Contact::of(&self.reference, &self.options)?;
        let found = &contact.resolved.manifest.digest;
        if *found == self.digest {
            return Ok(contact);
        }
        Err(contact
            .client
            .error(
                ErrorKind::NotFound,
                "ask again for",
                format!("it is another image now: {found}, not {}", self.digest),
            )
            .hint("name it by its digest, which does not move: NAME@DIGEST"))
    }
}

impl Contact {
    fn of(reference: &Reference, options: &RegistryOptions) -> Result<Self> {
        let client = Client::connect(reference, options)?;
        let resolved = resolve(&client)?;
        Ok(Self { client, resolved })
    }

    /// Downloads and digests every layer's blob, `parallel` at once, into nameless files in `dir`, which are gone when they
    /// are dropped.
    ///
    /// # Errors
    /// As [`fetch`].
    pub fn download(&self, dir: &Path, parallel: usize) -> Result<(Downloaded, Vec<Arc<File>>)> {
        let targets = self.targets(|_| Ok((nameless(dir)?, dir.to_owned(), None)))?;
        let downloaded = self.run(&targets, parallel)?;
        let files = targets.into_iter().map(|target| target.file).collect();
        Ok((downloaded, files))
    }

    /// Gives `pull` the image `image` with blobs that are only arriving: each layer can be unpacked while it is downloaded.
    /// Their bytes go through nameless files in `dir`. Whoever reads the blobs digests them.
    ///
    /// # Errors
    /// That of the download, else that of `pull`.
    pub fn pull_arriving<T>(
        &self,
        image: &Image,
        dir: &Path,
        parallel: usize,
        pull: impl FnOnce(&Image) -> Result<T>,
    ) -> Result<(T, Downloaded)> {
        let targets = self.targets(|_| {
            let arrival = Some(Arc::new(Arrival::default()));
            Ok((nameless(dir)?, dir.to_owned(), arrival))
        })?;
        let mut image = image.clone();
        for layer in &mut image.layers {
            let fits = |target: &&Target| layer.digest.as_ref() == Some(&target.digest);
            let Some((target, arrival)) = targets
                .iter()
                .find(fits)
                .and_then(|target| Some((target, target.arrival.clone()?)))
            else {
                let why = format!("its layer {} is not in its manifest", layer.number);
                return Err(self.client.error(ErrorKind::BadInput, "download", why));
            };
            layer.blob = Blob::arriving(
                Arc::clone(&target.file),
                layer.blob.path(),
                target.size,
                arrival,
            );
        }
        std::thread::scope(|scope| {
            let download = scope.spawn(|| download::all(&self.client, &targets, parallel));
            let pulled = pull(&image);
            if pulled.is_err() {
                self.client.stop.stop();
            }
            let downloaded = download.join().unwrap_or(Err(None));
            match (pulled, downloaded) {
                (Err(error), Ok(_) | Err(None)) => Err(error),
                // What went wrong first explains the rest.
                (Err(_), Err(Some(error))) => Err(error),
                (Ok(pulled), Ok(downloaded)) => Ok((pulled, downloaded)),
                // Every byte was there and had the right digest.
                (Ok(pulled), Err(_)) => Ok((pulled, Downloaded::default())),
            }
        })
    }

    /// One target for each blob: layers may share one.
    fn targets(
        &self,
        place: impl Fn(&Digest) -> Result<(File, PathBuf, Option<Arc<Arrival>>)>,
    ) -> Result<Vec<Target>> {
        let mut targets: Vec<Target> = Vec::new();
        for layer in &self.resolved.layers {
            if let Some(other) = targets.iter().find(|other| other.digest == layer.digest) {
                if other.size != layer.size {
                    let why = format!("its manifest gives {} two lengths", layer.digest);
                    return Err(self.client.error(ErrorKind::BadInput, "download", why));
                }
                continue;
            }
            let (file, path, arrival) = place(&layer.digest)?;
            targets.push(Target {
                digest: layer.digest.clone(),
                size: layer.size,
                file: Arc::new(file),
                path,
                arrival,
            });
        }
        Ok(targets)
    }

    fn run(&self, targets: &[Target], parallel: usize) -> Result<Downloaded> {
        download::all(&self.client, targets, parallel).map_err(|error| {
            error.unwrap_or_else(|| {
                self.client
                    .error(ErrorKind::Io, "download", "it was stopped")
            })
        })
    }

    /// The documents of a layout, the index last.
    fn write_documents(&self, dir: &Path, blobs: &Path) -> Result<()> {
        let put = |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).attempt("write", path);
        let Resolved {
            manifest, config, ..
        } = &self.resolved;
        for Document { digest, bytes, .. } in [manifest, config] {
            put(&blobs.join(digest.hex()), bytes)?;
        }
        let name = self.client.reference.to_string();
        let name = name.trim_start_matches("docker://").to_owned();
        let index = Index {
            schema_version: 2,
            media_type: Some(crate::image::json::INDEX.to_owned()),
            manifests: Some(vec![Descriptor {
                media_type: manifest.media_type.clone(),
                digest: manifest.digest.clone(),
                size: manifest.bytes.len() as u64,
                platform: None,
                annotations: Some(BTreeMap::from([(IMAGE_NAME.to_owned(), name)])),
            }]),
        };
        let index = serde_json::to_vec(&index).map_err(|error| {
            Error::new(ErrorKind::BadInput, "write the index of")
                .path(dir)
                .because(error.to_string())
        })?;
        put(
            &dir.join("oci-layout"),
            b"{\"imageLayoutVersion\":\"1.0.0\"}",
        )?;
        put(&dir.join("index.json"), &index)
    }
}

fn nameless(dir: &Path) -> Result<File> {
    tempfile::tempfile_in(dir).attempt("make a temporary file in", dir)
}
