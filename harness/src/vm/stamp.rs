//! What a stage of the cache was made from, and the checksums of what it made. A stamp is written last: a stage that was
//! cut short has none, and one whose files were cut or changed since does not fit its stamp.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// A stage's stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The digest of what it was made from.
    pub(super) from: String,
    /// Checksum and name of each file it made (or, of packages, fetched), sorted by name.
    pub(super) files: Vec<(String, String)>,
}

impl Stamp {
    /// The stamp of files that are there.
    pub(super) fn of(from: &str, dir: &Path, names: &[String]) -> anyhow::Result<Self> {
        let mut names = names.to_vec();
        names.sort();
        let files = names
            .into_iter()
            .map(|name| Ok((digest_of_file(&dir.join(&name))?, name)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            from: from.to_owned(),
            files,
        })
    }

    /// As a file holds it: the first line says from what, the others are as sha256sum(1) prints them.
    pub(super) fn text(&self) -> String {
        let mut text = format!("from {}\n", self.from);
        for (digest, name) in &self.files {
            text.extend([digest, "  ", name, "\n"]);
        }
        text
    }

    /// Reads the text; `None` when it is no stamp, or not all of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.strip_suffix('\n')?.split_once('\n')?;
        let files = rest
            .lines()
            .map(|line| {
                let (digest, name) = line.split_once("  ")?;
                (digest.len() == 64 && !name.is_empty())
                    .then(|| (digest.to_owned(), name.to_owned()))
            })
            .collect::<Option<_>>()?;
        Some(Self {
            from: first.strip_prefix("from ")?.to_owned(),
            files,
        })
    }

    /// The stamp in a file.
    pub(super) fn read(path: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(path).ok()?)
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let new = path.with_extension("new");
        std::fs::write(&new, self.text())
            .and_then(|()| std::fs::rename(&new, path))
            .with_context(|| format!("could not write {}", path.display()))
    }

    /// Whether it was made from that, and its files in `dir` are as they were.
    pub(super) fn holds(&self, from: &str, dir: &Path) -> bool {
        self.from == from
            && self
                .files
                .iter()
                .all(|(digest, name)| digest_of_file(&dir.join(name)).is_ok_and(|d| d == *digest))
    }

    /// A digest of the stamp itself: what the next stage is made from.
    pub(super) fn digest(&self) -> String {
        digest(&[self.text().as_bytes()])
    }
}

/// The digest of some parts, each told apart from the next.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn digest_of_file(path: &Path) -> anyhow::Result<String> {
    let context = || format!("could not read {}", path.display());
    let mut file = File::open(path).with_context(context)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer).with_context(context)?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..n]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_holds_until_a_file_of_it_is_cut_or_its_source_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (path, file) = (dir.path().join("s.stamp"), dir.path().join("zfs.ko"));
        std::fs::write(&file, "module").unwrap();
        let stamp = Stamp::of("a", dir.path(), &["zfs.ko".to_owned()]).unwrap();
        stamp.write(&path).unwrap();
        let read = Stamp::read(&path).unwrap();
        assert_eq!(read, stamp);
        assert!(read.holds("a", dir.path()));
        assert!(!read.holds("b", dir.path()));
        std::fs::write(&file, "modul").unwrap();
        assert!(!read.holds("a", dir.path()));
        std::fs::remove_file(&file).unwrap();
        assert!(!read.holds("a", dir.path()));
    }

    #[test]
    fn a_stamp_cut_short_is_none() {
        let stamp = Stamp {
            from: "x".to_owned(),
            files: vec![("0".repeat(64), "a b".to_owned())],
        };
        let text = stamp.text();
        assert_eq!(Stamp::parse(&text), Some(stamp));
        for cut in 0..text.len() {
            assert_eq!(Stamp::parse(&text[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_checksum_is_that_of_sha256sum() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), "abc").unwrap();
        assert_eq!(
            digest_of_file(&dir.path().join("f")).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
