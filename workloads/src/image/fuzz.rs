//! Images made of arbitrary bytes, and what must hold of the reader whatever they are: nothing panics, every refusal is
//! one of bad input, and a layer that is found right is right by another reckoning too.
//!
//! The body is shared: `fuzz/` runs it under libFuzzer, `cargo test` replays the corpus (`tests/image/corpus.rs`).
//!
//! The first byte says what the rest is ([`RAW`], [`ARCHIVE`]). Most useful is a **recipe**: files, separated by zero
//! bytes, each named by a first line `@name` or else by its digest. A second line `#gzip`, `#zstd` or `#tar` packs the
//! file. Files refer to earlier ones by number: `$0` is the digest of the first, `!0` its digest before it was packed,
//! `^0` the bare hex digits of its name, `~0` its length. So a changed recipe is still an image whose digests are right.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use drivers::{Error, ErrorKind, Limits, Result};

use super::{Compression, Digest, Image, Layer, OpenOptions};
use crate::pull;

/// Set in the first byte: the rest is the file of an archive. Otherwise it is a recipe.
pub const RAW: u8 = 0x80;
/// Set in the first byte: the files of a recipe are put into an archive. Otherwise into a directory.
pub const ARCHIVE: u8 = 1;

/// Files of one recipe.
const FILES_MAX: usize = 10;

/// What came of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It was refused when it was opened.
    Refused,
    /// It was opened, and some layer was not what it was said to be.
    Wrong,
    /// It was opened, and every layer was right.
    Right,
}

/// One file of a recipe.
struct File {
    name: String,
    bytes: Vec<u8>,
    unpacked: Digest,
    digest: Digest,
}

/// Opens and verifies what the bytes say, in the fresh directory `dir`.
///
/// # Panics
/// When a refusal is of an odd kind, or a digest was not checked; when the image cannot be written.
pub fn image(dir: &Path, bytes: &[u8]) -> Came {
    let (how, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let path = dir.join("image");
    if how & RAW != 0 {
        fs::write(&path, rest).expect("the archive can be written");
    } else {
        write(&path, &files(rest), how & ARCHIVE != 0).expect("the image can be written");
    }
    let limits = Limits {
        entries: 100,
        bytes: 1 << 20,
        path_bytes: 1000,
        ratio: 1000,
    };
    let options = OpenOptions {
        scratch: Some(dir.to_owned()),
        limits,
        ..OpenOptions::default()
    };
    let image = match Image::open(&path, &options) {
        Ok(image) => image,
        Err(error) => {
            fair(&error);
            return Came::Refused;
        }
    };
    let mut came = Came::Right;
    for layer in &image.layers {
        if !verified(layer, &limits) {
            came = Came::Wrong;
        }
    }
    came
}

/// Whether a layer is right, by the reader and by another reckoning.
fn verified(layer: &Layer, limits: &Limits) -> bool {
    let outcome = pull::verify(layer, limits);
    if let Err(error) = &outcome {
        fair(error);
    }
    let mut stored = Vec::new();
    if layer.open().read_to_end(&mut stored).is_err() {
        assert!(outcome.is_err(), "it ends early");
        return false;
    }
    let named = layer
        .digest
        .as_ref()
        .is_none_or(|digest| *digest == Digest::of(&stored));
    let most = limits.unpacked_bytes(layer.size);
    let archive = unpacked(layer.compression, &stored, most);
    let right = named
        && archive.is_some_and(|archive| {
            archive.len() as u64 <= most && Digest::of(&archive) == layer.diff_id
        });
    assert_eq!(outcome.is_ok(), right, "{outcome:?}");
    right
}

fn unpacked(compression: Compression, stored: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut archive = Vec::new();
    let mut decoder = compression.decoder(stored, Path::new("a layer")).ok()?;
    let limited = &mut decoder.by_ref().take(most + 1);
    limited.read_to_end(&mut archive).ok()?;
    Some(archive)
}

fn fair(error: &Error) {
    let kind = error.kind();
    assert!(
        matches!(
            kind,
            ErrorKind::BadInput | ErrorKind::Unsupported | ErrorKind::NotFound
        ),
        "refused as {kind:?}: {error}"
    );
    let words = error.to_string();
    assert!(!words.contains('\n'), "{words}");
}

/// Reads a recipe.
fn files(recipe: &[u8]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for text in recipe.split(|byte| *byte == 0).take(FILES_MAX) {
        let (name, text) = first_line(text, b'@');
        let (packing, text) = first_line(text, b'#');
        let plain = insert(text, &files);
        let plain = if packing == Some(b"tar") {
            one_file(&plain)
        } else {
            plain
        };
        let bytes = match packing {
            Some(b"gzip") => gzip(&one_file(&plain)),
            Some(b"zstd") => zstd::bulk::compress(&one_file(&plain), 1).unwrap_or_default(),
            _ => plain.clone(),
        };
        let unpacked = match packing {
            Some(b"gzip" | b"zstd") => Digest::of(&one_file(&plain)),
            _ => Digest::of(&plain),
        };
        let digest = Digest::of(&bytes);
        let name = name.map_or_else(
            || digest.blob_path(),
            |name| String::from_utf8_lossy(&insert(name, &files)).into_owned(),
        );
        files.push(File {
            name,
            bytes,
            unpacked,
            digest,
        });
    }
    files
}

/// The first line, if it starts with `mark`, and what follows.
fn first_line(text: &[u8], mark: u8) -> (Option<&[u8]>, &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n');
    match (text.strip_prefix(&[mark]), end) {
        (Some(_), Some(end)) => (Some(&text[1..end]), &text[end + 1..]),
        _ => (None, text),
    }
}

/// Puts in what a text says of earlier files.
fn insert(text: &[u8], files: &[File]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let number = tail
            .first()
            .map(|digit| usize::from(digit.wrapping_sub(b'0')));
        let file = number.and_then(|number| files.get(number));
        let value = file.and_then(|file| match byte {
            b'$' => Some(file.digest.to_string()),
            b'!' => Some(file.unpacked.to_string()),
            b'^' => Some(file.digest.hex().to_owned()),
            b'~' => Some(file.bytes.len().to_string()),
            _ => None,
        });
        match value {
            Some(value) => {
                out.extend_from_slice(value.as_bytes());
                rest = &tail[1..];
            }
            None => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    out
}

fn one_file(content: &[u8]) -> Vec<u8> {
    archive([("file", content)]).unwrap_or_default()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

fn archive<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        let field = &mut header.as_old_mut().name;
        let length = name.len().min(field.len());
        field[..length].copy_from_slice(&name.as_bytes()[..length]);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, bytes)?;
    }
    builder.into_inner()
}

fn write(path: &Path, files: &[File], as_archive: bool) -> Result<()> {
    use drivers::error::Attempt as _;
    if as_archive {
        let files = files.iter().map(|file| (&*file.name, &*file.bytes));
        let bytes = archive(files).attempt("make", path)?;
        return fs::write(path, bytes).attempt("write", path);
    }
    let blobs = path.join("blobs/sha256");
    fs::create_dir_all(&blobs).attempt("make the directory", &blobs)?;
    for file in files {
        // A directory's names are its maker's: only those that a layout has.
        let name = Path::new(&file.name);
        let known = ["index.json", "oci-layout", "manifest.json", "config.json"];
        if known.contains(&&*file.name) || file.name == file.digest.blob_path() {
            let at = path.join(name);
            fs::write(&at, &file.bytes).attempt("write", &at)?;
        }
    }
    Ok(())
}
