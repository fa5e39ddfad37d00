//! `layerbench run` and `bench`: select, open, ask, measure, report, close.

use std::time::{Duration, Instant};

use drivers::Host;
use reports::Line;
use reports::record::{End, Outcome};
use workloads::Workload;

use crate::cli::RunArgs;
use crate::records::Records;
use crate::select::{Filter, select};
use crate::settings::Settings;
use crate::subjects::Selection;
use crate::workplace::{self, Opened, Workplace, close_all};
use crate::{bench, conform, describe, exit, interrupt, progress, runs, subjects};

/// Which parts of a run are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) conform: bool,
    pub(super) bench: bool,
}

/// Far above what any case takes on the slowest driver; `conform` has a flag for it.
const CASE_LIMIT: Duration = Duration::from_secs(120);

pub(super) fn run(args: &RunArgs, parts: Parts) -> anyhow::Result<u8> {
    let began = Instant::now();
    // Everything the user may have mistyped is found before anything is made.
    let backing = subjects::backing(args.backing.as_deref())?;
    let workloads = if parts.bench {
        select_workloads(&args.workloads)?
    } else {
        Vec::new()
    };
    let cases = if parts.conform {
        let mut cases = select(&Filter {
            cases: &args.cases,
            ..Filter::default()
        })?;
        // What matters most first: there may not be time for all.
        cases.sort_by_key(|case| case.level);
        cases
    } else {
        Vec::new()
    };
    let settings = Settings::load(&args.settings)?;
    let profile = settings.profile(&args.profile)?;
    let host = workplace::enter()?;
    let (place, selection) = Workplace::with_subjects(&args.work, &args.drivers, backing, &host)?;
    let rounds = args.rounds.unwrap_or(profile.rounds);
    let budget = args.time_budget.or(if args.rounds.is_some() {
        None
    } else {
        profile.budget
    });
    let mut records = Records::create(&args.out, &runs::stem(&host, place.dir()))?;
    let image_name = args.image.as_deref().unwrap_or(&profile.image);
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
        (
            "settings".to_owned(),
            settings
                .path
                .as_deref()
                .map(|path| path.to_string_lossy())
                .into(),
        ),
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
    let asked = describe::Asked {
        seed: args.seed,
        profile: &profile.name,
        rounds,
        workloads: &workloads,
        image: image_facts,
        config: config.into(),
    };
    describe::begin(asked, &host, &place, &selection, &mut records)?;
    let mut all_well = true;
    let mut work = || -> anyhow::Result<()> {
        if !cases.is_empty() {
            let suite = conform::Suite {
                cases: &cases,
                case_limit: CASE_LIMIT,
                time: profile.conformance.filter(|_| args.cases.is_empty()),
            };
            conform::run(suite, &selection.ready, &place, &host, &mut records)?;
        }
        let Some(images) = images.as_ref().filter(|_| !interrupt::requested()) else {
            return Ok(());
        };
        let plan = bench::Plan {
            workloads: workloads.clone(),
            image: &images.first,
            second_image: images.second.as_ref(),
            scale: profile.scale.clone(),
            limits: args.limits.limits(),
            seed: args.seed,
            rounds,
            deadline: budget.map(|budget| began + budget),
            scratch: &place.directory("scratch")?,
            run: place.dir(),
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
    let documents = super::report::write(records.results(), records.dir())?;
    outcome?;
    closed?;
    progress::document(if args.json {
        &documents.json
    } else {
        &documents.summary
    })?;
    progress::say(&format!(
        "layerbench: wrote {} (run {})",
        args.out.join("report.html").display(),
        records.id()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_workloads_are_named_with_the_known_ones() {
        let error = select_workloads(&["nosuch".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("copy-up"), "{error}");
    }
}
