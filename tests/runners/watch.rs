//! Bounds a test run: a case that does not end is named, and the process ends. Its mounts and daemons go with it, and
//! `layerbench sweep` or the next run's owner removes its directory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Far above what any case takes on the slowest driver.
const LIMIT: Duration = Duration::from_secs(150);

/// The cases that run now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Watch {
    /// Starts watching; the thread ends with the process.
    pub(crate) fn start() -> Self {
        let watch = Self::default();
        let watched = watch.clone();
        thread::spawn(move || {
            while watched.late().is_none() {
                thread::park_timeout(Duration::from_secs(1));
            }
            let name = watched.late().unwrap_or_default();
            println!("\n{name} did not end within {LIMIT:?}");
            // A hung system call may hold any lock of this process: no summary, no clean-up.
            std::process::exit(124);
        });
        watch
    }

    /// Runs something under the watch.
    pub(crate) fn over<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        self.lock().insert(name.to_owned(), Instant::now());
        let result = work();
        self.lock().remove(name);
        result
    }

    fn late(&self) -> Option<String> {
        self.lock()
            .iter()
            .find(|(_, start)| start.elapsed() > LIMIT)
            .map(|(name, _)| name.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
