//! What a store lends: a name that is reserved until it is published, and an item that is in use.

use std::path::{Path, PathBuf};

use super::{Entry, EntryState, Store};
use crate::error::Result;

/// A reserved name with an empty directory; see [`Store::reserve`].
#[derive(Debug)]
pub struct Slot {
    pub(super) store: Store,
    pub(super) entry: Entry,
    pub(super) dir: PathBuf,
    pub(super) published: bool,
}

impl Slot {
    /// The item's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The item's serial.
    pub fn serial(&self) -> u64 {
        self.entry.serial
    }

    /// Makes the item visible.
    ///
    /// # Errors
    /// Whatever writing the record gives; the slot is then dropped as unpublished.
    pub fn publish(mut self) -> Result<()> {
        let mut state = self.store.lock();
        if state.stands_on_unsettled(&self.entry) {
            state.put_off(self.entry.serial);
        } else {
            drop(state);
            self.store.write(&self.entry)?;
            state = self.store.lock();
        }
        self.published = true;
        if let EntryState::Container { key, .. } = &self.entry.state {
            state.busy_keys.retain(|busy| busy != key);
        }
        state.insert(self.entry.clone());
        drop(state);
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        let mut state = self.store.lock();
        if let EntryState::Container { key, .. } = &self.entry.state {
            state.busy_keys.retain(|busy| busy != key);
        }
        state.entries.remove(&self.entry.serial);
        drop(state);
        // Goes only if the driver left it empty, as it should.
        drop(std::fs::remove_dir(&self.dir));
    }
}

/// Counts one mount of an item for as long as it lives.
#[derive(Debug)]
pub struct InUse {
    pub(super) store: Store,
    pub(super) serial: u64,
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(entry) = self.store.lock().entries.get_mut(&self.serial) {
            entry.mounts = entry.mounts.saturating_sub(1);
        }
    }
}
