//! Workload `build`: a chain of steps as a Dockerfile has them, each a container layer that is changed and committed; the
//! same build again, found in the cache; once more with an early step changed; a stage that copies from the result; and
//! that stage saved as an archive and loaded back.
//!
//! It predicts what a driver adds to a build: making, mounting and committing a layer for each step, and copying up what
//! earlier steps wrote. It does not show what the steps themselves compute, nor an engine's or a builder's own work
//! (sessions, contexts, provenance).
//!
//! The build begins from a dropped page cache (lukewarm): the image it stands on was pulled some time ago. What follows
//! uses what was just written. On the control the same steps run in one plain directory, with nothing to prepare, commit
//! or find in a cache; it is copied, saved and unpacked the same way.

use std::path::{Path, PathBuf};

use drivers::copy::{self, Method};
use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result};

use super::recipe::{self, PLACE, Step};
use super::verify::same;
use super::{chain, control};
use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::environment::{CacheState, Probe};
use crate::image::{Image, OpenOptions, Platform, save};
use crate::layers::Layers;
use crate::pull::{self, PullOptions};
use crate::recorder::Metric;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "build",
    question: "What does a driver add to building an image, step by step, and to saving and loading it?",
    phases: &[
        (
            "build",
            "all steps, from the first container layer to the last commit",
        ),
        (
            "prepare",
            "of the build: making and mounting the container layers",
        ),
        ("change", "of the build: what the steps write"),
        ("commit", "of the build: unmounting and committing"),
        (
            "cached",
            "the same build again: every step is found by the name of its layer",
        ),
        (
            "rebuild",
            "the build with an early step changed: it and those after it are made again",
        ),
        (
            "copy-from",
            "a new stage: what was built is copied into an empty container layer and committed",
        ),
        ("save", "that stage as an OCI archive, uncompressed"),
        ("load", "that archive back: verified, unpacked, committed"),
    ],
    reach: Reach::Full,
    run,
};

/// The step that is not the same in a rebuild: the second, where there are two.
fn changed_step(steps: u32) -> u32 {
    u32::from(steps > 1)
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let steps = cell.scale.build.build_steps;
    cell.recorder.param("steps", Some(steps.to_string()));
    let path = archive_path(cell);
    let outcome = match (cell.ground, cell.ensure_image()?) {
        (Ground::Driver(driver), Place::Layer(base)) => on_driver(cell, driver, &base),
        (Ground::HostDir(dir), _) => control::run(cell, dir),
        (Ground::Driver(_), Place::Directory(dir)) => {
            Err(Error::new(ErrorKind::Corrupt, "find the image in").path(dir))
        }
    };
    cell.recorder.caches(None);
    for name in ["steps", "changed-step"] {
        cell.recorder.param(name, None);
    }
    let removed = match std::fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        outcome => outcome.attempt("remove", &path),
    };
    outcome.and(removed)
}

fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver, base: &LayerId) -> Result<()> {
    let mut layers = Layers::new(driver);
    let amounts = &cell.scale.build;
    let steps = recipe::steps(amounts, None);
    let settled = cell
        .environment
        .settle(CacheState::Lukewarm, Probe::Nothing)?;
    cell.recorder.caches(Some(&settled));
    let (top, parts) = timed_build(cell, driver, "build", base, &steps, &mut layers)?;
    cell.recorder.caches(None);
    if parts.cached > 0 {
        return Err(Error::new(ErrorKind::Corrupt, "build from nothing")
            .because(format!("{} steps were there already", parts.cached)));
    }
    for (phase, seconds) in [
        ("prepare", parts.prepare),
        ("change", parts.change),
        ("commit", parts.commit),
    ] {
        cell.recorder.value(phase, Metric::Time, seconds);
    }
    look(driver, &top, |root| recipe::check(root, &steps))?;

    let found = cell
        .recorder
        .time("cached", || chain::all_cached(driver, base, &steps))?;
    if !found {
        return Err(
            Error::new(ErrorKind::Corrupt, "find the steps of the build again")
                .because("a committed layer is not there"),
        );
    }

    let changed = changed_step(amounts.build_steps);
    cell.recorder
        .param("changed-step", Some((changed + 1).to_string()));
    let other = recipe::steps(amounts, Some(changed));
    let (_, parts) = timed_build(cell, driver, "rebuild", base, &other, &mut layers)?;
    cell.recorder.param("changed-step", None);
    if parts.cached != changed {
        return Err(
            Error::new(ErrorKind::Corrupt, "build with a changed step").because(format!(
                "{} steps were found in the cache, not {changed}",
                parts.cached
            )),
        );
    }

    let stage = copy_from(cell, driver, &top, &mut layers)?;
    save_and_load(cell, driver, &stage, &mut layers)?;
    record_payload(cell, &steps);
    layers.remove()
}

