//! Where container layers are mounted now. The kernel forbids two overlays with one upper directory, so the second mount
//! of a container layer is a bind of the first.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::mount::{self, Mount};

type Points = Arc<Mutex<Vec<PathBuf>>>;

/// The live mounts of one driver, by serial.
#[derive(Debug, Default, Clone)]
pub(crate) struct Live(Arc<Mutex<HashMap<u64, Points>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one push or one removal: a panic elsewhere leaves them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Mounts the container layer `serial` on `at`: with `make` when it is not mounted, else as one more view of the same
    /// mount. Only mounts of the same container layer wait for one another.
    pub(crate) fn mount(
        &self,
        serial: u64,
        at: &Path,
        make: impl FnOnce() -> Result<Mount>,
    ) -> Result<Mount> {
        let points = Arc::clone(lock(&self.0).entry(serial).or_default());
        let mut list = lock(&points);
        let mount = match list.last() {
            Some(first) => mount::bind(first, at, false)?,
            None => make()?,
        };
        list.push(at.to_owned());
        drop(list);
        let (live, at) = (self.clone(), at.to_owned());
        Ok(mount.when_released(move || {
            live.forget(serial, &at);
            Ok(())
        }))
    }

    /// Somewhere the container layer is mounted.
    pub(crate) fn somewhere(&self, serial: u64) -> Option<PathBuf> {
        let points = lock(&self.0).get(&serial).cloned()?;
        lock(&points).last().cloned()
    }

    fn forget(&self, serial: u64, at: &Path) {
        let mut all = lock(&self.0);
        if let Some(points) = all.get(&serial).cloned() {
            let mut list = lock(&points);
            if let Some(index) = list.iter().position(|point| point == at) {
                list.remove(index);
            }
            // Two owners here (the map's and ours): no mount is being made meanwhile.
            if list.is_empty() && Arc::strong_count(&points) == 2 {
                all.remove(&serial);
            }
        }
    }
}
