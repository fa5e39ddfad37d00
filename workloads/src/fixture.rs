//! Layers a workload works on: made once for each subject from a description, found again by chain id in later rounds.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read, Write as _};

use drivers::error::Attempt as _;
use drivers::{Driver, ErrorKind, Item, Kind, LayerId, Limits, Result};
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

/// Bytes of a block of an archive.
const BLOCK: u64 = 512;

/// A file of a fixture layer: its name and its size in bytes; its content is random and thus incompressible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixtureFile {
    /// A name in the layer's root.
    pub name: String,
    /// Bytes of random content.
    pub size: u64,
}

/// Makes sure a layer holding `files` stands on `parent`, and gives its id. Same description, same layer.
///
/// # Errors
/// As `prepare`, `apply` and `commit`; a layer that fails half-way is removed again.
pub fn layer(
    driver: &dyn Driver,
    label: &str,
    parent: Option<&LayerId>,
    files: &[FixtureFile],
) -> Result<LayerId> {
    let description: Vec<_> = files
        .iter()
        .map(|file| format!("{}:{}", file.name, file.size))
        .collect();
    let description = format!("{label} {}", description.join(" "));
    of_archive(driver, &description, parent, || archive(files))
}

/// Makes sure a layer of what `archive` gives stands on `parent`, and gives its id. The description decides the archive:
/// it is asked for only where there is no layer of that description yet.
///
/// # Errors
/// As [`layer`], and those of `archive`.
pub fn of_archive<R: Read>(
    driver: &dyn Driver,
    description: &str,
    parent: Option<&LayerId>,
    archive: impl FnOnce() -> Result<R>,
) -> Result<LayerId> {
    let digest = digest(description);
    let id = LayerId::chain(parent, &digest)?;
    match driver.parent(Item::Layer(&id)) {
        Ok(_) => return Ok(id),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = format!("fixture-{}", &digest["sha256:".len()..][..16]).parse()?;
    driver.prepare(&key, parent, Kind::Writable)?;
    let made = archive()
        .and_then(|mut tar| driver.apply(&key, &mut tar, &Limits::default()))
        .and_then(|_| driver.commit(&key, &id));
    if made.is_err() {
        drop(driver.remove(Item::Container(&key)));
    }
    made.map(|()| id)
}

/// What a layer of that description is known by: not the digest of its archive, which need not be made to look for it.
pub(crate) fn digest(description: &str) -> String {
    use sha2::Digest as _;
    let text = format!("layerbench fixture {description}");
    let digest = drivers::ids::hex(&sha2::Sha256::digest(text));
    format!("sha256:{digest}")
}

/// The archive of `files`, made while it is read: it may be larger than memory.
fn archive(files: &[FixtureFile]) -> Result<impl Read + use<>> {
    let mut parts: VecDeque<Box<dyn Read>> = VecDeque::new();
    for file in files {
        let mut header = tar::Header::new_gnu();
        header
            .set_path(&file.name)
            .attempt("make the fixture", &file.name)?;
        header.set_size(file.size);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        parts.push_back(Box::new(Cursor::new(header.as_bytes().to_vec())));
        parts.push_back(Box::new(random(file.size)));
        let padding = file.size.next_multiple_of(BLOCK) - file.size;
        parts.push_back(Box::new(io::repeat(0).take(padding)));
    }
    parts.push_back(Box::new(io::repeat(0).take(2 * BLOCK)));
    Ok(Parts(parts))
}

/// One reader after the other.
struct Parts(VecDeque<Box<dyn Read>>);

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.0.front_mut() {
            let n = part.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            self.0.pop_front();
        }
        Ok(0)
    }
}

/// So many random bytes, the same every time.
pub fn random(size: u64) -> impl Read {
    struct Random(ChaCha8Rng);
    impl Read for Random {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.fill_bytes(buffer);
            Ok(buffer.len())
        }
    }
    Random(ChaCha8Rng::seed_from_u64(size)).take(size)
}

/// Writes a file of `size` random bytes and makes it durable.
///
/// # Errors
/// Whatever writing gives.
pub fn write_file(path: &std::path::Path, size: u64) -> Result<()> {
    let op = "write the fixture";
    let mut file = std::fs::File::create(path).attempt(op, path)?;
    let mut source = random(size);
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let n = source.read(&mut buffer).attempt(op, path)?;
        if n == 0 {
            break;
        }
        file.write_all(&buffer[..n]).attempt(op, path)?;
    }
    file.sync_all().attempt(op, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_archives_finds_the_files() {
        let sizes = [0, 1, 512, 70_000];
        let files = sizes.map(|size| FixtureFile {
            name: format!("f{size}"),
            size,
        });
        let mut found = Vec::new();
        let mut archive = tar::Archive::new(archive(&files).unwrap());
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let mut wanted = Vec::new();
            random(entry.size()).read_to_end(&mut wanted).unwrap();
            assert_eq!(content, wanted);
            found.push(entry.path().unwrap().display().to_string());
        }
        assert_eq!(found, files.map(|file| file.name));
    }
}
