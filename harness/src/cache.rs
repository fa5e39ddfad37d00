//! Cache states: set, then *proven* by looking at the pages, or refused with the reason.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::sys::residency::resident_pages;
use drivers::{Driver, Result};
use workloads::{CacheState, Environment, Probe, Settled};

/// The environment of one subject.
#[derive(Debug)]
pub(crate) struct Settle<'a> {
    driver: &'a dyn Driver,
    may_drop: bool,
}

impl<'a> Settle<'a> {
    /// `may_drop`: this process may drop the kernel's caches (root in the initial user namespace).
    pub(crate) fn new(driver: &'a dyn Driver, may_drop: bool) -> Self {
        Self { driver, may_drop }
    }
}

impl Environment for Settle<'_> {
    fn settle(&self, wanted: CacheState, probe: Probe<'_>) -> Result<Settled> {
        self.driver.sync()?;
        if wanted == CacheState::Warm {
            return Ok(Settled::proven(CacheState::Warm));
        }
        if !self.may_drop {
            return Ok(Settled::refused(
                CacheState::Warm,
                "only root, outside any user namespace, may drop the kernel's caches",
            ));
        }
        drop_caches()?;
        if wanted == CacheState::Lukewarm {
            return Ok(Settled::proven(CacheState::Lukewarm));
        }
        // A daemon may hold data in memory of its own, which no system call shows.
        if self.driver.daemon_usage().alive > 0 {
            return Ok(Settled::refused(
                CacheState::Lukewarm,
                "a daemon of the driver keeps data of its own, which no call shows",
            ));
        }
        let resident = match probe {
            Probe::Nothing => Some("there is no file to look at".to_owned()),
            Probe::Item(of, files) => {
                let view = self.driver.view(of)?;
                let found = resident(view.path(), files)?;
                view.close()?;
                found
            }
            Probe::Directory(dir, files) => resident(dir, files)?,
        };
        Ok(match resident {
            Some(why) => Settled::refused(CacheState::Lukewarm, why),
            None => Settled::proven(CacheState::Cold),
        })
    }

    fn sync(&self) -> Result<()> {
        self.driver.sync()
    }
}

/// Drops clean pages, dentries and inodes (proc_sys_vm(5)); a second time for what the first unpinned.
fn drop_caches() -> Result<()> {
    let path = "/proc/sys/vm/drop_caches";
    for _ in 0..2 {
        std::fs::write(path, "3").attempt("drop the caches through", path)?;
    }
    Ok(())
}

/// The first file with pages in memory, in words.
fn resident(dir: &Path, files: &[PathBuf]) -> Result<Option<String>> {
    for file in files {
        // Opening for the check reads metadata only; it is the file's pages that must not be there.
        let (resident, all) = resident_pages(&dir.join(file))?;
        if resident > 0 {
            let name = file.display();
            return Ok(Some(format!(
                "{resident} of {all} pages of {name} are resident"
            )));
        }
    }
    Ok(None)
}
