//! Workload `remove`: a container that wrote files, an image of several layers with a container on it, and one layer of
//! many small files are made, and removed on the clock; then the same large layer again while a neighbour, a container of
//! its own on the same store, writes and syncs.
//!
//! First a container is unmounted: while nothing waits to be written, while what it wrote itself does, and while what others
//! wrote on the same store does.
//!
//! It predicts how long `docker rm`, `rmi` and a prune take on a driver, when the space can be used again, and what
//! databases in other containers notice meanwhile. It does not show fragmentation, nor space that snapshots of the host
//! keep.
//!
//! `remove` ends when the driver says so, its time until durable when the store has been synced after it, and `space-back`
//! when the store's own count of its free space shows it: some free space later, in the background, and that is waited
//! for. Everything is removed from a dropped page cache (lukewarm): things are removed long after they were used. On the
//! control directories of the same files are removed.

use std::time::Instant;

use drivers::Result;

use super::ground::{self, What};
use super::neighbour::Neighbour;
use super::space::{Back, Taken};
use super::unmount;
use crate::cell::Cell;
use crate::environment::{CacheState, Probe};
use crate::recorder::Metric;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "remove",
    question: "What does removing containers, images and large layers take, and what do others notice of it?",
    phases: &[
        (
            "unmount",
            "unmounting a container while `dirty` bytes of `whose` wait to be written",
        ),
        (
            "remove",
            "removing `what`, until the driver says it is gone",
        ),
        (
            "space-back",
            "from the same begin until the store counts its space as free",
        ),
        (
            "neighbour-fsync",
            "4 KiB written and synced by another container, `during` a removal or nothing",
        ),
    ],
    reach: Reach::Full,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let outcome = measure(cell);
    for name in ["what", "during"] {
        cell.recorder.param(name, None);
    }
    cell.recorder.caches(None);
    outcome
}

fn measure(cell: &mut Cell<'_>) -> Result<()> {
    unmount::measure(cell)?;
    for what in What::ALL {
        cell.recorder.param("what", Some(what.name().to_owned()));
        removal(cell, what)?;
        cell.recorder.caches(None);
    }
    cell.recorder.param("what", None);
    // How often it gets to write is up to chance: there is nothing to count.
    if cell.recorder.is_counted() {
        return Ok(());
    }
    beside_a_neighbour(cell)
}

/// Makes and removes one thing.
fn removal(cell: &mut Cell<'_>, what: What) -> Result<()> {
    let (environment, ground) = (cell.environment, cell.ground);
    environment.sync()?;
    let before = ground::used(ground)?;
    let mut made = ground::make(cell, what, what.name())?;
    environment.sync()?;
    let taken = Taken::new(before, ground::used(ground)?);
    let settled = environment.settle(CacheState::Lukewarm, Probe::Nothing)?;
    cell.recorder.caches(Some(&settled));
    let began = cell.recorder.time_until_durable(
        "remove",
        || {
            let began = Instant::now();
            made.remove().map(|()| began)
        },
        || environment.sync(),
    )?;
    let back = if environment.store_has_others() {
        None
    } else {
        Some(taken.wait(began, || ground::used(ground), || environment.sync())?)
    };
    made.finish()?;
    #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
    let payload = what.bytes(&cell.scale.remove) as f64;
    cell.recorder.value("remove", Metric::Payload, payload);
    match back {
        Some(Back::After(seconds)) => cell.recorder.value("space-back", Metric::Time, seconds),
        None => cell.recorder.cannot_once(
            "space-back",
            "here the store is a directory of the host's filesystem, to which others write too; as root it is measured",
        ),
        Some(Back::NotYet(left)) => cell.recorder.cannot(
            "space-back",
            format!(
                "a minute after the removal {left} of {} bytes were still taken",
                taken.bytes()
            ),
        ),
    }
    Ok(())
}

/// What a neighbour's synced writes take: alone, and while the large layer is removed.
fn beside_a_neighbour(cell: &mut Cell<'_>) -> Result<()> {
    let environment = cell.environment;
    let mut made = ground::make(cell, What::Layer, "beside")?;
    let home = ground::home(cell)?;
    let mut neighbour = Neighbour::new(home.root())?;
    environment.sync()?;
    let alone = neighbour.writes(cell.scale.remove.remove_neighbour_writes)?;
    let beside = neighbour.meanwhile(|| made.remove().and_then(|()| environment.sync()))?;
    for (during, latencies) in [("nothing", alone), ("large-layer", beside)] {
        cell.recorder.param("during", Some(during.to_owned()));
        cell.recorder.latencies("neighbour-fsync", latencies);
    }
    drop(neighbour);
    home.leave()?;
    made.finish()
}
