//! The on-disk records shared by all drivers: who exists, on which parent, and in which directory.
//!
//! Every item owns `<root>/e/<serial>/`, a directory that never moves, so paths stay short and drivers with names of
//! their own (datasets) can use the serial. The symbolic link `item` in it *is* the item: made it publishes, replaced it
//! commits, unlinked it removes. A directory without it is half-made, or half-removed, and is handed to the driver by
//! [`Store::orphans`] when the store is opened. The driver's own data lies beside it.
//!
//! The record is the link's target, which nobody follows: a link comes into being whole, in one step, and is metadata.
//! A file's data would have to reach the disk each time an overlay is unmounted, which syncs the filesystem below.

use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::driver::{Info, Item, Kind, not_found};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};

mod durable;
mod guards;
mod inheritance;
mod lock;
mod removal;
mod state;

pub(crate) use lock::exclusive;
#[cfg(test)]
mod tests;

use durable::Durability;
pub use guards::{InUse, Slot};
use state::State;

const ITEM: &str = "item";

/// The records of one driver root. Cheap to clone: clones share state.
#[derive(Debug, Clone)]
pub struct Store {
    entries_dir: PathBuf,
    durability: Durability,
    state: Arc<Mutex<State>>,
    /// Held as long as the driver lives; what the store lends (slots, use counts) does not hold it.
    _lock: Option<Arc<OwnedFd>>,
}

/// When a committed layer is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the commit returns.
    Now,
    /// With all that is put off, when [`Store::settle`] is called.
    Settled,
}

/// One item as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Unique in the store, never used again.
    pub serial: u64,
    /// The layer it stands on.
    pub parent: Option<LayerId>,
    /// What it is.
    pub state: EntryState,
    mounts: u32,
}

/// What a recorded item is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// A container layer or view.
    Container {
        /// Its name.
        key: Key,
        /// Writable or view.
        kind: Kind,
    },
    /// An immutable layer.
    Layer {
        /// Its chain id.
        id: LayerId,
    },
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    schema: u32,
    parent: Option<LayerId>,
    state: EntryState,
}

