//! Where an image's files are found: in a directory, or in an archive that stays packed.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Limits, Result};
use rustix::fs::{CWD, Mode, OFlags};

use super::archive::Contents;
use super::blob::Blob;
use super::compression::{Compression, unreadable};

/// The files of an image.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Directory,
    Archive(Arc<File>, Contents),
}

impl Source {
    /// Opens a layout directory or an archive. A compressed archive is decompressed into a nameless file in `scratch`,
    /// as far as the limits allow.
    pub(super) fn open(path: &Path, scratch: &Path, limits: &Limits) -> Result<Self> {
        let metadata = std::fs::metadata(path).attempt("open the image", path)?;
        let place = if metadata.is_dir() {
            Place::Directory
        } else {
            let mut blob = open_file(path)?;
            let compression =
                Compression::of_bytes(&blob.head::<8>()?).map_err(|form| unreadable(form, path))?;
            if compression != Compression::None {
                let limit = limits.unpacked_bytes(blob.len());
                blob = decompress(&blob, compression, scratch, limit)?;
            }
            let contents = Contents::read(blob.file(), path)?;
            Place::Archive(blob.shared_file(), contents)
        };
        Ok(Self {
            path: path.to_owned(),
            place,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.place, Place::Directory)
    }

    /// The file of that name, if there is one. In a directory only names made by layerbench are looked up: the fixed
    /// names of a layout, and digests.
    pub(super) fn find(&self, name: &str) -> Result<Option<Blob>> {
        match &self.place {
            Place::Directory => match open_file(&self.path.join(name)) {
                Ok(blob) => Ok(Some(blob)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Place::Archive(file, contents) => Ok(contents
                .find(name)
                .map(|(offset, len)| Blob::new(Arc::clone(file), &self.path, offset, len))),
        }
    }

    /// As `find`, where the image is damaged without it.
    pub(super) fn need(&self, name: &str, what: &str) -> Result<Blob> {
        self.find(name)?.ok_or_else(|| {
            Error::new(ErrorKind::BadInput, format!("find the {what} in"))
                .path(&self.path)
                .because(format!("there is no file {name:?}"))
                .hint("the image is incomplete: copy or save it again")
        })
    }
}

/// Opens a regular file; a fifo in its place must not make the caller wait for a writer.
fn open_file(path: &Path) -> Result<Blob> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = rustix::fs::openat(CWD, path, flags, Mode::empty()).attempt("open", path)?;
    let stat = rustix::fs::fstat(fd.as_fd()).attempt("open", path)?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return Err(Error::new(ErrorKind::BadInput, "read")
            .path(path)
            .because("it is not a regular file"));
    }
    let len = u64::try_from(stat.st_size).unwrap_or(0);
    Ok(Blob::new(Arc::new(File::from(fd)), path, 0, len))
}

fn decompress(blob: &Blob, compression: Compression, scratch: &Path, limit: u64) -> Result<Blob> {
    let op = "decompress the image";
    let mut target = tempfile::tempfile_in(scratch).attempt("make a temporary file in", scratch)?;
    let packed = BufReader::with_capacity(1 << 20, blob.reader());
    let mut reader = compression
        .decoder(packed, blob.path())?
        .take(limit.saturating_add(1));
    let mut buffer = vec![0; 1 << 20];
    let mut len = 0;
    loop {
        let n = reader
            .read(&mut buffer)
            .map_err(|error| damaged(op, blob.path(), error))?;
        if n == 0 {
            break;
        }
        std::io::Write::write_all(&mut target, &buffer[..n])
            .attempt("write a temporary file in", scratch)?;
        len += n as u64;
    }
    if len > limit {
        return Err(Error::new(ErrorKind::BadInput, op)
            .path(blob.path())
            .because(format!("it grows beyond the limit of {limit} bytes")));
    }
    Ok(Blob::new(Arc::new(target), blob.path(), 0, len))
}

/// The error for a stream that cannot be read: what a decompressor says has no errno and is the stream's fault.
pub(crate) fn damaged(
    op: impl Into<std::borrow::Cow<'static, str>>,
    path: &Path,
    error: std::io::Error,
) -> Error {
    let by_the_kernel = error.raw_os_error().is_some();
    let error = Error::io(op, path, error);
    if by_the_kernel {
        error
    } else {
        error
            .with_kind(ErrorKind::BadInput)
            .hint("the image is damaged: copy or save it again")
    }
}
