//! What is done off the clock between cells: pending writes reach the disk, the page cache is set and *checked*.

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::sys::residency::resident_pages;
use drivers::{Driver, Result};
use workloads::{CacheState, Environment};

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
    fn settle(&self, wanted: CacheState, probe: &[&Path]) -> Result<CacheState> {
        self.driver.sync()?;
        if wanted == CacheState::Warm || !self.may_drop {
            return Ok(CacheState::Warm);
        }
        // Clean pages, dentries and inodes (proc_sys_vm(5)); a second time for what the first unpinned.
        for _ in 0..2 {
            std::fs::write("/proc/sys/vm/drop_caches", "3")
                .attempt("drop the caches through", "/proc/sys/vm/drop_caches")?;
        }
        // A daemon may hold data in memory of its own, which no system call shows.
        if self.driver.daemon_usage().alive > 0 || probe.is_empty() {
            return Ok(CacheState::Lukewarm);
        }
        for path in probe {
            // Opening for the check reads metadata only; it is the file's pages that must not be there.
            let (resident, all) = resident_pages(path)?;
            if all > 0 && resident > 0 {
                return Ok(CacheState::Lukewarm);
            }
        }
        Ok(CacheState::Cold)
    }
}