impl Store {
    /// Opens the records under `root`, creating them if absent.
    ///
    /// # Errors
    /// `InUse` while another driver has them open; `Corrupt` when an item cannot be read; otherwise whatever reading
    /// gives.
    pub fn open(root: &Path) -> Result<Self> {
        let entries_dir = root.join("e");
        std::fs::create_dir_all(&entries_dir)
            .attempt("create the driver's directory", &entries_dir)?;
        inheritance::end(&entries_dir)?;
        let lock = lock::take(root)?;
        let mut state = State::default();
        for entry in std::fs::read_dir(&entries_dir).attempt("list", &entries_dir)? {
            let entry = entry.attempt("list", &entries_dir)?;
            let Some(serial) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u64>().ok())
            else {
                continue;
            };
            state.next_serial = state.next_serial.max(serial + 1);
            let path = entry.path().join(ITEM);
            let text = match std::fs::read_link(&path) {
                Ok(text) => text.into_os_string().into_encoded_bytes(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("read the item", &path, error)),
            };
            let item: OnDisk = serde_json::from_slice(&text).map_err(|e| {
                Error::new(ErrorKind::Corrupt, "read the item")
                    .path(&path)
                    .because(e.to_string())
            })?;
            state.insert(Entry {
                serial,
                parent: item.parent,
                state: item.state,
                mounts: 0,
            });
        }
        Ok(Self {
            entries_dir,
            durability: Durability::default(),
            state: Arc::new(Mutex::new(state)),
            _lock: Some(Arc::new(lock)),
        })
    }

    /// For what may outlive the driver.
    fn lent(&self) -> Self {
        Self {
            _lock: None,
            ..self.clone()
        }
    }

    /// Directories of half-made or half-removed items, for the driver to discard when it opens.
    ///
    /// # Errors
    /// Whatever listing gives.
    pub fn orphans(&self) -> Result<Vec<PathBuf>> {
        let state = self.lock();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.entries_dir).attempt("list", &self.entries_dir)? {
            let entry = entry.attempt("list", &self.entries_dir)?;
            let known = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
                .is_some_and(|serial: u64| state.entries.contains_key(&serial));
            if !known {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Whether the directory of `serial` holds an item, on disk.
    pub fn is_recorded(&self, serial: u64) -> bool {
        std::fs::symlink_metadata(self.dir(serial).join(ITEM)).is_ok()
    }

    /// The directory that holds the items' directories, each named by its serial.
    pub fn entries_dir(&self) -> &Path {
        &self.entries_dir
    }

    /// The directory of an item.
    pub fn dir(&self, serial: u64) -> PathBuf {
        self.entries_dir.join(serial.to_string())
    }

    /// Reserves `key` on `parent` and makes its directory. Publish the slot when the content is there; dropped
    /// unpublished, it frees the name and leaves an orphan directory for the driver to have discarded.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound`.
    pub fn reserve(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<Slot> {
        let mut state = self.lock();
        let op = || format!("prepare the container layer {key}");
        if state.by_key.contains_key(key) || state.busy_keys.contains(key) {
            return Err(Error::new(ErrorKind::AlreadyExists, op()).because("that name is taken"));
        }
        if let Some(parent) = parent
            && (!state.by_layer.contains_key(parent) || state.busy_layers.contains(parent))
        {
            return Err(Error::new(ErrorKind::NotFound, op())
                .because(format!("there is no layer {parent} to stand on")));
        }
        let serial = state.next_serial;
        let dir = self.dir(serial);
        std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
        state.next_serial += 1;
        state.busy_keys.push(key.clone());
        // Listed at once, so that the parent cannot be removed meanwhile; invisible until published.
        let entry = Entry {
            serial,
            parent: parent.cloned(),
            state: EntryState::Container {
                key: key.clone(),
                kind,
            },
            mounts: 0,
        };
        state.entries.insert(serial, entry.clone());
        Ok(Slot {
            store: self.lent(),
            entry,
            dir,
            published: false,
        })
    }

    /// The record of an item.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, op: &'static str, item: Item<'_>) -> Result<Entry> {
        let state = self.lock();
        state
            .serial(item)
            .and_then(|serial| state.entries.get(&serial))
            .cloned()
            .ok_or_else(|| not_found(op, item))
    }

    /// The serials from `layer` down to the lowest layer.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` when a parent is missing.
    pub fn chain(&self, layer: Option<&LayerId>) -> Result<Vec<u64>> {
        let state = self.lock();
        let mut serials = Vec::new();
        let mut next = layer.cloned();
        while let Some(id) = next {
            let Some(entry) = state
                .by_layer
                .get(&id)
                .and_then(|serial| state.entries.get(serial))
            else {
                let kind = if serials.is_empty() {
                    ErrorKind::NotFound
                } else {
                    ErrorKind::Corrupt
                };
                return Err(Error::new(kind, "follow the layers")
                    .because(format!("there is no layer {id}")));
            };
            serials.push(entry.serial);
            next = entry.parent.clone();
        }
        Ok(serials)
    }

    /// Counts a mount of an item until the returned guard is dropped.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn mounted(&self, item: Item<'_>) -> Result<InUse> {
        let mut state = self.lock();
        let serial = state.serial(item).ok_or_else(|| not_found("mount", item))?;
        if let Some(entry) = state.entries.get_mut(&serial) {
            entry.mounts += 1;
        }
        Ok(InUse {
            store: self.lent(),
            serial,
        })
    }

    /// Refuses with `InUse` while the item is mounted.
    ///
    /// # Errors
    /// `InUse`, `NotFound`.
    pub fn require_unmounted(&self, op: &'static str, item: Item<'_>) -> Result<Entry> {
        let entry = self.get(op, item)?;
        if entry.mounts > 0 {
            return Err(Error::new(ErrorKind::InUse, op)
                .because(format!("{item} is mounted"))
                .hint("unmount it first"));
        }
        Ok(entry)
    }

    /// Refuses with `InUse` while any item is mounted.
    ///
    /// # Errors
    /// `InUse`, naming one.
    pub fn require_idle(&self) -> Result<()> {
        let state = self.lock();
        let Some(entry) = state.entries.values().find(|entry| entry.mounts > 0) else {
            return Ok(());
        };
        let what = match &entry.state {
            EntryState::Container { key, .. } => Item::Container(key).to_string(),
            EntryState::Layer { id } => Item::Layer(id).to_string(),
        };
        Err(Error::new(ErrorKind::InUse, "close the driver")
            .path(&self.entries_dir)
            .because(format!("{what} is mounted"))
            .hint("unmount it first"))
    }

    /// Turns the container layer `key` into the layer `id`. `seal` makes its content immutable before the record
    /// changes; if it fails, the key stays as it was. The record is made at once, or, [`When::Settled`], put off until
    /// [`Store::settle`]: until then everybody sees a layer, and a crash takes it away.
    ///
    /// # Errors
    /// `AlreadyExists`, `InUse`, `NotFound`, and whatever `seal` gives.
    pub fn commit(
        &self,
        key: &Key,
        id: &LayerId,
        when: When,
        seal: impl FnOnce(&Entry) -> Result<()>,
    ) -> Result<()> {
        let op = "commit the container layer";
        let mut state = self.lock();
        let serial = state
            .serial(Item::Container(key))
            .ok_or_else(|| not_found(op, Item::Container(key)))?;
        let entry = state.entries[&serial].clone();
        if entry.mounts > 0 {
            return Err(Error::new(ErrorKind::InUse, op)
                .because(format!("{key} is mounted"))
                .hint("unmount it first"));
        }
        if matches!(
            entry.state,
            EntryState::Container {
                kind: Kind::View,
                ..
            }
        ) {
            return Err(Error::new(ErrorKind::Unsupported, op).because(format!("{key} is a view")));
        }
        if state.by_layer.contains_key(id) || state.busy_layers.contains(id) {
            return Err(Error::new(ErrorKind::AlreadyExists, op)
                .because(format!("there is a layer {id} already")));
        }
        state.busy_keys.push(key.clone());
        state.busy_layers.push(id.clone());
        drop(state);

        let sealed = Entry {
            state: EntryState::Layer { id: id.clone() },
            ..entry.clone()
        };
        // Where commits wait for nothing, there is nothing to be put off.
        let later = when == When::Settled && self.durability.commits;
        let outcome = seal(&entry).and_then(|()| {
            if later {
                return Ok(());
            }
            self.settle()?;
            self.durable()?;
            self.write(&sealed)
        });

        let mut state = self.lock();
        state.busy_keys.retain(|busy| busy != key);
        state.busy_layers.retain(|busy| busy != id);
        outcome?;
        if later {
            state.put_off(serial);
        }
        state.by_key.remove(key);
        state.insert(sealed);
        Ok(())
    }

    /// Sets the parent of the unmounted container layer `key`, which stands on nothing. `ready` is run before the record
    /// changes; if it fails, nothing does.
    ///
    /// # Errors
    /// `NotFound` (key or parent), `InUse` (mounted), `Unsupported` (it has a parent already, or is a view), and whatever
    /// `ready` gives.
    pub fn rebase(
        &self,
        key: &Key,
        parent: &LayerId,
        ready: impl FnOnce(&Entry) -> Result<()>,
    ) -> Result<()> {
        let op = "move the container layer onto a parent";
        let entry = self.require_unmounted(op, Item::Container(key))?;
        let movable = matches!(
            entry.state,
            EntryState::Container {
                kind: Kind::Writable,
                ..
            }
        );
        if entry.parent.is_some() || !movable {
            return Err(Error::new(ErrorKind::Unsupported, op)
                .because(format!("{key} is a view, or stands on a layer already")));
        }
        ready(&entry)?;
        let mut state = self.lock();
        // Looked at again under the lock that changes them.
        if state.serial(Item::Container(key)) != Some(entry.serial)
            || state.serial(Item::Layer(parent)).is_none()
        {
            return Err(not_found(op, Item::Layer(parent)));
        }
        let moved = Entry {
            parent: Some(parent.clone()),
            ..entry
        };
        self.record(&mut state, &moved)?;
        state.insert(moved);
        Ok(())
    }

    /// Everything published, in order of creation.
    pub fn list(&self) -> Vec<Info> {
        let state = self.lock();
        state
            .entries
            .values()
            .filter(|entry| state.visible(entry))
            .map(|entry| match &entry.state {
                EntryState::Container { key, kind } => Info {
                    key: Some(key.clone()),
                    layer: None,
                    parent: entry.parent.clone(),
                    kind: Some(*kind),
                },
                EntryState::Layer { id } => Info {
                    key: None,
                    layer: Some(id.clone()),
                    parent: entry.parent.clone(),
                    kind: None,
                },
            })
            .collect()
    }

    fn write(&self, entry: &Entry) -> Result<()> {
        let dir = self.dir(entry.serial);
        let item = OnDisk {
            schema: 1,
            parent: entry.parent.clone(),
            state: entry.state.clone(),
        };
        let text = serde_json::to_string(&item).map_err(|e| {
            Error::new(ErrorKind::Corrupt, "write the item")
                .path(&dir)
                .because(e.to_string())
        })?;
        let path = dir.join(ITEM);
        match symlink(&text, &path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => return other.attempt("publish the item", &path),
        }
        let new = dir.join("item.new");
        match std::fs::remove_file(&new) {
            // One may be left from a process that was killed here.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove the old", &new, error));
            }
            _ => {}
        }
        symlink(&text, &new).attempt("write the item", &new)?;
        std::fs::rename(&new, &path).attempt("replace the item", &path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the maps consistent: every change is a few infallible inserts.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
