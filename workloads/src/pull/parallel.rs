//! Several layers at once: each is unpacked onto nothing, then moved onto its parent and committed in its turn. A layer
//! that turns out to need what is below it is unpacked again, in its turn.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use drivers::unpack::{self, Below};
use drivers::{Driver, Error, ErrorKind, Key, Kind, Result};

use super::apply::{self, Job, Unpacked};
use super::outcome::PullOptions;
use super::stream::Stream;
use super::undo::Undo;
use crate::image::Layer;

/// Pulls `missing` with that many layers under way at once.
pub(super) fn run(job: &mut Job<'_>, missing: &[Layer], workers: usize) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let next = AtomicUsize::new(0);
    let (done_in, done_out) = channel();
    let keys: Vec<Key> = missing
        .iter()
        .map(|layer| job.key(layer))
        .collect::<Result<_>>()?;
    let (driver, options, parent) = (job.driver, job.options, job.parent.clone());
    let undo = job.undo;
    // The workers have ended before the undo list is worked off.
    std::thread::scope(|scope| {
        for _ in 0..workers.min(missing.len()) {
            let work = Work {
                driver,
                options,
                undo,
                stop: &stop,
                done: done_in.clone(),
            };
            let (next, keys, parent) = (&next, &keys, &parent);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(layer), Some(key)) = (missing.get(i), keys.get(i)) else {
                        return;
                    };
                    // Nobody listens any more once a layer has failed.
                    let below = if i == 0 { Some(parent.as_ref()) } else { None };
                    if work.done.send((i, work.layer(layer, key, below))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done_in);
        let outcome = commit_in_order(job, missing, &done_out);
        if outcome.is_err() {
            stop.store(true, Ordering::Relaxed);
            next.store(missing.len(), Ordering::Relaxed);
        }
        outcome
    })
}

/// What a worker has at hand.
struct Work<'a> {
    driver: &'a dyn Driver,
    options: &'a PullOptions,
    undo: &'a Undo<'a>,
    stop: &'a Arc<AtomicBool>,
    done: Sender<(usize, Result<Unpacked>)>,
}

impl Work<'_> {
    /// Unpacks one layer. `below` is the parent of the lowest layer, and `None` for those whose parent is not there yet.
    fn layer(
        &self,
        layer: &Layer,
        key: &Key,
        below: Option<Option<&drivers::LayerId>>,
    ) -> Result<Unpacked> {
        let limits = &self.options.limits;
        let start = Instant::now();
        self.driver.prepare(key, below.flatten(), Kind::Writable)?;
        self.undo.key(key);
        let prepare = start.elapsed();
        let stream = Stream::open(layer, limits)?.stopped_by(self.stop);
        let mut unpacked = apply::unpack(key.clone(), stream, |stream, key| {
            if below.is_some() {
                return self.driver.apply(key, stream, limits);
            }
            let mut stage = self.driver.stage(key)?;
            stage.below = Below::Unknown;
            unpack::apply(&stage, stream, limits)
        })?;
        unpacked.busy.commit += prepare;
        Ok(unpacked)
    }
}

fn commit_in_order(
    job: &mut Job<'_>,
    missing: &[Layer],
    done: &Receiver<(usize, Result<Unpacked>)>,
) -> Result<()> {
    let mut ready: BTreeMap<usize, Result<Unpacked>> = BTreeMap::new();
    for (i, layer) in missing.iter().enumerate() {
        let outcome = loop {
            if let Some(outcome) = ready.remove(&i) {
                break outcome;
            }
            let Ok((number, outcome)) = done.recv() else {
                return Err(Error::new(ErrorKind::Io, "pull").because("a thread ended early"));
            };
            match &outcome {
                // Not worth waiting for the turn of a layer that cannot be.
                Err(error) if error.kind() != ErrorKind::Unsupported => return outcome.map(drop),
                _ => drop(ready.insert(number, outcome)),
            }
        };
        match outcome {
            Ok(unpacked) => {
                if i > 0
                    && let Some(parent) = &job.parent
                {
                    let start = Instant::now();
                    job.driver.rebase(&unpacked.key, parent)?;
                    job.spent_committing(start.elapsed());
                }
                job.commit(layer, unpacked)?;
            }
            Err(error) if i == 0 => return Err(error),
            Err(error) => {
                tracing::debug!(
                    "layer {} is unpacked again, in order: {error}",
                    layer.number
                );
                job.undo.remove_key(&job.key(layer)?)?;
                let stream = Stream::open(layer, &job.options.limits)?;
                apply::one(job, layer, stream)?;
            }
        }
    }
    Ok(())
}
