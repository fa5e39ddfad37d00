//! The power goes: the disks are recorded while a script runs, and looked at as they were at many moments of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use drivers::sandbox::Run;
use drivers::{Host, Result, mount};
use rand::{Rng as _, SeedableRng as _};

use conformance::crash::{POWER_CUTS, STORE};

use crate::judge::{Expected, Judge, Loss};
use crate::log::{self, Event, Log, Mark, Sectors};
use crate::place::{Asked, copy, directory};
use crate::script::{self, Cast, Steps};

/// Which moments are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// How many in the midst of operations.
    pub(crate) points: usize,
    /// Also each time something has become durable; otherwise only some of these.
    pub(crate) everywhere: bool,
    pub(crate) seed: u64,
}

/// What was recorded.
struct Record {
    base: Vec<Sectors>,
    sizes: Vec<u64>,
    events: Vec<Event>,
    steps: Steps,
    cast: Cast,
    capabilities: drivers::Capabilities,
}

/// Records and looks. Gives what is worth a line, or why it failed.
pub(crate) fn run(
    asked: &Asked,
    run: &Run,
    host: &Host,
    sample: Sample,
) -> Result<Result<String, String>> {
    let record = record(asked, run, host)?;
    let points = points(&record, sample);
    let copies = directory(run)?;
    // In memory: a copy is read once.
    let copies = mount::filesystem("tmpfs", None, &[("mode", Some("700"))], &copies)?;
    let mut losses: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (number, (length, forgetful)) in points.iter().enumerate() {
        let at = when(&record, *length);
        let found =
            look(asked, run, &record, copies.path(), (*length, *forgetful)).map_err(|error| {
                drivers::Error::new(error.kind(), format!("look at point {number}, {at}"))
                    .because(error.to_string())
            });
        let found = found.unwrap_or_else(|error| {
            vec![Loss {
                promise: STORE.name,
                words: error.to_string(),
            }]
        });
        for Loss { promise, words } in found {
            let lost = if forgetful.is_some() {
                ", cache lost"
            } else {
                ""
            };
            losses
                .entry(promise)
                .or_default()
                .push(format!("[{at}{lost}] {words}"));
        }
    }
    copies.unmount()?;
    Ok(verdict(&record, points.len(), &losses))
}

fn verdict(
    record: &Record,
    points: usize,
    losses: &BTreeMap<&'static str, Vec<String>>,
) -> Result<String, String> {
    let mut deviations = Vec::new();
    let mut failures = Vec::new();
    for promise in POWER_CUTS {
        let name = promise.name;
        let declared = promise
            .capability
            .is_none_or(|capability| (capability.of)(&record.capabilities));
        match (declared, losses.get(name).map_or(&[][..], Vec::as_slice)) {
            (true, []) => {}
            (false, [first, ..]) => deviations.push(format!("{name}: {first}")),
            (true, found) => {
                failures.push(format!("{name}: {} losses", found.len()));
                failures.extend(found.iter().take(6).cloned());
            }
            (false, []) => failures.push(format!("{name} is declared false, and nothing is lost")),
        }
    }
    if !failures.is_empty() {
        return Err(failures.join("\n"));
    }
    let writes = record
        .events
        .iter()
        .filter(|event| matches!(event, Event::Write(..) | Event::Durable(..)))
        .count();
    Ok(format!(
        "{points} points among {writes} writes{}{}",
        if deviations.is_empty() {
            ""
        } else {
            "; deviates: "
        },
        deviations.join("; ")
    ))
}

fn record(asked: &Asked, run: &Run, host: &Host) -> Result<Record> {
    let log = Log::default();
    let disks = asked.disks(run, host, &log)?;
    let files: Vec<_> = disks.iter().map(|disk| disk.file()).collect();
    let place = asked.place(run, &files)?;
    let driver = asked.open(&place)?;
    let capabilities = driver.capabilities().clone();
    let cast = Cast::new(&*driver)?;
    script::set_up(&*driver, &cast)?;
    let base = disks.iter().map(|disk| disk.sectors().shrink()).collect();
    log.start();
    let points = [directory(run)?, directory(run)?];
    let steps = script::run(&*driver, &cast, &log, [&points[0], &points[1]]);
    let events = log.stop();
    driver.close()?;
    place.close()?;
    let sizes = disks.iter().map(|disk| disk.size()).collect();
    for disk in disks {
        disk.close()?;
    }
    Ok(Record {
        base,
        sizes,
        events,
        steps: steps?,
        cast,
        capabilities,
    })
}

/// Some of the moments after a write or a flush, each operation having the same share, and those when an operation that
/// makes something durable has returned. Of half of them the disk has lost what it was not told to keep.
fn points(record: &Record, sample: Sample) -> Vec<(usize, Option<u64>)> {
    let mut random = rand::rngs::ChaCha8Rng::seed_from_u64(sample.seed);
    let mut below = move |limit: usize| {
        usize::try_from(random.next_u64() % (limit.max(1) as u64)).unwrap_or_default()
    };
    let mut found = BTreeSet::new();
    // By operation.
    let mut moments: Vec<Vec<usize>> = Vec::new();
    for (at, event) in record.events.iter().enumerate() {
        match event {
            Event::Mark(Mark::Begun(_)) => moments.push(Vec::new()),
            Event::Mark(Mark::Returned(number)) => {
                if record.steps.0[*number].2 {
                    found.insert((at + 1, Some(below(usize::MAX) as u64)));
                }
            }
            _ => {
                if let Some(moments) = moments.last_mut() {
                    moments.push(at + 1);
                }
            }
        }
    }
    moments.retain(|moments| !moments.is_empty());
    if !sample.everywhere {
        while found.len() > sample.points / 2 {
            let which = below(found.len());
            let drop = found.iter().nth(which).copied();
            drop.map(|point| found.remove(&point));
        }
    }
    for _ in 0..sample.points {
        let which = below(moments.len());
        let Some(moments) = moments.get(which) else {
            break;
        };
        let length = moments[below(moments.len())];
        let forgetful = (below(2) == 0).then(|| below(usize::MAX) as u64);
        found.insert((length, forgetful));
    }
    found.into_iter().collect()
}

/// Where in the script an event is.
fn when(record: &Record, length: usize) -> String {
    let mark = record.events[..length]
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Mark(mark) => Some(*mark),
            _ => None,
        });
    match mark {
        Some(Mark::Begun(number)) => format!("in {} {number}", record.steps.0[number].0),
        Some(Mark::Returned(number)) => format!("after {} {number}", record.steps.0[number].0),
        None => "before anything".to_owned(),
    }
}

fn look(
    asked: &Asked,
    run: &Run,
    record: &Record,
    copies: &Path,
    (length, forgetful): (usize, Option<u64>),
) -> Result<Vec<Loss>> {
    let state = log::state(&record.base, &record.events, length, forgetful);
    let mut files = Vec::new();
    for (number, (sectors, size)) in state.iter().zip(&record.sizes).enumerate() {
        let file = copy(copies, number);
        sectors.store(*size, &file)?;
        files.push(file);
    }
    let place = asked.place(run, &files)?;
    let at = directory(run)?;
    let mut judge = Judge {
        asked,
        cast: &record.cast,
        expected: Expected::after(&record.cast, &record.steps, &record.events[..length])?,
        at: &at,
        found: Vec::new(),
    };
    let outcome = judge.all(&place);
    let found = judge.found;
    place.close()?;
    outcome.map(|()| found)
}
