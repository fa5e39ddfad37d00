//! Layers that a cell makes for itself: gone again when it ends, however it ends.

use drivers::{Driver, Item, LayerId, Result};

/// Layers to be removed. `remove` says whether that worked; dropping does the same silently.
#[derive(Debug)]
pub struct Layers<'a> {
    driver: &'a dyn Driver,
    made: Vec<LayerId>,
}

impl<'a> Layers<'a> {
    /// None yet.
    pub fn new(driver: &'a dyn Driver) -> Self {
        Self {
            driver,
            made: Vec::new(),
        }
    }

    /// Takes charge of a layer; its parents were added before it.
    pub fn add(&mut self, layer: LayerId) {
        self.made.push(layer);
    }

    /// All of them, the first made first.
    pub fn all(&self) -> &[LayerId] {
        &self.made
    }

    /// Removes them, the last made first.
    ///
    /// # Errors
    /// As `Driver::remove`; the layers after the one that failed are left to the drop.
    pub fn remove(mut self) -> Result<()> {
        self.remove_all()
    }

    /// As [`Self::remove`], and others can be added afterwards.
    ///
    /// # Errors
    /// As [`Self::remove`].
    pub fn remove_all(&mut self) -> Result<()> {
        while let Some(layer) = self.made.pop() {
            self.driver.remove(Item::Layer(&layer))?;
        }
        Ok(())
    }
}

impl Drop for Layers<'_> {
    fn drop(&mut self) {
        // The failure that led here is the one the user reads; what cannot be removed is in the run's directory.
        while let Some(layer) = self.made.pop() {
            if let Err(error) = self.driver.remove(Item::Layer(&layer)) {
                tracing::warn!("after a failed cell: {error}");
            }
        }
    }
}
