//! What a pull has made so far; unless it succeeds, all of it is removed again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use drivers::{Driver, Item, Key, LayerId, Result};

/// Removes keys, then layers (the highest first), when dropped before [`Undo::keep`].
#[derive(Debug)]
pub(super) struct Undo<'a> {
    driver: &'a dyn Driver,
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    keys: Vec<Key>,
    layers: Vec<LayerId>,
}

impl<'a> Undo<'a> {
    pub(super) fn new(driver: &'a dyn Driver) -> Self {
        Self {
            driver,
            made: Mutex::default(),
        }
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key that is there now.
    pub(super) fn key(&self, key: &Key) {
        self.made().keys.push(key.clone());
    }

    /// Removes a key before its time.
    pub(super) fn remove_key(&self, key: &Key) -> Result<()> {
        self.driver.remove(Item::Container(key))?;
        self.made().keys.retain(|other| other != key);
        Ok(())
    }

    /// The key became the layer.
    pub(super) fn layer(&self, key: &Key, layer: &LayerId) {
        let mut made = self.made();
        made.keys.retain(|other| other != key);
        made.layers.push(layer.clone());
    }

    /// All went well.
    pub(super) fn keep(self) {
        *self.made() = Made::default();
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.made());
        for key in &made.keys {
            if let Err(error) = self.driver.remove(Item::Container(key)) {
                tracing::error!("after a failed pull: {error}");
            }
        }
        // A layer that others have come to stand on meanwhile stays: it is whole.
        for layer in made.layers.iter().rev() {
            if let Err(error) = self.driver.remove(Item::Layer(layer)) {
                tracing::warn!("after a failed pull: {error}");
            }
        }
    }
}
