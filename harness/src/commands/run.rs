//! `layerbench run`, `conform` and `bench`: select, open, ask, measure, report, close.

use std::time::{Duration, Instant};

use drivers::{Backing, Host};
use reports::Line;
use reports::record::{End, HostLine, Outcome};
use workloads::{Scale, Workload};

use crate::cli::{Profile, RunArgs};
use crate::records::Records;
use crate::subjects::Selection;
use crate::workplace::{self, Opened, Workplace, close_all};
use crate::{bench, conform, describe, exit, hostfacts, interrupt, progress, subjects};

/// Which parts of a run are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) conform: bool,
    pub(super) bench: bool,
}

/// What a profile means.
struct Profiled {
    rounds: u32,
    budget: Option<Duration>,
    scale: Scale,
    image: &'static str,
}

fn profiled(profile: Profile) -> Profiled {
    match profile {
        Profile::Smoke => Profiled {
            rounds: 1,
            budget: None,
            scale: Scale::smoke(),
            image: "tiny",
        },
        Profile::Quick => Profiled {
            rounds: 6,
            budget: None,
            scale: Scale::ordinary(),
            image: "default",
        },
        // `make report` promises four minutes; opening, conformance and closing are inside them too.
        Profile::Default => Profiled {
            rounds: 12,
            budget: Some(Duration::from_secs(225)),
            scale: Scale::ordinary(),
            image: "default",
        },
        Profile::Publish => Profiled {
            rounds: 30,
            budget: None,
            scale: Scale::publish(),
            image: "default",
        },
    }
}

pub(super) fn run(args: &RunArgs, parts: Parts) -> anyhow::Result<u8> {
    let began = Instant::now();
    // Everything the user may have mistyped is found before anything is made.
    let backing: Option<Backing> = args
        .backing
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|e: drivers::Error| exit::coded(exit::USAGE, e.to_string()))?;
    let workloads = if parts.bench {
        select_workloads(&args.workloads)?
    } else {
        Vec::new()
    };
    let cases = if parts.conform {
        conform::select(&args.cases)?
    } else {
        Vec::new()
    };
    let budget = args.time_budget.as_deref().map(parse_time).transpose()?;
    let host = workplace::enter()?;
    let mut selection = subjects::select(&args.drivers, backing, &host)?;
    if selection.ready.is_empty() {
        return Err(exit::coded(
            exit::MISSING,
            "no driver can run here; layerbench doctor says why",
        ));
    }
    let place = Workplace::create(&args.work)?;
    if args.drivers.is_empty() {
        place.set_aside_what_does_not_open(&mut selection, &host);
        if let (true, Some(first)) = (selection.ready.is_empty(), selection.absent.first()) {
            let why = first.missing.what.clone();
            return Err(exit::coded(
                exit::OS,
                format!("no driver could be opened here: {why}"),
            ));
        }
    }
    let profile = profiled(args.profile);
    let rounds = args.rounds.unwrap_or(profile.rounds);
    let budget = budget.or(if args.rounds.is_some() {
        None
    } else {
        profile.budget
    });
    let started = describe::now();
    let mut records = Records::create(&args.out, &started)?;
    let image_name = args.image.as_deref().unwrap_or(profile.image);
    let images = if parts.bench {
        Some(super::image::Pair::open(
            image_name,
            args.seed,
            place.dir(),
        )?)
    } else {
        None
    };
    let config = [
        ("scale".to_owned(), serde_json::to_value(&profile.scale)?),
        ("store_bytes".to_owned(), args.work.size.as_u64().into()),
        (
            "time_budget_seconds".to_owned(),
            budget.map(|budget| budget.as_secs()).into(),
        ),
    ];
    let image_facts = images
        .as_ref()
        .map(super::image::Pair::facts)
        .unwrap_or_default();
    records.push(Line::Run(describe::run(
        args,
        rounds,
        &workloads,
        image_facts,
        config.into(),
    )))?;
    let mut facts = hostfacts::collect(&host);
    facts.extend(hostfacts::disk(place.dir()));
    records.push(Line::Host(HostLine { facts }))?;

    for absent in &selection.absent {
        records.push(Line::Subject(describe::absent(absent)))?;
    }
    let mut all_well = true;
    let mut work = || -> anyhow::Result<()> {
        if !cases.is_empty() {
            conform::run(&cases, &selection.ready, &place, &host, &mut records)?;
        }
        let Some(images) = images.as_ref().filter(|_| !interrupt::requested()) else {
            return Ok(());
        };
        let plan = bench::Plan {
            workloads: workloads.clone(),
            image: &images.first,
            second_image: images.second.as_ref(),
            scale: profile.scale.clone(),
            seed: args.seed,
            rounds,
            deadline: budget.map(|budget| began + budget),
            scratch: &place.directory("scratch")?,
            may_drop_caches: host.root && !host.user_namespace,
        };
        with_subjects(&place, &host, &selection, |opened| {
            let describe = |records: &mut Records| {
                opened.iter().try_for_each(|subject| {
                    records.push(Line::Subject(describe::opened(subject, opened)))
                })
            };
            describe(&mut records)?;
            all_well = bench::run(&plan, opened, &mut records)?;
            // Facts grow while a driver works (a fall-back taken): the last word counts.
            describe(&mut records)
        })
    };
    let outcome = work();
    let closed = place.close();
    let interrupted = interrupt::requested();
    records.push(Line::End(End {
        seconds: began.elapsed().as_secs_f64(),
        interrupted,
    }))?;
    let documents = super::report::write(records.results(), &args.out)?;
    outcome?;
    closed?;
    progress::document(if args.json {
        &documents.json
    } else {
        &documents.summary
    })?;
    progress::say(&format!(
        "layerbench: wrote {}",
        args.out.join("report.html").display()
    ));
    if interrupted {
        return Ok(exit::INTERRUPTED);
    }
    let failed = records
        .results()
        .cases
        .iter()
        .any(|case| matches!(case.outcome, Outcome::Fail | Outcome::Broken));
    Ok(match (failed, all_well) {
        (true, _) => exit::FAILED,
        (false, false) => exit::OS,
        (false, true) => exit::OK,
    })
}

