//! Trees of many small files: a hundred in each directory, their contents random and thus incompressible.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drivers::unpack::{self, Below, Deletions, Stage};
use drivers::{Driver, LayerId, Limits, Result, fsprobe};
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

use crate::fixture;

/// Files of one directory.
const EACH: u32 = 100;
/// When all of it was last written, in seconds since 1970.
const WRITTEN: u64 = 1_700_000_000;
const BLOCK: usize = 512;

/// A tree. Equal descriptions are equal trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Its files.
    pub files: u32,
    /// Bytes of each.
    pub bytes: u32,
}

impl Tree {
    /// The name of a file in it, counted from 0.
    pub fn path(number: u32) -> PathBuf {
        format!("{}/f{number}", Self::dir(number)).into()
    }

    /// The directory of that file.
    fn dir(number: u32) -> String {
        format!("d{}", number / EACH)
    }

    /// The content of that file.
    pub fn content(&self, number: u32) -> Vec<u8> {
        let mut content = vec![0; self.bytes as usize];
        ChaCha8Rng::seed_from_u64(u64::from(number)).fill_bytes(&mut content);
        content
    }

    /// The tree as a layer archive, made while it is read.
    pub fn archive(&self) -> impl Read + use<> {
        Archive {
            tree: *self,
            next: 0,
            ready: Vec::new(),
            at: 0,
        }
    }

    /// Makes sure that it is a layer on `parent`, and gives its id.
    ///
    /// # Errors
    /// As [`fixture::layer`].
    pub fn layer(
        &self,
        driver: &dyn Driver,
        label: &str,
        parent: Option<&LayerId>,
    ) -> Result<LayerId> {
        let description = format!("{label}: a tree of {} files of {}", self.files, self.bytes);
        fixture::of_archive(driver, &description, parent, || Ok(self.archive()))
    }

    /// Unpacks it in an empty directory that no driver has a part in.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let stage = Stage {
            dir: dir.to_owned(),
            below: Below::Nothing,
            deletions: Deletions::Remove,
            keep_owners: fsprobe::probe(dir)?.capabilities.arbitrary_owners,
        };
        unpack::apply(&stage, &mut self.archive(), &Limits::default()).map(drop)
    }
}

/// The archive, a member at a time.
#[derive(Debug)]
struct Archive {
    tree: Tree,
    next: u32,
    ready: Vec<u8>,
    at: usize,
}

impl Archive {
    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let number = self.next;
        self.next += 1;
        if number == self.tree.files {
            self.ready.resize(2 * BLOCK, 0);
        }
        if number >= self.tree.files {
            return Ok(());
        }
        if number.is_multiple_of(EACH) {
            let dir = Tree::dir(number);
            self.member(&dir, tar::EntryType::Directory, &[])?;
        }
        let content = self.tree.content(number);
        let path = Tree::path(number);
        self.member(&path.to_string_lossy(), tar::EntryType::Regular, &content)
    }

    fn member(&mut self, path: &str, kind: tar::EntryType, content: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_path(path)?;
        header.set_entry_type(kind);
        header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
        header.set_size(content.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(WRITTEN);
        header.set_cksum();
        self.ready.extend_from_slice(header.as_bytes());
        self.ready.extend_from_slice(content);
        let padded = self.ready.len().next_multiple_of(BLOCK);
        self.ready.resize(padded, 0);
        Ok(())
    }
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.refill()?;
        }
        let n = buffer.len().min(self.ready.len() - self.at);
        buffer[..n].copy_from_slice(&self.ready[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_holds_every_file_once_and_is_the_same_every_time() {
        let tree = Tree {
            files: 205,
            bytes: 700,
        };
        let mut bytes = Vec::new();
        tree.archive().read_to_end(&mut bytes).unwrap();
        let mut again = Vec::new();
        tree.archive().read_to_end(&mut again).unwrap();
        assert!(bytes == again);
        let mut archive = tar::Archive::new(bytes.as_slice());
        let (mut dirs, mut files) = (0, 0);
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if entry.header().entry_type().is_dir() {
                dirs += 1;
                continue;
            }
            assert_eq!(entry.path().unwrap(), Tree::path(files));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert_eq!(content, tree.content(files));
            files += 1;
        }
        assert_eq!((dirs, files), (3, 205));
    }

    #[test]
    fn written_in_a_directory_it_is_the_same_tree() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree {
            files: 101,
            bytes: 9,
        };
        tree.write(dir.path()).unwrap();
        for number in 0..tree.files {
            let found = std::fs::read(dir.path().join(Tree::path(number))).unwrap();
            assert_eq!(found, tree.content(number));
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
