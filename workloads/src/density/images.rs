//! Images on common bases: what they take together, against the sum of their sizes.

use drivers::{Driver, Item, LayerId, Result};

use super::value;
use crate::cell::Cell;
use crate::fixture::{self, FixtureFile};
use crate::recorder::Metric;

/// Layers that go again, the last made first.
struct Layers<'a> {
    driver: &'a dyn Driver,
    made: Vec<LayerId>,
}

impl Layers<'_> {
    fn remove(&mut self) -> Result<()> {
        while let Some(id) = self.made.pop() {
            self.driver.remove(Item::Layer(&id))?;
        }
        Ok(())
    }
}

impl Drop for Layers<'_> {
    fn drop(&mut self) {
        // After a failure that one is told.
        drop(self.remove());
    }
}

/// Files a base or an image's own layer consists of.
const FILES: u64 = 8;

pub(super) fn images(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    let amounts = cell.scale.density.clone();
    let layer = |label: String, parent: Option<&LayerId>, bytes: u64| {
        let files: Vec<_> = (0..FILES)
            .map(|n| FixtureFile {
                name: format!("{label}/file-{n}"),
                size: (bytes / FILES).max(1),
            })
            .collect();
        fixture::layer(driver, &label, parent, &files)
    };
    let space = || {
        driver.sync()?;
        driver.store_space()
    };
    cell.recorder
        .param("images", Some(amounts.density_images.to_string()));
    let before = space()?;
    let mut layers = Layers {
        driver,
        made: Vec::new(),
    };
    let bases = amounts
        .density_bases
        .clamp(1, amounts.density_images.max(1));
    for n in 0..bases {
        let id = layer(
            format!("density-base-{n}"),
            None,
            amounts.density_base_bytes,
        )?;
        layers.made.push(id);
    }
    let (mut apart, mut apart_inodes) = (0, 0);
    for n in 0..amounts.density_images {
        let base = layers.made[(n % bases) as usize].clone();
        let own = amounts.density_base_bytes / 8;
        let id = layer(format!("density-image-{n}"), Some(&base), own)?;
        layers.made.push(id.clone());
        // As they are listed: each with everything it shows.
        let (all, below) = (
            driver.usage(Item::Layer(&id))?,
            driver.usage(Item::Layer(&base))?,
        );
        apart += all.referenced_bytes;
        apart_inodes += all.exclusive_inodes + below.exclusive_inodes;
    }
    let after = space()?;
    let grown = after.bytes.saturating_sub(before.bytes);
    value(cell, "images", Metric::Allocated, grown);
    if let (Some(before), Some(after)) = (before.inodes, after.inodes) {
        value(cell, "images", Metric::Inodes, after.saturating_sub(before));
        value(cell, "images-apart", Metric::Inodes, apart_inodes);
    }
    value(cell, "images-apart", Metric::Allocated, apart);
    cell.recorder.param("images", None);
    layers.remove()
}
