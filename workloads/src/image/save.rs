//! Writes layers as an OCI archive: a tar of a layout (OCI image spec, image-layout.md), in one pass and without temporary
//! files. A blob is named by its digest, which is known when it has been written: its header is written last.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};

use super::digest::Digest;
use super::json::{self, ConfigFile, Descriptor, Index, Manifest, RootFs};
use super::platform::Platform;

const BLOCK: u64 = 512;
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// What is written to the file at once.
const BUFFER: usize = 1 << 20;

/// An archive being written. Until [`Archive::finish`] it is no image.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    file: File,
    layers: Vec<Descriptor>,
}

impl Archive {
    /// Begins the archive `path`, which must not exist.
    ///
    /// # Errors
    /// `AlreadyExists`, and whatever creating a file gives.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create_new(path).attempt("create the archive", path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            layers: Vec::new(),
        })
    }

    /// Adds a layer, on top of those before: `write` is to write its uncompressed archive.
    ///
    /// # Errors
    /// Those of `write`, and whatever writing gives; the archive is then of no use.
    pub fn layer(&mut self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let op = "write to the archive";
        let header = self.file.stream_position().attempt(op, &self.path)?;
        let begin = SeekFrom::Start(header + BLOCK);
        self.file.seek(begin).attempt(op, &self.path)?;
        let mut sink = BufWriter::with_capacity(
            BUFFER,
            Digesting {
                file: &self.file,
                hasher: Sha256::new(),
                size: 0,
            },
        );
        write(&mut sink)?;
        let Digesting { hasher, size, .. } = sink
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .attempt(op, &self.path)?;
        self.pad(size)?;
        let descriptor = Descriptor {
            media_type: LAYER.to_owned(),
            digest: Digest::finish(hasher),
            size,
            platform: None,
            annotations: None,
        };
        let name = descriptor.digest.blob_path();
        self.file
            .write_all_at(member(&name, size)?.as_bytes(), header)
            .attempt(op, &self.path)?;
        self.layers.push(descriptor);
        Ok(())
    }

    /// Writes the documents and ends the archive; gives the digest of the config. Nothing is synced.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(mut self, platform: &Platform) -> Result<Digest> {
        let layers = std::mem::take(&mut self.layers);
        let config = ConfigFile {
            created: None,
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            config: Some(json::Execution::default()),
            rootfs: RootFs {
                kind: "layers".to_owned(),
                // Uncompressed layers: the digest of the blob is that of its archive.
                diff_ids: Some(layers.iter().map(|layer| layer.digest.clone()).collect()),
            },
            history: None,
        };
        let config = self.document(json::CONFIG, &config)?;
        let id = config.digest.clone();
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(json::MANIFEST.to_owned()),
            config,
            layers: Some(layers),
        };
        let mut manifest = self.document(json::MANIFEST, &manifest)?;
        manifest.platform = Some(platform.clone());
        let index = Index {
            schema_version: 2,
            media_type: Some(json::INDEX.to_owned()),
            manifests: Some(vec![manifest]),
        };
        self.put("index.json", &encode(&index)?)?;
        self.put("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        self.write(&[0; 2 * BLOCK as usize])?;
        Ok(id)
    }

    /// Writes a document as a blob and points at it.
    fn document(&mut self, media_type: &str, value: &impl serde::Serialize) -> Result<Descriptor> {
        let bytes = encode(value)?;
        let digest = Digest::of(&bytes);
        self.put(&digest.blob_path(), &bytes)?;
        Ok(Descriptor {
            media_type: media_type.to_owned(),
            digest,
            size: bytes.len() as u64,
            platform: None,
            annotations: None,
        })
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let size = bytes.len() as u64;
        self.write(member(name, size)?.as_bytes())?;
        self.write(bytes)?;
        self.pad(size)
    }

    /// Fills the last block of a member of `size` bytes.
    fn pad(&mut self, size: u64) -> Result<()> {
        let padding = size.next_multiple_of(BLOCK) - size;
        let padding = usize::try_from(padding).unwrap_or(0);
        self.write(&[0; BLOCK as usize][..padding])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .attempt("write to the archive", &self.path)
    }
}

fn member(name: &str, size: u64) -> Result<tar::Header> {
    // Of GNU, for sizes beyond the 8 GiB of an octal field.
    let mut header = tar::Header::new_gnu();
    header
        .set_path(name)
        .attempt("name the member of the archive", name)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

fn encode(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        Error::new(ErrorKind::BadInput, "write a document of the image").because(error.to_string())
    })
}

/// Digests and counts what is written to a file.
struct Digesting<'a> {
    file: &'a File,
    hasher: Sha256,
    size: u64,
}

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::image::{Format, Image, OpenOptions};

    #[test]
    fn what_is_written_opens_as_an_image_with_the_same_layers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("saved.tar");
        let mut archive = Archive::create(&path).unwrap();
        // Of lengths that fill their last block, and that do not.
        let layers = [vec![7_u8; 1024], vec![9; 1500], vec![7; 1024]];
        for layer in &layers {
            let write = |sink: &mut dyn Write| sink.write_all(layer).attempt("write", "a layer");
            archive.layer(write).unwrap();
        }
        let id = archive.finish(&Platform::host()).unwrap();
        let image = Image::open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(
            (image.format, &image.config_digest),
            (Format::OciArchive, &id)
        );
        assert_eq!(image.layers.len(), layers.len());
        for (layer, bytes) in image.layers.iter().zip(&layers) {
            let mut found = Vec::new();
            layer.open().read_to_end(&mut found).unwrap();
            assert!(&found == bytes);
            assert_eq!(layer.diff_id, Digest::of(bytes));
        }
        let taken = Archive::create(&path).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_layer_that_fails_is_told_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let mut archive = Archive::create(&dir.path().join("saved.tar")).unwrap();
        let failed = archive.layer(|_| Err(Error::new(ErrorKind::NoSpace, "export the layer")));
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::NoSpace);
    }
}
