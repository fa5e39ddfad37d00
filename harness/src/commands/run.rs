//! `layerbench run` and `bench`: select, open, ask, measure, report, close.

use std::time::Instant;

use reports::Line;
use reports::record::{End, Outcome};
use workloads::Work;

use super::dry_run::Dry;
use crate::between::{self, Between};
use crate::cli::{Counts, RunArgs};
use crate::profile::{self, LEAST_ROUNDS, Profile};
use crate::records::Records;
use crate::rounds::earlier::{self, Like};
use crate::rounds::plan::{MOST_ROUNDS, Wish};
use crate::select::{Filter, select};
use crate::settings::Settings;
use crate::stores::Stores;
use crate::workplace::{self, Workplace};
use crate::{
    bench, conform, counting, describe, exit, interrupt, noise, progress, rounds, runs, subjects,
};

/// Which parts of a run are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) conform: bool,
    pub(super) bench: bool,
}

pub(super) fn run(args: &RunArgs, parts: Parts) -> anyhow::Result<u8> {
    let began = Instant::now();
    // Everything the user may have mistyped is found before anything is made.
    let backing = subjects::backing(args.backing.as_deref())?;
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
    let workloads = if parts.bench {
        select_workloads(&args.workloads, &profile, &settings)?
    } else {
        Vec::new()
    };
    let wish = wish(args, &profile);
    let host = workplace::enter()?;
    if args.dry_run {
        let dry = Dry {
            args,
            profile: &profile,
            wish: &wish,
            workloads: &workloads,
            cases: cases.len(),
        };
        return dry.run(&host);
    }
    let (place, selection) = Workplace::with_subjects(&args.work, &args.drivers, backing, &host)?;
    let mut records = Records::create(&args.out, &runs::stem(&host, place.dir()))?;
    let image_name = args.image.as_deref().unwrap_or(&profile.image);
    let images = if parts.bench {
        Some(super::image::Pair::open(
            image_name,
            args.seed,
            place.dir(),
            &args.registry,
        )?)
    } else {
        None
    };
    let between = between::Rules::of(&profile);
    // What commands of the user's own do belongs to what was measured: other commands are other work.
    let own = counting::own(&workloads);
    let own: serde_json::Map<_, _> = own
        .iter()
        .map(|own| Ok((own.name.clone(), serde_json::to_value(own)?)))
        .collect::<anyhow::Result<_>>()?;
    let config = [
        ("workload".to_owned(), own.into()),
        ("between_cells".to_owned(), serde_json::to_value(between)?),
        (
            "settings".to_owned(),
            settings
                .path
                .as_deref()
                .map(|path| path.to_string_lossy())
                .into(),
        ),
        ("scale".to_owned(), serde_json::to_value(&profile.scale)?),
        (
            "noise_limits".to_owned(),
            serde_json::to_value(settings.noise)?,
        ),
        ("store_bytes".to_owned(), args.work.size.as_u64().into()),
        (
            "time_budget_seconds".to_owned(),
            wish.budget.map(|budget| budget.as_secs()).into(),
        ),
    ];
    let image_facts = images
        .as_ref()
        .map(super::image::Pair::facts)
        .unwrap_or_default();
    let asked = describe::Asked {
        seed: args.seed,
        profile: &profile.name,
        rounds: wish.rounds,
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
                case_limit: conform::case_limit(),
                time: profile.conformance.filter(|_| args.cases.is_empty()),
            };
            conform::run(suite, &selection.ready, &place, &host, &mut records)?;
        }
        let Some(images) = images.as_ref().filter(|_| !interrupt::requested()) else {
            return Ok(());
        };
        // The profile's own budget is for a first answer; who wants the counts in it asks for them.
        let counts = args
            .counts
            .unwrap_or(if wish.soft && wish.budget.is_some() {
                Counts::No
            } else {
                Counts::Yes
            });
        if counts != Counts::No {
            let pass = counting::Pass {
                workloads: &workloads,
                image: &images.first,
                second_image: images.second.as_ref(),
                scale: &profile.scale,
                limits: args.limits.limits(),
                seed: args.seed,
                work: place.directory("counted")?,
                size: args.work.size.as_u64(),
                // The rounds are what a budget is for.
                limit: wish.budget.map(|budget| budget / 4),
            };
            let mut planned = selection.ready.clone();
            planned.extend(subjects::companions(&selection.ready));
            counting::run(&pass, &planned, &host, &mut records)?;
        }
        let cells = bench::Plan {
            image: &images.first,
            second_image: images.second.as_ref(),
            scale: profile.scale.clone(),
            limits: args.limits.limits(),
            seed: args.seed,
            began,
            scratch: &place.directory("scratch")?,
            watch: noise::Watch::new(place.dir(), settings.noise),
            run: place.dir(),
            may_drop_caches: host.root && !host.user_namespace,
            between: Between::new(between),
        };
        let earlier = earlier::find(&args.out, &Like::of(records.results()));
        let mut stores = Stores::open(&place, &host, &selection, args.seed)?;
        let mut measure = || -> anyhow::Result<()> {
            describe::all(&stores, &mut records)?;
            if counts == Counts::Only {
                return Ok(());
            }
            all_well = rounds::run(
                &wish,
                earlier.as_ref(),
                &workloads,
                &cells,
                &mut stores,
                &mut records,
            )?;
            // Facts grow while a driver works (a fall-back taken): the last word counts.
            describe::all(&stores, &mut records)
        };
        let measured = measure();
        // Closed whatever came of it.
        let closed = stores.close();
        measured.and(closed)
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
    let format = args.print.wanted();
    progress::document(&documents.in_format(format, records.results()))?;
    progress::say(&format!(
        "layerbench: wrote {} (run {})",
        args.out.join("report.html").display(),
        records.id()
    ));
    super::export::hint();
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

/// What the flags and the profile make of the number of rounds.
fn wish(args: &RunArgs, profile: &Profile) -> Wish {
    // Who names a number, an effect or a time has said how long it may take; the profile's budget is not meant then.
    let asked = args.rounds.is_some() || args.target_effect.is_some();
    let budget = args.time_budget.or(profile.budget.filter(|_| !asked));
    let open = args.time_budget.is_some() || args.target_effect.is_some();
    let most = if open { MOST_ROUNDS } else { profile.rounds };
    Wish {
        rounds: args.rounds.unwrap_or(most),
        budget,
        soft: args.time_budget.is_none(),
        effect: args.target_effect,
        otherwise: args.rounds.unwrap_or(profile.rounds).max(LEAST_ROUNDS),
    }
}

fn select_workloads<'a>(
    names: &[String],
    profile: &Profile,
    settings: &'a Settings,
) -> anyhow::Result<Vec<Work<'a>>> {
    if names.is_empty() {
        return Ok(profile.workloads(&settings.workloads));
    }
    let all = profile::all(&settings.workloads);
    let unknown = |name: &String| {
        let known: Vec<_> = all.iter().map(|work| work.name()).collect();
        let known = known.join(", ");
        exit::coded(
            exit::USAGE,
            format!(
                "there is no workload {name:?}: there are {known}; [[workload]] in layerbench.toml would make one"
            ),
        )
    };
    names
        .iter()
        .map(|name| {
            let found = all.iter().find(|work| work.name() == name);
            found.copied().ok_or_else(|| unknown(name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_workloads_are_named_with_the_known_ones() {
        let error = select_workloads(
            &["nosuch".to_owned()],
            &profile::built_in("smoke").unwrap(),
            &Settings::default(),
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("copy-up"), "{error}");
    }
}
