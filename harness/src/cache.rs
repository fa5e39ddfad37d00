//! Cache states: set, then *proven* by looking at the pages, or refused with the reason.
//!
//! Cold takes four things: no page of the files looked at, neither of those a container shows nor of those of the store
//! behind them; nothing in memory of the driver's own; and nothing in the page cache of the file that holds the store.

mod evidence;
mod glance;

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Backing, Driver, Error, ErrorKind, OwnCache, Result};
use workloads::{CacheState, Environment, Glance, Probe, Settled, SmallStore};

use crate::small;
use crate::subjects::Planned;
use crate::workplace::Opened;
use evidence::Evidence;

/// The environment of one subject.
#[derive(Debug)]
pub(crate) struct Settle<'a> {
    driver: &'a dyn Driver,
    /// The file of the host that holds the store, where there is one.
    store_file: Option<&'a Path>,
    may_drop: bool,
    /// What small stores are made like; none in tests.
    planned: Option<&'a Planned>,
}

/// Why nothing can be dropped without root.
const NOT_ROOT: &str =
    "the kernel's caches can be dropped only by root, outside any user namespace";

impl<'a> Settle<'a> {
    /// `may_drop`: this process may drop the kernel's caches (root in the initial user namespace).
    pub(crate) fn new(opened: &'a Opened, may_drop: bool) -> Self {
        Self {
            driver: &*opened.driver,
            store_file: opened.ground.store_file(),
            may_drop,
            planned: Some(&opened.planned),
        }
    }

    /// Why the store cannot be anything but warm, if so.
    fn only_warm(&self) -> Result<Option<&'static str>> {
        if evidence::is_memory(self.driver.plain_dir())? {
            return Ok(Some(
                "the store is a tmpfs: it lies in memory, and nothing of it can be dropped",
            ));
        }
        Ok((!self.may_drop).then_some(NOT_ROOT))
    }

    fn cold(&self, probe: Probe<'_>) -> Result<Settled> {
        let no = |why: String| Ok(Settled::refused(CacheState::Lukewarm, why));
        let evidence = Evidence::new(self.driver);
        if let Some(why) = evidence.against_cold(probe)? {
            return no(why);
        }
        // After the look at the files, which the driver may have made a view for.
        if let OwnCache::Held(why) = self.driver.drop_caches()? {
            return no(why);
        }
        if let Some(file) = self.store_file {
            // What was written last can be dropped only once it is on the disk.
            std::fs::File::open(file)
                .and_then(|file| file.sync_all())
                .attempt("sync", file)?;
        }
        // Also what the look itself brought in: directories and inodes.
        drop_caches(Drop::Everything)?;
        if let Some(file) = self.store_file
            && let Some(why) = evidence::of_store_file(file)?
        {
            return no(why);
        }
        Ok(Settled::proven(CacheState::Cold))
    }
}

impl Environment for Settle<'_> {
    fn settle(&self, wanted: CacheState, probe: Probe<'_>) -> Result<Settled> {
        if wanted == CacheState::Warm {
            let against = Evidence::new(self.driver).against_warm(probe)?;
            return Ok(match against {
                None => Settled::proven(CacheState::Warm),
                Some(why) => Settled::refused(CacheState::Lukewarm, why),
            });
        }
        self.driver.sync()?;
        if let Some(why) = self.only_warm()? {
            return Ok(Settled::refused(CacheState::Warm, why));
        }
        if wanted == CacheState::Cold {
            drop_caches(Drop::Pages)?;
            let settled = self.cold(probe)?;
            if settled.state == CacheState::Cold {
                return Ok(settled);
            }
            drop_caches(Drop::Everything)?;
            return Ok(settled);
        }
        drop_caches(Drop::Everything)?;
        Ok(Settled::proven(CacheState::Lukewarm))
    }

    fn sync(&self) -> Result<()> {
        self.driver.sync()
    }

    fn glance(&self) -> Result<Glance> {
        glance::look(self.driver, self.store_file)
    }

    fn store_has_others(&self) -> bool {
        self.planned
            .is_some_and(|planned| planned.backing == Backing::Directory)
    }

    fn small(&self, dir: &Path, bytes: u64) -> Result<Box<dyn SmallStore>> {
        match self.planned {
            Some(planned) => small::make(planned, dir, bytes),
            None => Err(Error::new(ErrorKind::Unsupported, "make a small store in").path(dir)),
        }
    }
}

/// What is dropped (proc_sys_vm(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drop {
    /// Clean pages.
    Pages,
    /// Dentries and inodes too, and then the pages that they had kept.
    Everything,
}

/// Drops caches of the whole machine: there is no call for one filesystem's.
fn drop_caches(what: Drop) -> Result<()> {
    let path = "/proc/sys/vm/drop_caches";
    let steps: &[&str] = match what {
        Drop::Pages => &["1"],
        Drop::Everything => &["3", "1"],
    };
    for step in steps {
        std::fs::write(path, step).attempt("drop the caches through", path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
