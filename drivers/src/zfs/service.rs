//! Waiting for zfs-fuse to finish what it does after a mount or an unmount.
//!
//! When a mount is gone, the daemon closes its descriptor *twice*. If anything else in the daemon opens a descriptor
//! between the two (the next mount, the connection of a `zfs` command), that one is closed in its stead: the new mount is
//! then never served and every access to it hangs. So an unmount excludes all commands until the daemon is done with it.
//! The daemon serves requests and takes mounts down under one lock; it is done when the descriptor is gone and another
//! mount has answered since.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::daemon::Shared;
use super::engine::Engine;
use crate::error::{Attempt as _, Result};
use crate::fusectl::Control;

/// A daemon that does not answer for so long has lost the mount.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// Taking a mount down is done in a millisecond; more of them on a busy machine.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_micros(300);
/// Where no other mount can answer.
const BREATH: Duration = Duration::from_millis(5);

impl Engine {
    /// Waits until a new mount is served. If it never is, the daemon is killed, so that nothing else hangs either.
    ///
    /// # Errors
    /// `Daemon`.
    pub(super) fn await_service(&self, at: &Path) -> Result<()> {
        let Some(shared) = self.shared() else {
            return Ok(());
        };
        let answered = answers(shared, at);
        self.require_alive(format!("use the new mount on {}", at.display()))?;
        answered.attempt("ask the new mount on", at)
    }
}

impl Shared {
    /// Notes that another mount namespace holds a copy of a dataset's mount.
    pub(super) fn note_holder(&self, dataset: &str, connection: u32) {
        tracing::warn!("another mount namespace holds a copy of the mount of {dataset}");
        self.held().insert(dataset.to_owned(), connection);
    }

    /// Whether waiting for the dataset to be free is in vain, as far as is known.
    pub(super) fn is_held_elsewhere(&self, dataset: &str) -> bool {
        let mut held = self.held();
        let Some(&connection) = held.get(dataset) else {
            return false;
        };
        let is_held = Control::open().is_ok_and(|control| control.waiting(connection).is_ok());
        if !is_held {
            held.remove(dataset);
        }
        is_held
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.held_elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptors it has of mounts.
    pub(super) fn descriptors(&self) -> usize {
        let links = std::fs::read_dir(format!("/proc/{}/fd", self.daemon.pid()));
        links.map_or(0, |links| {
            links
                .flatten()
                .filter_map(|link| std::fs::read_link(link.path()).ok())
                .filter(|target| target == Path::new("/dev/fuse"))
                .count()
        })
    }

    /// Waits until a mount just gone is taken down: fewer than `before` descriptors, and `other`, a mount that stays,
    /// has answered.
    pub(super) fn settle(&self, before: usize, other: Option<&Path>) {
        let deadline = Instant::now() + CLOSE_LIMIT;
        while self.descriptors() >= before && Instant::now() < deadline {
            if self.daemon.ended_within(LOOK_AGAIN) {
                return;
            }
        }
        let answered = other.is_some_and(|other| answers(self, other).is_ok());
        if !answered {
            self.daemon.ended_within(BREATH);
        }
    }
}

/// Asks the mount for its size, which is never cached. Past the limit the daemon is killed, which ends the waiting.
fn answers(shared: &Shared, at: &Path) -> Result<(), rustix::io::Errno> {
    std::thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        scope.spawn(move || {
            if wait.recv_timeout(ANSWER_LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                shared.daemon.give_up();
            }
        });
        let answer = rustix::fs::statvfs(at).map(drop);
        drop(done);
        answer
    })
}