/// Opens the subjects with their controls and the twin, does the work, and closes them whatever came of it.
fn with_subjects(
    place: &Workplace,
    host: &Host,
    selection: &Selection,
    work: impl FnOnce(&[Opened]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut planned = selection.ready.clone();
    planned.extend(subjects::companions(&selection.ready));
    let bar = progress::Progress::new("opening", planned.len() as u64);
    let mut opened: Vec<Opened> = Vec::new();
    for plan in &planned {
        bar.next(plan.backend.name());
        match place.open(plan, host) {
            Ok(subject) => opened.push(subject),
            Err(error) => {
                bar.finish();
                drop(close_all(opened));
                return Err(error);
            }
        }
        bar.done();
    }
    bar.finish();
    let outcome = work(&opened);
    let closed = close_all(opened);
    outcome.and(closed)
}

fn select_workloads(names: &[String]) -> anyhow::Result<Vec<&'static Workload>> {
    if names.is_empty() {
        return Ok(workloads::ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            workloads::ALL
                .iter()
                .copied()
                .find(|workload| workload.name == name)
                .ok_or_else(|| {
                    let known: Vec<_> = workloads::ALL
                        .iter()
                        .map(|workload| workload.name)
                        .collect();
                    exit::coded(
                        exit::USAGE,
                        format!(
                            "there is no workload {name:?}: there are {}",
                            known.join(", ")
                        ),
                    )
                })
        })
        .collect()
}

fn parse_time(text: &str) -> anyhow::Result<Duration> {
    let bad = || {
        exit::coded(
            exit::USAGE,
            format!("--time-budget {text:?} is not a time such as 90s, 4m or 1h"),
        )
    };
    let span: jiff::SignedDuration = text.parse().map_err(|_| bad())?;
    Duration::try_from(span).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse_time("4m").unwrap(), Duration::from_secs(240));
        assert_eq!(parse_time("1h 30s").unwrap(), Duration::from_secs(3630));
        for bad in ["", "4", "-3m", "soon"] {
            assert!(parse_time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn unknown_workloads_are_named_with_the_known_ones() {
        let error = select_workloads(&["nosuch".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("copy-up"), "{error}");
    }
}
