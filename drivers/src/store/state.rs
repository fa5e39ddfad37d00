//! What a store knows in memory: its items by serial, by key and by layer, and which names are taken but not visible.

use std::collections::BTreeMap;

use super::{Entry, EntryState};
use crate::driver::Item;
use crate::ids::{Key, LayerId};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) next_serial: u64,
    pub(super) entries: BTreeMap<u64, Entry>,
    pub(super) by_key: BTreeMap<Key, u64>,
    pub(super) by_layer: BTreeMap<LayerId, u64>,
    /// Keys and layers being made, removed or committed: name taken, item not visible.
    pub(super) busy_keys: Vec<Key>,
    pub(super) busy_layers: Vec<LayerId>,
    /// Items whose records are not made yet, in the order in which they must be: committed layers whose content may not have
    /// reached the disk, and what stands on them.
    pub(super) unsettled: Vec<u64>,
    /// Items whose records are gone and whose directories could not be removed.
    pub(super) half_removed: Vec<Entry>,
}

impl State {
    pub(super) fn insert(&mut self, entry: Entry) {
        match &entry.state {
            EntryState::Container { key, .. } => self.by_key.insert(key.clone(), entry.serial),
            EntryState::Layer { id } => self.by_layer.insert(id.clone(), entry.serial),
        };
        self.entries.insert(entry.serial, entry);
    }

    pub(super) fn forget(&mut self, entry: &Entry) {
        match &entry.state {
            EntryState::Container { key, .. } => self.by_key.remove(key),
            EntryState::Layer { id } => self.by_layer.remove(id),
        };
        self.entries.remove(&entry.serial);
        self.unsettled.retain(|serial| *serial != entry.serial);
    }

    /// Whether the layer below an item has no record yet.
    pub(super) fn stands_on_unsettled(&self, entry: &Entry) -> bool {
        let parent = entry.parent.as_ref().and_then(|id| self.by_layer.get(id));
        parent.is_some_and(|serial| self.unsettled.contains(serial))
    }

    /// The record is made later, after those put off before.
    pub(super) fn put_off(&mut self, serial: u64) {
        if !self.unsettled.contains(&serial) {
            self.unsettled.push(serial);
        }
    }

    pub(super) fn serial(&self, item: Item<'_>) -> Option<u64> {
        match item {
            Item::Container(key) => self
                .by_key
                .get(key)
                .filter(|_| !self.busy_keys.contains(key))
                .copied(),
            Item::Layer(id) => self
                .by_layer
                .get(id)
                .filter(|_| !self.busy_layers.contains(id))
                .copied(),
        }
    }

    /// Takes out what is left of an item whose removal failed.
    pub(super) fn take_half_removed(&mut self, item: Item<'_>) -> Option<Entry> {
        let is_it = |entry: &Entry| match (&entry.state, item) {
            (EntryState::Container { key, .. }, Item::Container(wanted)) => key == wanted,
            (EntryState::Layer { id }, Item::Layer(wanted)) => id == wanted,
            _ => false,
        };
        let index = self.half_removed.iter().position(is_it)?;
        Some(self.half_removed.swap_remove(index))
    }

    pub(super) fn visible(&self, entry: &Entry) -> bool {
        match &entry.state {
            EntryState::Container { key, .. } => self.by_key.get(key) == Some(&entry.serial),
            EntryState::Layer { id } => self.by_layer.get(id) == Some(&entry.serial),
        }
    }
}
