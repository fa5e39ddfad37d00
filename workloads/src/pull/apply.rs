//! A pull: every layer the driver lacks goes through its stages, is unpacked and committed, in order or several at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use drivers::{Applied, Driver, ErrorKind, Key, Kind, LayerId, Result};

use super::outcome::{Busy, LayerOutcome, Outcome, PullOptions, Pulled, add};
use super::parallel;
use super::stream::Stream;
use super::undo::Undo;
use crate::image::{Image, Layer};

/// Brings an image into a driver. Layers that are there are left alone; after a failure everything is as before.
///
/// # Errors
/// `BadInput` for a damaged image, naming the digest that is wrong; otherwise what the driver says.
pub fn pull(driver: &dyn Driver, image: &Image, options: &PullOptions) -> Result<Pulled> {
    let top = image.top()?.chain_id.clone();
    let there: HashSet<LayerId> = driver.list()?.into_iter().filter_map(|i| i.layer).collect();
    // A layer is kept as long as one stands on it, so what is missing is a run at the top.
    let present = image
        .layers
        .iter()
        .take_while(|layer| there.contains(&layer.chain_id))
        .count();
    let undo = Undo::new(driver);
    let mut job = Job {
        driver,
        options,
        undo: &undo,
        parent: present
            .checked_sub(1)
            .map(|below| image.layers[below].chain_id.clone()),
        pulled: Pulled {
            top,
            layers: image.layers[..present]
                .iter()
                .map(|layer| outcome(layer, Outcome::AlreadyExists))
                .collect(),
            busy: Busy::default(),
            applied: Applied::default(),
            blob_bytes: 0,
        },
    };
    let missing = &image.layers[present..];
    let workers = options.parallel.unwrap_or_else(default_workers);
    if driver.capabilities().parallel_apply && workers > 1 && missing.len() > 1 {
        parallel::run(&mut job, missing, workers)?;
    } else {
        in_order(&mut job, missing)?;
    }
    job.settle()?;
    let pulled = job.pulled;
    undo.keep();
    Ok(pulled)
}

fn default_workers() -> usize {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4)
}

fn outcome(layer: &Layer, outcome: Outcome) -> LayerOutcome {
    LayerOutcome {
        number: layer.number,
        chain_id: layer.chain_id.clone(),
        outcome,
    }
}

/// A pull under way.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) driver: &'a dyn Driver,
    pub(super) options: &'a PullOptions,
    pub(super) undo: &'a Undo<'a>,
    /// What the next layer stands on.
    pub(super) parent: Option<LayerId>,
    pulled: Pulled,
}

/// A layer that is unpacked and verified, not committed.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) key: Key,
    pub(super) applied: Applied,
    pub(super) busy: Busy,
}

fn in_order(job: &mut Job<'_>, missing: &[Layer]) -> Result<()> {
    let mut ahead: Option<Stream> = None;
    for (i, layer) in missing.iter().enumerate() {
        let limits = &job.options.limits;
        let stream = match ahead.take() {
            Some(stream) => stream,
            None => Stream::open(layer, limits)?,
        };
        // The next layer's stages fill their pipes while this one is unpacked and committed.
        if let Some(next) = missing.get(i + 1) {
            ahead = Some(Stream::open(next, limits)?);
        }
        one(job, layer, stream)?;
    }
    Ok(())
}

/// Unpacks and commits one layer onto its parent.
pub(super) fn one(job: &mut Job<'_>, layer: &Layer, stream: Stream) -> Result<()> {
    let key = job.key(layer)?;
    let start = Instant::now();
    job.driver
        .prepare(&key, job.parent.as_ref(), Kind::Writable)?;
    job.undo.key(&key);
    let prepare = start.elapsed();
    let (driver, limits) = (job.driver, &job.options.limits);
    let mut unpacked = unpack(key, stream, |stream, key| driver.apply(key, stream, limits))?;
    unpacked.busy.commit += prepare;
    job.commit(layer, unpacked)
}

/// Runs `apply` on a layer's archive, timed without the waits, and checks the digests.
pub(super) fn unpack(
    key: Key,
    mut stream: Stream,
    apply: impl FnOnce(&mut Stream, &Key) -> Result<Applied>,
) -> Result<Unpacked> {
    let start = Instant::now();
    let outcome = apply(&mut stream, &key);
    let at_work = start.elapsed().saturating_sub(stream.waited());
    let (applied, mut busy) = stream.finish(outcome)?;
    busy.unpack = at_work;
    Ok(Unpacked { key, applied, busy })
}

impl Job<'_> {
    pub(super) fn key(&self, layer: &Layer) -> Result<Key> {
        format!("{}-{}", self.options.key_prefix, layer.number).parse()
    }

    /// Commits the next layer.
    pub(super) fn commit(&mut self, layer: &Layer, unpacked: Unpacked) -> Result<()> {
        let Unpacked {
            key,
            applied,
            mut busy,
        } = unpacked;
        let (start, waited) = (Instant::now(), self.driver.commits_waited());
        // One wait for the disk is enough for all layers: see `settle`.
        let how = match self.driver.commit_soon(&key, &layer.chain_id) {
            Ok(()) => {
                self.undo.layer(&key, &layer.chain_id);
                Outcome::Pulled
            }
            // Another pull was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.undo.remove_key(&key)?;
                Outcome::AlreadyExists
            }
            Err(error) => return Err(error),
        };
        self.split(&mut busy, start, waited);
        self.parent = Some(layer.chain_id.clone());
        self.pulled.layers.push(outcome(layer, how));
        self.pulled.busy += busy;
        self.pulled.blob_bytes += layer.size;
        add(&mut self.pulled.applied, applied);
        Ok(())
    }

    /// Has the layers last, those of another pull that were there among them.
    fn settle(&mut self) -> Result<()> {
        let (start, waited) = (Instant::now(), self.driver.commits_waited());
        self.driver.settle()?;
        let mut busy = Busy::default();
        self.split(&mut busy, start, waited);
        self.pulled.busy += busy;
        Ok(())
    }

    /// Tells what a commit took since `start` apart: waiting for the disk, and the rest.
    fn split(&self, busy: &mut Busy, start: Instant, waited: Duration) {
        let took = start.elapsed();
        // Another pull into the same driver may have waited too.
        let sync = self
            .driver
            .commits_waited()
            .saturating_sub(waited)
            .min(took);
        busy.sync += sync;
        busy.commit += took.saturating_sub(sync);
    }

    pub(super) fn spent_committing(&mut self, time: Duration) {
        self.pulled.busy.commit += time;
    }
}
