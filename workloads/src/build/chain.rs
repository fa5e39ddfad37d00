//! Steps one on the other: a container layer for each, changed and committed.

use std::time::Instant;

use drivers::{Driver, ErrorKind, Item, LayerId, Result};

use super::recipe::Step;
use crate::cell::Cell;
use crate::container::{Container, key};
use crate::layers::Layers;

/// Seconds of the parts of a build, and how many steps were found.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Parts {
    pub(super) prepare: f64,
    pub(super) change: f64,
    pub(super) commit: f64,
    pub(super) cached: u32,
}

/// Names a container layer for each step, off the clock.
pub(super) fn plan<'a>(
    cell: &Cell<'_>,
    driver: &'a dyn Driver,
    name: &str,
    steps: &[Step],
) -> Result<Vec<Container<'a>>> {
    (0..steps.len())
        .map(|number| Container::plan(driver, key(cell, &format!("{name}{number}"))?, cell.scratch))
        .collect()
}

/// Builds the steps on `base`; those whose layers are there are used as they are. What was made is added to `layers`.
pub(super) fn build(
    driver: &dyn Driver,
    base: &LayerId,
    steps: &[Step],
    containers: &mut [Container<'_>],
    layers: &mut Layers<'_>,
) -> Result<(LayerId, Parts)> {
    let mut parts = Parts::default();
    let mut parent = base.clone();
    for (step, container) in steps.iter().zip(containers) {
        let layer = step.layer(Some(&parent))?;
        if is_there(driver, &layer)? {
            parts.cached += 1;
        } else {
            let began = Instant::now();
            container.prepare(Some(&parent))?;
            container.mount()?;
            let prepared = Instant::now();
            step.run(container.root())?;
            let changed = Instant::now();
            container.unmount()?;
            container.commit(&layer)?;
            let committed = Instant::now();
            layers.add(layer.clone());
            parts.prepare += (prepared - began).as_secs_f64();
            parts.change += (changed - prepared).as_secs_f64();
            parts.commit += (committed - changed).as_secs_f64();
        }
        parent = layer;
    }
    Ok((parent, parts))
}

/// Whether all steps can be used as they are: each is asked for by its name, as a builder does before it builds.
pub(super) fn all_cached(driver: &dyn Driver, base: &LayerId, steps: &[Step]) -> Result<bool> {
    let mut parent = base.clone();
    for step in steps {
        parent = step.layer(Some(&parent))?;
        if !is_there(driver, &parent)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_there(driver: &dyn Driver, layer: &LayerId) -> Result<bool> {
    match driver.parent(Item::Layer(layer)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
