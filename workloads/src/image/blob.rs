//! Stretches of bytes of a file: a blob of a layout, or a member of an archive, read where it lies.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};

use super::arrival::Arrival;
use super::digest::Digest;

/// A stretch of a file. Cheap to clone; readers of one blob do not disturb one another.
#[derive(Debug, Clone)]
pub struct Blob {
    file: Arc<File>,
    path: PathBuf,
    offset: u64,
    len: u64,
    /// Where it is still being written.
    arrival: Option<Arc<Arrival>>,
}

impl Blob {
    /// `len` bytes of `file` (found at `path`) from `offset` on.
    pub(super) fn new(file: Arc<File>, path: &Path, offset: u64, len: u64) -> Self {
        Self {
            file,
            path: path.to_owned(),
            offset,
            len,
            arrival: None,
        }
    }

    /// A whole file of `len` bytes that is still being written: its readers wait.
    pub(super) fn arriving(file: Arc<File>, path: &Path, len: u64, arrival: Arc<Arrival>) -> Self {
        Self {
            arrival: Some(arrival),
            ..Self::new(file, path, 0, len)
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file it lies in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn shared_file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Reads it from its start.
    pub fn reader(&self) -> BlobReader {
        BlobReader {
            file: Arc::clone(&self.file),
            at: self.offset,
            end: self.offset.saturating_add(self.len),
            arrival: self.arrival.clone(),
        }
    }

    /// The first bytes, as many as there are up to `N`.
    pub(super) fn head<const N: usize>(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(N);
        self.reader()
            .take(N as u64)
            .read_to_end(&mut bytes)
            .attempt("read", &self.path)?;
        Ok(bytes)
    }

    /// All of it, if it is no longer than `limit`, verified when its digest is known.
    pub(super) fn read_whole(
        &self,
        what: &str,
        limit: u64,
        digest: Option<&Digest>,
    ) -> Result<Vec<u8>> {
        if self.len > limit {
            return Err(
                Error::new(ErrorKind::BadInput, format!("read the {what} of"))
                    .path(&self.path)
                    .because(format!(
                        "it is {} bytes long, over the limit of {limit}",
                        self.len
                    )),
            );
        }
        let mut bytes = Vec::new();
        self.reader()
            .read_to_end(&mut bytes)
            .attempt(format!("read the {what} of"), &self.path)?;
        if let Some(digest) = digest {
            let found = Digest::of(&bytes);
            if found != *digest {
                return Err(digest.mismatch(what, &found).path(&self.path));
            }
        }
        Ok(bytes)
    }
}

/// Reads a [`Blob`]; a file that ends early is an error, not an end.
#[derive(Debug)]
pub struct BlobReader {
    file: Arc<File>,
    at: u64,
    end: u64,
    arrival: Option<Arc<Arrival>>,
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut end = self.end;
        if let Some(arrival) = &self.arrival
            && self.at < end
            && !buffer.is_empty()
        {
            let there = arrival.beyond(self.at);
            let there = there.ok_or_else(|| io::Error::other("its download failed"))?;
            end = end.min(there);
        }
        let left = usize::try_from(end - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let n = self.file.read_at(&mut buffer[..wanted], self.at)?;
        if n == 0 && wanted > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the file ends {left} bytes too early"),
            ));
        }
        self.at += n as u64;
        Ok(n)
    }
}
