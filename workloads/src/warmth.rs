//! Making files warm: they are read, and then looked at.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Item, Result};

use crate::cell::Cell;
use crate::environment::{CacheState, Probe, Settled};

/// How often files are read that did not stay in memory: other programs may drop the caches of the machine at any time.
pub const TRIES: u32 = 3;

/// Reads files to their ends.
///
/// # Errors
/// Whatever opening and reading give.
pub fn read_all(root: &Path, files: &[PathBuf]) -> Result<()> {
    let mut buffer = vec![0_u8; 128 << 10];
    for file in files {
        let path = root.join(file);
        let mut file = File::open(&path).attempt("open", &path)?;
        while file.read(&mut buffer).attempt("read", &path)? > 0 {}
    }
    Ok(())
}

/// Reads files where they are shown and proves that they stayed in memory: there, and, for those of an item of the driver,
/// in the store.
///
/// # Errors
/// Whatever reading and looking give.
pub fn warm(
    cell: &Cell<'_>,
    shown: &Path,
    item: Option<Item<'_>>,
    files: &[PathBuf],
) -> Result<Settled> {
    let once = || {
        read_all(shown, files)?;
        let settled = cell
            .environment
            .settle(CacheState::Warm, Probe::Directory(shown, files))?;
        match item {
            Some(item) if settled.refused.is_none() => cell
                .environment
                .settle(CacheState::Warm, Probe::Item(item, files)),
            _ => Ok(settled),
        }
    };
    let mut settled = once()?;
    for _ in 1..TRIES {
        if settled.refused.is_some() {
            settled = once()?;
        }
    }
    Ok(settled)
}
