//! Looking at pages: what speaks against a cache state, in plain words.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::sys::cachestat::cached;
use drivers::sys::residency::resident_pages;
use drivers::{Driver, Result};
use rustix::io::Errno;
use workloads::Probe;

/// Of statfs(2).
const TMPFS: u32 = 0x0102_1994;
const RAMFS: u32 = 0x8584_58f6;
const FUSE: u32 = 0x6573_5546;
const ZFS: u32 = 0x2fc1_2fc1;

/// Looks at the files of one subject.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    driver: &'a dyn Driver,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(driver: &'a dyn Driver) -> Self {
        Self { driver }
    }

    /// The first file with pages in memory: as it is shown, or the file of the store behind it.
    pub(super) fn against_cold(&self, probe: Probe<'_>) -> Result<Option<String>> {
        match probe {
            Probe::Nothing => Ok(Some(
                "there is no file whose pages could be looked at".to_owned(),
            )),
            Probe::Directory(dir, files) => in_memory(dir, files),
            Probe::Item(of, files) => {
                for file in files {
                    if let Some(path) = self.driver.backing_file(of, file)? {
                        let cached = cached(&path)?;
                        if cached.pages > 0 {
                            return Ok(Some(still(cached.pages, cached.of, file, "in the store")));
                        }
                    }
                }
                let view = self.driver.view(of)?;
                let found = in_memory(view.path(), files);
                view.close()?;
                found
            }
        }
    }

    /// The first file that was read and is not all in memory. Where a container has files of its own (a snapshot, a copy),
    /// or the page cache is not the only one (FUSE, ZFS), there is nothing to look at: that it was read must do.
    pub(super) fn against_warm(&self, probe: Probe<'_>) -> Result<Option<String>> {
        let missing = |pages: u64, of: u64, file: &Path| {
            (pages < of).then(|| {
                let file = file.display();
                format!(
                    "only {pages} of {of} pages of {file} are still in memory after it was read"
                )
            })
        };
        match probe {
            Probe::Nothing => {}
            Probe::Directory(dir, files) => {
                if matches!(magic(dir)?, FUSE | ZFS) {
                    return Ok(None);
                }
                for file in files {
                    let (pages, of) = pages(&dir.join(file))?;
                    if let Some(why) = missing(pages, of, file) {
                        return Ok(Some(why));
                    }
                }
            }
            Probe::Item(of, files) => {
                for file in files {
                    if let Some(path) = self.driver.backing_file(of, file)? {
                        let cached = cached(&path)?;
                        if let Some(why) = missing(cached.pages, cached.of, file) {
                            return Ok(Some(why));
                        }
                    }
                }
            }
        }
        Ok(None)
    }
}

/// What of the file that holds the store is in the host's page cache, below the store's own. A loop device with direct
/// I/O leaves nothing there; a pool's file is read through it.
pub(super) fn of_store_file(file: &Path) -> Result<Option<String>> {
    let found = cached(file)?;
    let name = file.file_name().unwrap_or(file.as_os_str());
    Ok((found.pages > 0).then(|| {
        format!(
            "{} pages of the file that holds the store, {}, are in the host's page cache ({} of them not written yet)",
            found.pages,
            name.display(),
            found.unwritten,
        )
    }))
}

/// Whether a directory lies in memory.
pub(super) fn is_memory(dir: &Path) -> Result<bool> {
    Ok(matches!(magic(dir)?, TMPFS | RAMFS))
}

fn magic(dir: &Path) -> Result<u32> {
    let stat = rustix::fs::statfs(dir).attempt("ask for the filesystem of", dir)?;
    // As wide as a word, but 32 bits are in use.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "magic numbers have 32 bits"
    )]
    Ok(stat.f_type as u32)
}

/// The first of the files with pages in memory.
fn in_memory(dir: &Path, files: &[PathBuf]) -> Result<Option<String>> {
    for file in files {
        let (pages, of) = pages(&dir.join(file))?;
        if pages > 0 {
            return Ok(Some(still(pages, of, file, "as a container sees it")));
        }
    }
    Ok(None)
}

fn still(pages: u64, of: u64, file: &Path, place: &str) -> String {
    let file = file.display();
    format!(
        "{pages} of {of} pages of {file}, {place}, are still in memory: somebody has it mapped, or read it meanwhile"
    )
}

/// Pages in memory and pages in all. The file's own, and those a mapping of it would find: a stacked filesystem has none of
/// its own.
fn pages(path: &Path) -> Result<(u64, u64)> {
    let own = cached(path)?;
    let mapped = match resident_pages(path) {
        Ok((pages, _)) => pages as u64,
        // It cannot be mapped.
        Err(error) if error.raw_os_error() == Some(Errno::NODEV.raw_os_error()) => 0,
        Err(error) => return Err(error),
    };
    Ok((own.pages.max(mapped), own.of))
}
