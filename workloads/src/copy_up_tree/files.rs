//! The files of the image that are changed, and how they are checked afterwards.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

use super::Amounts;
use crate::made::wrong;
use crate::stand::Lower;

/// The directory that holds the tree.
pub(super) const TREE: &str = "tree";
/// The file that is overwritten in places.
pub(super) const BLOCKS: &str = "blocks";
/// The file that is mostly a hole.
pub(super) const SPARSE: &str = "sparse";
/// The data of the sparse file, in its middle.
pub(super) const SPARSE_DATA: u64 = 64 << 10;
/// Files in one directory.
const WIDTH: u32 = 50;

/// A tree of small files in directories of fifty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) files: u32,
    pub(super) file_bytes: u64,
}

impl Tree {
    /// The names of its files, relative to where [`TREE`] is.
    pub(super) fn names(self) -> impl Iterator<Item = PathBuf> {
        (0..self.files).map(|n| format!("{TREE}/d{}/f{n}", n / WIDTH).into())
    }

    /// Everything in it: files, directories, the top itself.
    pub(super) fn entries(self) -> u64 {
        1 + u64::from(self.files.div_ceil(WIDTH)) + u64::from(self.files)
    }

    /// Bytes of its files.
    pub(super) fn bytes(self) -> u64 {
        u64::from(self.files) * self.file_bytes
    }

    /// Writes it into `dir`.
    pub(super) fn write(self, dir: &Path) -> Result<()> {
        for (number, name) in (0_u64..).zip(self.names()) {
            let path = dir.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).attempt("create", parent)?;
            }
            let content = content(number, self.file_bytes);
            std::fs::write(&path, content).attempt("write", &path)?;
        }
        Ok(())
    }

    /// Checks that every file under `top` (the tree, wherever it is now) begins with what was written, and is `longer`
    /// bytes longer.
    pub(super) fn check(self, top: &Path, longer: u64) -> Result<()> {
        for (number, name) in (0_u64..).zip(self.names()) {
            let path = top.join(name.strip_prefix(TREE).unwrap_or(&name));
            let mut found = Vec::new();
            File::open(&path)
                .and_then(|mut file| file.read_to_end(&mut found))
                .attempt("read", &path)?;
            let expected = content(number, self.file_bytes);
            let length = expected.len() as u64 + longer;
            if found.len() as u64 != length || !found.starts_with(&expected) {
                return Err(wrong(&path, "it does not hold what was written"));
            }
        }
        Ok(())
    }
}

/// So many random bytes, others for each number.
fn content(number: u64, bytes: u64) -> Vec<u8> {
    let mut content = vec![0; usize::try_from(bytes).unwrap_or(0)];
    ChaCha8Rng::seed_from_u64(number).fill_bytes(&mut content);
    content
}

/// A tree as files of the image.
pub(super) fn tree(tree: Tree, fill: &dyn Fn(&Path) -> Result<()>) -> Lower<'_> {
    Lower {
        label: format!("copy-up-tree {tree:?}"),
        fill,
        probe: tree.names().collect(),
    }
}

/// The single files as files of the image: the one that is overwritten in places, and the sparse one.
pub(super) fn singles<'f>(amounts: &Amounts, fill: &'f dyn Fn(&Path) -> Result<()>) -> Lower<'f> {
    Lower {
        label: format!(
            "copy-up-tree blocks {} sparse {}",
            amounts.tree_block_file_bytes, amounts.tree_sparse_bytes
        ),
        fill,
        probe: vec![BLOCKS.into()],
    }
}

/// Writes the single files.
pub(super) fn write_singles(amounts: &Amounts, dir: &Path) -> Result<()> {
    crate::fixture::write_file(&dir.join(BLOCKS), amounts.tree_block_file_bytes)?;
    let path = dir.join(SPARSE);
    let file = File::create(&path).attempt("create", &path)?;
    file.set_len(amounts.tree_sparse_bytes)
        .attempt("extend", &path)?;
    let data = content(0, SPARSE_DATA.min(amounts.tree_sparse_bytes));
    file.write_all_at(&data, amounts.tree_sparse_bytes / 2 - data.len() as u64 / 2)
        .attempt("write", &path)?;
    file.sync_all().attempt("sync", &path)
}

/// Checks that the sparse file still holds what was written, and one byte more.
pub(super) fn check_sparse(amounts: &Amounts, path: &Path) -> Result<()> {
    let file = File::open(path).attempt("open", path)?;
    let length = file.metadata().attempt("stat", path)?.len();
    let expected = content(0, SPARSE_DATA.min(amounts.tree_sparse_bytes));
    let mut found = vec![0; expected.len()];
    let at = amounts.tree_sparse_bytes / 2 - expected.len() as u64 / 2;
    file.read_exact_at(&mut found, at).attempt("read", path)?;
    let mut last = [0];
    file.read_exact_at(&mut last, length.saturating_sub(1))
        .attempt("read", path)?;
    if length != amounts.tree_sparse_bytes + 1 || found != expected || last != *b"x" {
        return Err(wrong(path, "it does not hold what was written"));
    }
    Ok(())
}
