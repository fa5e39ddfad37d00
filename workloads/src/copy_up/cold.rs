//! The first write from cold caches, in a container of its own: the file of the image comes from the device.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, LayerId, Result};

use super::{CHANGES, file_name};
use crate::cell::Cell;
use crate::container::{Container, key};
use crate::environment::{CacheState, Probe, Settled};
use crate::fixture;

/// The sizes of the first writes from cold caches: the least and the greatest. Each needs the caches of the machine dropped.
fn sizes(cell: &Cell<'_>) -> BTreeSet<u64> {
    let all = || {
        let scale = cell.scale;
        scale.file_sizes.iter().chain(&scale.large_file_sizes)
    };
    all()
        .min()
        .into_iter()
        .chain(all().max())
        .copied()
        .collect()
}

/// On the control the files of the warm changes cannot be used twice.
fn file(size: u64) -> String {
    format!("cold-{size}")
}

/// Gives why nothing colder than warm is to be had, if so.
pub(super) fn on_layer(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    base: &LayerId,
) -> Result<Option<String>> {
    for size in sizes(cell) {
        let name = file_name(&CHANGES[0], size);
        let mut container =
            Container::plan(driver, key(cell, &format!("cold-{size}"))?, cell.scratch)?;
        container.prepare(Some(base))?;
        // Not mounted yet: a mounted container keeps its daemon or its pool busy.
        let files = [PathBuf::from(&name)];
        let settled = cell
            .environment
            .settle(CacheState::Cold, Probe::Item(container.item(), &files))?;
        if settled.state == CacheState::Warm {
            container.finish()?;
            return Ok(settled.refused);
        }
        container.mount()?;
        let path = container.root().join(&name);
        first_write(cell, &path, size, &settled)?;
        container.finish()?;
    }
    Ok(None)
}

/// Makes the files that [`in_directory`] writes to.
pub(super) fn write_files(cell: &Cell<'_>, dir: &Path) -> Result<()> {
    sizes(cell)
        .into_iter()
        .try_for_each(|size| fixture::write_file(&dir.join(file(size)), size))
}

/// The same in a plain directory.
pub(super) fn in_directory(cell: &mut Cell<'_>, dir: &Path) -> Result<Option<String>> {
    for size in sizes(cell) {
        let name = file(size);
        let files = [PathBuf::from(&name)];
        let settled = cell
            .environment
            .settle(CacheState::Cold, Probe::Directory(dir, &files))?;
        if settled.state == CacheState::Warm {
            return Ok(settled.refused);
        }
        first_write(cell, &dir.join(name), size, &settled)?;
    }
    Ok(None)
}

fn first_write(cell: &mut Cell<'_>, path: &Path, size: u64, caches: &Settled) -> Result<()> {
    let environment = cell.environment;
    cell.recorder.one_of_the_caches(Some(caches));
    cell.recorder.param("size", Some(size.to_string()));
    let change = &CHANGES[0];
    cell.recorder.time_until_durable(
        &format!("{}-first", change.name),
        || (change.apply)(path, size).attempt(change.name, path),
        || environment.sync(),
    )?;
    cell.recorder.param("size", None);
    Ok(())
}