/// Builds on the clock, and then waits until that is durable.
fn timed_build(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    phase: &str,
    base: &LayerId,
    steps: &[Step],
    layers: &mut Layers<'_>,
) -> Result<(LayerId, chain::Parts)> {
    let environment = cell.environment;
    let mut containers = chain::plan(cell, driver, phase, steps)?;
    let built = cell.recorder.time_until_durable(
        phase,
        || chain::build(driver, base, steps, &mut containers, layers),
        || environment.sync(),
    )?;
    containers.into_iter().try_for_each(Container::finish)?;
    Ok(built)
}

/// `COPY --from`: what is in [`PLACE`] of the layer `from`, alone on nothing. Gives the new layer.
fn copy_from(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    from: &LayerId,
    layers: &mut Layers<'_>,
) -> Result<LayerId> {
    use sha2::Digest as _;
    let text = format!("layerbench build COPY --from={from} /{PLACE}");
    let digest = drivers::ids::hex(&sha2::Sha256::digest(text));
    let layer: LayerId = format!("sha256:{digest}").parse()?;
    let environment = cell.environment;
    let mut container = Container::plan(driver, key(cell, "stage")?, cell.scratch)?;
    cell.recorder.time_until_durable(
        "copy-from",
        || {
            container.prepare(None)?;
            container.mount()?;
            let view = driver.view(Item::Layer(from))?;
            let (source, target) = (view.path().join(PLACE), container.root().join(PLACE));
            copy::tree(&source, &target, Method::BySize)?;
            view.close()?;
            container.unmount()?;
            container.commit(&layer)
        },
        || environment.sync(),
    )?;
    layers.add(layer.clone());
    container.finish()?;
    look(driver, from, |built| {
        look(driver, &layer, |copied| {
            same(&built.join(PLACE), &copied.join(PLACE))
        })
    })?;
    Ok(layer)
}

/// Exports the layer `stage` to an archive, and pulls that archive.
fn save_and_load(
    cell: &mut Cell<'_>,
    driver: &dyn Driver,
    stage: &LayerId,
    layers: &mut Layers<'_>,
) -> Result<()> {
    let environment = cell.environment;
    let path = archive_path(cell);
    cell.recorder.time_until_durable(
        "save",
        || {
            let mut archive = save::Archive::create(&path)?;
            archive.layer(|sink| driver.export(Item::Layer(stage), sink))?;
            archive.finish(&Platform::host())
        },
        || environment.sync(),
    )?;
    let options = PullOptions {
        key_prefix: key(cell, "load")?.as_str().to_owned(),
        limits: cell.limits,
        ..PullOptions::default()
    };
    let pulled = cell.recorder.time_until_durable(
        "load",
        || pull::pull(driver, &open_saved(&path)?, &options),
        || environment.sync(),
    )?;
    layers.add(pulled.top.clone());
    look(driver, stage, |saved| {
        look(driver, &pulled.top, |loaded| same(saved, loaded))
    })
}

/// Looks at the content of a layer.
fn look(driver: &dyn Driver, layer: &LayerId, at: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let view = driver.view(Item::Layer(layer))?;
    let outcome = at(view.path());
    let closed = view.close();
    outcome.and(closed)
}

/// Where the archive lies: on the backing store, outside the driver.
pub(super) fn archive_path(cell: &Cell<'_>) -> PathBuf {
    cell.plain.join("saved.tar")
}

/// Opens the archive that was saved. It is not compressed: nothing is unpacked for that.
pub(super) fn open_saved(path: &Path) -> Result<Image> {
    Image::open(path, &OpenOptions::default())
}

/// Records how much is copied, saved and loaded.
pub(super) fn record_payload(cell: &mut Cell<'_>, steps: &[Step]) {
    for phase in ["copy-from", "save", "load"] {
        #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
        let bytes = recipe::bytes(steps) as f64;
        cell.recorder.value(phase, Metric::Payload, bytes);
    }
}
