//! Where container layers are mounted now. The kernel forbids two overlays with one upper directory, so every further
//! mount or view of a mounted container layer is a bind of the first. The daemon behind it serves until the last is gone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::mount::{self, After, Mount};

/// The mounts of one container layer.
#[derive(Default)]
struct Group {
    points: Vec<PathBuf>,
    /// Whom the owners 0 and up are shown as, where that is somebody else.
    owners: Option<(u32, u32)>,
    /// What has to happen after the last unmount.
    last: Vec<After>,
}

/// The live mounts of one driver, by serial.
#[derive(Default, Clone)]
pub(crate) struct Live(Arc<Mutex<HashMap<u64, Arc<Mutex<Group>>>>>);

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Live").field(&lock(&self.0).len()).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one push or one removal: a panic elsewhere leaves them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Mounts the container layer `serial` on `at`: as one more view of a mount that is there, else with `make`. Only
    /// mounts of the same container layer wait for one another, and all of them show the same owners.
    pub(crate) fn mount(
        &self,
        serial: u64,
        at: &Path,
        owners: Option<(u32, u32)>,
        make: impl FnOnce() -> Result<Mount>,
    ) -> Result<Mount> {
        let group = Arc::clone(lock(&self.0).entry(serial).or_default());
        let mut members = lock(&group);
        let mount = match members.points.last() {
            Some(first) if members.owners == owners => mount::bind(first, at, false)?,
            Some(first) => return Err(shown_otherwise("mount on", at, first)),
            None => {
                let mut mount = make()?;
                members.last = mount.take_released();
                members.owners = owners;
                mount
            }
        };
        Ok(self.enlist(serial, &mut members, mount))
    }

    /// Shows a mounted container layer also at `at`, read-only; `None` when it is not mounted.
    pub(crate) fn share(&self, serial: u64, at: &Path) -> Result<Option<Mount>> {
        let Some(group) = lock(&self.0).get(&serial).cloned() else {
            return Ok(None);
        };
        let mut members = lock(&group);
        let Some(first) = members.points.last() else {
            return Ok(None);
        };
        if members.owners.is_some() {
            return Err(shown_otherwise("view", at, first));
        }
        let mount = mount::bind(first, at, true)?;
        Ok(Some(self.enlist(serial, &mut members, mount)))
    }

    fn enlist(&self, serial: u64, members: &mut Group, mount: Mount) -> Mount {
        let at = mount.path().to_owned();
        members.points.push(at.clone());
        let live = self.clone();
        mount.when_released(move || live.leave(serial, &at))
    }

    fn leave(&self, serial: u64, at: &Path) -> Result<()> {
        let Some(group) = lock(&self.0).get(&serial).cloned() else {
            return Ok(());
        };
        let mut members = lock(&group);
        if let Some(index) = members.points.iter().position(|point| point == at) {
            members.points.remove(index);
        }
        if !members.points.is_empty() {
            return Ok(());
        }
        // Run under the group's lock: a new mount of the same upper waits until the old one is really gone.
        let steps = std::mem::take(&mut members.last);
        let mut outcome = Ok(());
        for step in steps {
            let done = step();
            outcome = outcome.and(done);
        }
        drop(members);
        let mut all = lock(&self.0);
        // Two owners, the map and this call: nobody is about to mount it.
        if Arc::strong_count(&group) == 2 {
            all.remove(&serial);
        }
        outcome
    }
}

fn shown_otherwise(op: &str, at: &Path, first: &Path) -> Error {
    Error::new(ErrorKind::InUse, op.to_owned())
        .path(at)
        .because(format!(
            "the container layer is mounted with other owners, on {}",
            first.display()
        ))
        .hint("unmount it there first")
}
