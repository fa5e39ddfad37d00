//! Layers a workload works on: made once for each subject from a description, found again by chain id in later rounds.

use std::io::{Read, Write as _};

use drivers::error::Attempt as _;
use drivers::{Driver, ErrorKind, Item, Kind, LayerId, Limits, Result};
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

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
    of_archive(driver, &description, parent, || {
        Ok(std::io::Cursor::new(archive(files)?))
    })
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
    let digest = {
        use sha2::Digest as _;
        let text = format!("layerbench fixture {description}");
        drivers::ids::hex(&sha2::Sha256::digest(text))
    };
    // Not the digest of the archive but of its description: no need to make it to look.
    let id = LayerId::chain(parent, &format!("sha256:{digest}"))?;
    match driver.parent(Item::Layer(&id)) {
        Ok(_) => return Ok(id),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = format!("fixture-{}", &digest[..16]).parse()?;
    driver.prepare(&key, parent, Kind::Writable)?;
    let made = archive()
        .and_then(|mut tar| driver.apply(&key, &mut tar, &Limits::default()))
        .and_then(|_| driver.commit(&key, &id));
    if made.is_err() {
        drop(driver.remove(Item::Container(&key)));
    }
    made.map(|()| id)
}

fn archive(files: &[FixtureFile]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.size);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        builder
            .append_data(&mut header, &file.name, random(file.size))
            .attempt("make the fixture", &file.name)?;
    }
    builder.into_inner().attempt("make the fixture", "archive")
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
