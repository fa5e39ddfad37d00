//! The **counted pass**: every workload once on a store of its own, untimed, for what noise cannot touch.
//!
//! It runs in a process of its own (`layerbench count`, a hidden command), whose system calls are counted by tracing it:
//! the store is fresh, the order of the workloads is fixed, and the store is synced around each phase, so the same program
//! counts the same again. Times are taken elsewhere, in the rounds.

mod child;
mod merge;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drivers::Host;
use drivers::sys::trace;
use reports::Line;
use serde::{Deserialize, Serialize};
use workloads::image::Image;
use workloads::{Own, Scale, Work};

use crate::progress::Progress;
use crate::records::Records;
use crate::subjects::{Planned, Role};
use crate::{interrupt, progress};

pub(crate) use child::run as child;

/// Far above what the slowest driver takes for the largest profile.
const LIMIT: Duration = Duration::from_secs(1800);

/// What a counted pass is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    driver: String,
    backing: String,
    options: BTreeMap<String, String>,
    control: bool,
    image: Stored,
    second_image: Option<Stored>,
    scale: Scale,
    seed: u64,
    /// Entries, bytes, bytes of a path, ratio.
    limits: (u64, u64, usize, u64),
    workloads: Vec<String>,
    /// Those of the user's own.
    own: Vec<Own>,
    /// The directory runs are made in.
    work: PathBuf,
    /// Bytes of the backing store.
    size: u64,
    may_drop_caches: bool,
}

/// Where an image is, and which of those that lie there together.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    path: PathBuf,
    reference: Option<String>,
}

impl Stored {
    fn of(image: &Image) -> Self {
        Self {
            path: image.path.clone(),
            reference: image.reference.clone(),
        }
    }
}

/// What it found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The subject's name, but for a twin.
    subject: String,
    phases: Vec<Phase>,
    /// A daemon worked along.
    daemons: bool,
    /// What did not finish: workload and reason.
    failures: Vec<(String, String)>,
}

/// A phase that was counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phase {
    workload: String,
    phase: String,
    params: BTreeMap<String, String>,
    failed: bool,
    /// The tracer has a section for it.
    bracketed: bool,
    /// Metric and value.
    counts: Vec<(String, f64)>,
}

/// What all passes of a run have in common.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) workloads: &'a [Work<'a>],
    pub(crate) image: &'a Image,
    pub(crate) second_image: Option<&'a Image>,
    pub(crate) scale: &'a Scale,
    pub(crate) limits: drivers::Limits,
    pub(crate) seed: u64,
    /// Where passes make their stores.
    pub(crate) work: PathBuf,
    pub(crate) size: u64,
    /// The time all passes together may take.
    pub(crate) limit: Option<Duration>,
}

/// One pass for each subject, one after the other; a pass that fails is told and leaves no numbers: the rounds say why.
pub(crate) fn run(
    pass: &Pass<'_>,
    subjects: &[Planned],
    host: &Host,
    records: &mut Records,
) -> anyhow::Result<()> {
    let bar = Progress::new("counting", subjects.len() as u64);
    let mut untraced = None;
    let began = Instant::now();
    for planned in subjects {
        if interrupt::requested() {
            break;
        }
        let left = pass
            .limit
            .map_or(LIMIT, |limit| limit.saturating_sub(began.elapsed()));
        if left.is_zero() {
            progress::say(
                "layerbench: counting ends here: it may take a quarter of the time budget",
            );
            break;
        }
        bar.next(&format!("{}@{}", planned.backend.name(), planned.backing));
        match one(pass, planned, host, left) {
            Ok((found, sections)) => {
                untraced = untraced.or(sections.as_ref().err().cloned());
                let calls = sections.unwrap_or_default();
                for record in merge::records(&found, &calls, planned.role == Role::Twin) {
                    records.push(Line::Record(record))?;
                }
                for (workload, reason) in &found.failures {
                    tracing::info!("counting {workload} on {}: {reason}", found.subject);
                }
            }
            Err(error) => progress::say(&format!(
                "layerbench: no counts of {}@{}: {error:#}",
                planned.backend.name(),
                planned.backing
            )),
        }
        bar.done();
    }
    bar.finish();
    if let Some(reason) = untraced {
        progress::say(&format!(
            "layerbench: system calls are not counted here: {reason}"
        ));
    }
    Ok(())
}

type Sections = Result<Vec<trace::Counts>, String>;

fn one(
    pass: &Pass<'_>,
    planned: &Planned,
    host: &Host,
    limit: Duration,
) -> anyhow::Result<(Found, Sections)> {
    let limits = pass.limits;
    let job = Job {
        driver: planned.backend.name().to_owned(),
        backing: planned.backing.name().to_owned(),
        options: planned.spec.options.0.clone(),
        control: planned.role == Role::Control,
        image: Stored::of(pass.image),
        second_image: pass.second_image.map(Stored::of),
        scale: pass.scale.clone(),
        seed: pass.seed,
        limits: (
            limits.entries,
            limits.bytes,
            limits.path_bytes,
            limits.ratio,
        ),
        workloads: pass
            .workloads
            .iter()
            .map(|work| work.name().to_owned())
            .collect(),
        own: own(pass.workloads),
        work: pass.work.clone(),
        size: pass.size,
        may_drop_caches: host.root && !host.user_namespace,
    };
    let program = std::env::current_exe().context("finding this program")?;
    let input = serde_json::to_vec(&job)?;
    let traced = trace::count(&program, &["count".as_ref()], &input, limit)?;
    match traced.status {
        Ok(0) => {}
        Ok(code) => anyhow::bail!("the counting process ended with {code}"),
        Err(signal) => anyhow::bail!("the counting process was ended by {signal}"),
    }
    let found = serde_json::from_slice(&traced.output).context("reading what was counted")?;
    Ok((found, traced.sections))
}

/// Those of the user's own.
pub(crate) fn own(workloads: &[Work<'_>]) -> Vec<Own> {
    let own = workloads.iter().filter_map(|work| match work {
        Work::Own(own) => Some((*own).clone()),
        Work::BuiltIn(_) => None,
    });
    own.collect()
}
