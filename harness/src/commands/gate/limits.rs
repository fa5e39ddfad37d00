//! The gate's limits: from the settings file, then from the command line; a name that means nothing is an error.

use reports::Results;
use reports::gate::{Limit, Limits, Names};
use reports::metric;

use crate::exit;
use crate::profile;
use crate::select::near;
use crate::settings::Settings;

/// All limits, those of the command line last.
pub(super) fn read(settings: &Settings, given: &[String]) -> anyhow::Result<Limits> {
    let mut all = Vec::new();
    for limit in &settings.limits {
        let of_file = |what: String| {
            let path = settings.path.clone().unwrap_or_default();
            exit::coded(
                exit::USAGE,
                format!("{}, line {}: {what}", path.display(), limit.line),
            )
        };
        all.push(Limit::parse(&limit.name, &limit.text).map_err(of_file)?);
    }
    for text in given {
        let wrong = |what: String| exit::coded(exit::USAGE, format!("--limit {text}: {what}"));
        all.push(Limit::parse_whole(text).map_err(wrong)?);
    }
    Ok(Limits::new(all))
}

/// Finds limits that would guard nothing: known are this version's workloads and what a baseline holds.
pub(super) fn check(
    limits: &mut Limits,
    settings: &Settings,
    baseline: Option<&Results>,
) -> anyhow::Result<()> {
    let mut names = Names {
        workloads: profile::all(&settings.workloads)
            .into_iter()
            .map(|work| {
                let phases = work.phases().into_iter().map(|(name, _)| name.to_owned());
                // What is not of one phase is recorded under this name.
                let phases = phases.chain(["all".to_owned()]);
                (work.name().to_owned(), phases.collect())
            })
            .collect(),
        metrics: metric::ALL.map(str::to_owned).to_vec(),
    };
    for record in baseline.iter().flat_map(|baseline| &baseline.records) {
        match names
            .workloads
            .iter_mut()
            .find(|(name, _)| *name == record.workload)
        {
            Some((_, phases)) if phases.contains(&record.phase) => {}
            Some((_, phases)) => phases.push(record.phase.clone()),
            None => names
                .workloads
                .push((record.workload.clone(), vec![record.phase.clone()])),
        }
        if !names.metrics.contains(&record.metric) {
            names.metrics.push(record.metric.clone());
        }
    }
    limits.check(&names).map_err(|unmatched| {
        let known: Vec<&str> = unmatched.known.iter().map(String::as_str).collect();
        exit::coded(
            exit::USAGE,
            format!(
                "the limit {}: there is no {} {:?}; {}",
                unmatched.limit,
                unmatched.part,
                unmatched.given,
                near(&unmatched.given, &known)
            ),
        )
    })
}
