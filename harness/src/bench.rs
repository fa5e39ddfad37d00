//! One cell: a subject, a workload, a round. Measured, and recorded as soon as it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use drivers::{ErrorKind, Item, Key};
use reports::Latencies;
use reports::Line;
use reports::record::{Cache, CellInfo, Dnf, Record};
use workloads::image::Image;
use workloads::{CacheState, Cell, Ground, Metric, Recorder, Sample, Scale, Work};

use crate::between::Between;
use crate::cache::Settle;
use crate::counters::HostCounters;
use crate::counters::cell::Watch;
use crate::noise;
use crate::progress;
use crate::records::Records;
use crate::workplace::Opened;

/// What all cells of a run have in common.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) image: &'a Image,
    pub(crate) second_image: Option<&'a Image>,
    pub(crate) scale: Scale,
    /// What an archive of an image may ask for.
    pub(crate) limits: drivers::Limits,
    pub(crate) seed: u64,
    /// When the run began.
    pub(crate) began: Instant,
    pub(crate) scratch: &'a Path,
    /// What else the machine does.
    pub(crate) watch: noise::Watch,
    /// The run's directory.
    pub(crate) run: &'a Path,
    /// Dropping the page cache is allowed here.
    pub(crate) may_drop_caches: bool,
    /// What is done between cells.
    pub(crate) between: Between,
}

/// Where a cell stands in the run.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Place in the order of time.
    pub(crate) id: u32,
    pub(crate) round: u32,
    pub(crate) position: u32,
    /// The subject of the cell before.
    pub(crate) predecessor: Option<String>,
}

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// The subject cannot do it, which is no failure.
    Unsupported,
    Failed,
}

/// Runs and records a cell.
pub(crate) fn one_cell(
    plan: &Plan<'_>,
    opened: &Opened,
    workload: Work<'_>,
    place: &Place,
    records: &mut Records,
) -> anyhow::Result<Ending> {
    let driver = &*opened.driver;
    let unrest = plan.between.before(opened)?;
    let settle = Settle::new(opened, plan.may_drop_caches);
    let scratch = plan.scratch.join("cell");
    std::fs::create_dir_all(&scratch)?;
    let cost = Watch::begin(driver, plan.run, &[&opened.plain, &scratch]);
    let mut cell = Cell {
        ground: opened
            .hostdir
            .as_deref()
            .map_or(Ground::Driver(driver), Ground::HostDir),
        plain: &opened.plain,
        scratch: &scratch,
        image: plan.image,
        second_image: plan.second_image,
        limits: plan.limits,
        scale: &plan.scale,
        seed: plan.seed ^ u64::from(place.round),
        name: format!("r{}", place.round),
        recorder: Recorder::new(Box::new(HostCounters::new(driver, cost.spent()))),
        environment: &settle,
    };
    let (before, began) = (plan.watch.begin(), Instant::now());
    let outcome = workload.run(&mut cell);
    let seconds = began.elapsed().as_secs_f64();
    tracing::info!("{} on {}: {seconds:.2} s", workload.name(), opened.name);
    let (noise, mut flags) = plan.watch.end(&before);
    cost.end(&mut cell.recorder);
    flags.extend(unrest);
    let daemons = driver.daemon_usage();
    if daemons.peak_rss_bytes > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
        let bytes = daemons.peak_rss_bytes as f64;
        cell.recorder.value("all", Metric::DaemonMemory, bytes);
    }
    let (samples, missing) = cell.recorder.finish();
    for sample in samples {
        records.push(Line::Record(record(
            sample, opened, workload, place, &flags,
        )))?;
    }
    records.push(Line::Cell(CellInfo {
        id: place.id,
        subject: opened.name.clone(),
        workload: workload.name().to_owned(),
        round: place.round,
        position: place.position,
        predecessor: place.predecessor.clone(),
        began_s: (began - plan.began).as_secs_f64(),
        seconds,
        noise,
        flags,
    }))?;
    let unfinished = Dnf {
        subject: opened.name.clone(),
        workload: workload.name().to_owned(),
        phase: None,
        params: BTreeMap::new(),
        round: Some(place.round),
        after_seconds: None,
        reason: String::new(),
    };
    for missing in missing {
        // What cannot be done at all is said once.
        if place.round == 0 {
            records.push(Line::Dnf(Dnf {
                phase: Some(missing.phase),
                params: missing.params,
                reason: missing.reason,
                ..unfinished.clone()
            }))?;
        }
    }
    match outcome {
        Ok(()) => Ok(Ending::Done),
        Err(error) => {
            records.push(Line::Dnf(Dnf {
                reason: error.to_string(),
                ..unfinished
            }))?;
            clear(opened, place);
            failed(plan, opened, workload, error)
        }
    }
}

/// What a workload's failure means for the run.
fn failed(
    plan: &Plan<'_>,
    opened: &Opened,
    workload: Work<'_>,
    error: drivers::Error,
) -> anyhow::Result<Ending> {
    if error.kind() == ErrorKind::Unsupported {
        return Ok(Ending::Unsupported);
    }
    // Where no driver has a part in it, it is the image that is bad, and will be for everybody.
    if opened.hostdir.is_some() && error.kind() == ErrorKind::BadInput {
        let path = plan.image.path.display();
        return Err(anyhow::Error::new(error).context(format!("the image {path} cannot be used")));
    }
    progress::say(&format!(
        "layerbench: {} on {} did not finish: {error}",
        workload.name(),
        opened.name
    ));
    Ok(Ending::Failed)
}

/// After a cell that failed half-way: container layers it left are removed, so that they burden nobody else.
fn clear(opened: &Opened, place: &Place) {
    let prefix = format!("r{}-", place.round);
    for info in opened.driver.list().unwrap_or_default() {
        if let Some(key) = info
            .key
            .filter(|key: &Key| key.as_str().starts_with(&prefix))
            && let Err(error) = opened.driver.remove(Item::Container(&key))
        {
            tracing::error!("{error}");
        }
    }
}

fn record(
    sample: Sample,
    opened: &Opened,
    workload: Work<'_>,
    place: &Place,
    flags: &[String],
) -> Record {
    let cache = sample.cache.map(|state| match state {
        CacheState::Cold => Cache::Cold,
        CacheState::Lukewarm => Cache::Lukewarm,
        CacheState::Warm => Cache::Warm,
    });
    Record {
        subject: opened.name.clone(),
        driver: if opened.hostdir.is_some() {
            "hostdir".to_owned()
        } else {
            opened.planned.backend.name().to_owned()
        },
        workload: workload.name().to_owned(),
        phase: sample.phase,
        metric: sample.metric.name().to_owned(),
        unit: sample.metric.unit().to_owned(),
        round: place.round,
        position: place.position,
        cell: Some(place.id),
        value: sample.value,
        params: sample.params,
        cache,
        cache_refused: sample.cache_refused,
        flags: flags.to_vec(),
        histogram: sample.histogram.as_ref().map(Latencies::new),
    }
}
