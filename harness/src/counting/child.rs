//! The process that is counted: opens one subject on a fresh store and runs the workloads.

use std::io::Read as _;

use anyhow::Context as _;
use drivers::sys::trace::mark;
use drivers::{Limits, Options, SubjectSpec};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use workloads::image::{Image, OpenOptions};
use workloads::recorder::CountedPhase;
use workloads::{Cell, Ground, Recorder, Work};

use super::{Found, Job, Phase, Stored};
use crate::cache::Settle;
use crate::cli::WorkArgs;
use crate::counters::settled::SettledCounters;
use crate::subjects::{Planned, Role};
use crate::workplace::{self, Opened, Workplace};
use crate::{exit, interrupt, progress};

/// Does what standard input asks, and says on standard output what it found.
pub(crate) fn run() -> anyhow::Result<u8> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("reading the job")?;
    let job: Job = serde_json::from_str(&text).map_err(|e| {
        exit::coded(
            exit::USAGE,
            format!("this is no job: {e}; layerbench run counts by itself"),
        )
    })?;
    stay_on_one_cpu();
    let host = workplace::enter()?;
    let planned = Planned {
        backend: drivers::backend(&job.driver)?,
        spec: SubjectSpec {
            driver: job.driver.clone(),
            backing: None,
            options: Options(job.options.clone()),
        },
        backing: job.backing.parse()?,
        role: if job.control {
            Role::Control
        } else {
            Role::Subject
        },
    };
    let place = Workplace::create(&WorkArgs {
        work: Some(job.work.clone()),
        size: bytesize::ByteSize(job.size),
    })?;
    let opened = place.open(&planned, &host)?;
    let found = count(&job, &opened, &place);
    let closed = opened.close();
    let gone = place.close();
    let found = found?;
    closed?;
    gone?;
    progress::document(&serde_json::to_string(&found)?)?;
    Ok(exit::OK)
}

/// Filesystems place data by the CPU they are called on, and threads that take turns do so differently each time. What
/// forbids it only costs some repeatability.
fn stay_on_one_cpu() {
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    // The last: the first serves most interrupts.
    let last = (0..CpuSet::MAX_CPU).rev().find(|&cpu| allowed.is_set(cpu));
    if let Some(cpu) = last {
        let mut one = CpuSet::new();
        one.set(cpu);
        let _ = sched_setaffinity(None, &one);
    }
}

fn count(job: &Job, opened: &Opened, place: &Workplace) -> anyhow::Result<Found> {
    let open = |stored: &Stored| {
        let options = OpenOptions {
            reference: stored.reference.clone(),
            ..OpenOptions::default()
        };
        Image::open(&stored.path, &options)
    };
    let image = open(&job.image)?;
    let second = job.second_image.as_ref().map(open).transpose()?;
    let scratch = place.directory("scratch")?;
    let driver = &*opened.driver;
    let settle = Settle::new(opened, job.may_drop_caches);
    let (entries, bytes, path_bytes, ratio) = job.limits;
    let limits = Limits {
        entries,
        bytes,
        path_bytes,
        ratio,
    };
    let mut found = Found {
        subject: opened.name.clone(),
        ..Found::default()
    };
    // An empty section: what marking itself costs.
    mark()?;
    mark()?;
    let wanted = |name: &str| job.workloads.iter().any(|wanted| wanted == name);
    let built_in = workloads::ALL.iter().filter(|work| wanted(work.name));
    let built_in = built_in.copied().map(Work::BuiltIn);
    for workload in built_in.chain(job.own.iter().map(Work::Own)) {
        if interrupt::requested() {
            break;
        }
        let mut cell = Cell {
            ground: opened
                .hostdir
                .as_deref()
                .map_or(Ground::Driver(driver), Ground::HostDir),
            plain: &opened.plain,
            scratch: &scratch,
            image: &image,
            second_image: second.as_ref(),
            limits,
            scale: &job.scale,
            seed: job.seed,
            name: "count".to_owned(),
            recorder: Recorder::new(Box::new(SettledCounters::new(driver))),
            environment: &settle,
        };
        let outcome = workload.run(&mut cell);
        let phases = cell.recorder.finish_counted();
        found
            .phases
            .extend(phases.into_iter().map(|phase| told(workload, phase)));
        if let Err(error) = outcome {
            found
                .failures
                .push((workload.name().to_owned(), error.to_string()));
        }
    }
    found.daemons = driver.daemon_usage().peak_rss_bytes > 0;
    Ok(found)
}

fn told(workload: Work<'_>, phase: CountedPhase) -> Phase {
    Phase {
        workload: workload.name().to_owned(),
        phase: phase.phase,
        params: phase.params,
        failed: phase.failed,
        bracketed: phase.bracketed,
        counts: phase
            .counts
            .into_iter()
            .map(|count| (count.metric.name().to_owned(), count.value))
            .collect(),
    }
}
