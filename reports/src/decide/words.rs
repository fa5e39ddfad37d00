//! The result in one sentence, and who must not be used.

use super::blocks::failed_musts;
use super::{Certainty, Decision};
use crate::analysis::Analysis;
use crate::emulated;
use crate::record::Outcome;

/// One sentence: what the run found, and how sure that is.
pub fn sentence(analysis: &Analysis<'_>, decisions: &[Decision]) -> String {
    let subjects = analysis.subjects();
    if subjects.is_empty() {
        return "No driver could run on this host; the table of subjects says what is missing."
            .to_owned();
    }
    if let Some(merged) = crate::merge::say::sentence(analysis.results) {
        return merged;
    }
    if let Some(what) = analysis.results.emulated() {
        let answers = conformance_sentence(analysis);
        return format!("{answers} {}", emulated::sentence(what));
    }
    if analysis.series.is_empty() {
        return conformance_sentence(analysis);
    }
    let rounds = analysis
        .series
        .iter()
        .map(|s| s.rounds.len())
        .max()
        .unwrap_or(0);
    let tried = tried(analysis);
    let mut sure: Vec<(String, Vec<String>)> = Vec::new();
    let (mut open, mut unfit, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for decision in decisions {
        match &decision.ranking[..] {
            [] => {
                unfit.push(decision.of.phrase.to_owned());
                continue;
            }
            [only] => {
                left.push(format!("only {only} is left for {}", decision.of.phrase));
                continue;
            }
            _ => {}
        }
        if decision.winners().is_empty() {
            open.push(open_use(decision));
            continue;
        }
        let names = listed(decision.winners(), "or");
        let of = match decision.certainty() {
            Certainty::RestsOn(workloads) => {
                format!(
                    "{} (rests on {})",
                    decision.of.phrase,
                    listed(&workloads, "and")
                )
            }
            _ => decision.of.phrase.to_owned(),
        };
        match sure.iter_mut().find(|(known, _)| *known == names) {
            Some((_, uses)) => uses.push(of),
            None => sure.push((names, vec![of])),
        }
    }
    if !sure.is_empty() {
        let mut parts: Vec<String> = sure
            .into_iter()
            .map(|(names, uses)| format!("{names} for {}", listed(&uses, "and")))
            .collect();
        if !open.is_empty() {
            parts.push(format!(
                "no driver surely leads for {}",
                listed(&open, "and")
            ));
        }
        parts.extend(left);
        if !unfit.is_empty() {
            parts.push(format!(
                "none could be judged for {}",
                listed(&unfit, "and")
            ));
        }
        return format!(
            "Of {tried} on this host, choose {}. Each is said with 95 % confidence, from {rounds} rounds of measuring.",
            parts.join("; ")
        );
    }
    if decisions.is_empty() {
        return too_little(analysis, &tried);
    }
    let why = if rounds < 6 {
        let are = if rounds == 1 {
            "round is"
        } else {
            "rounds are"
        };
        format!("{rounds} {are} too few to be sure of anything (6 are the least)")
    } else if decisions.iter().all(|d| d.ranking.len() < 2) {
        "nobody is left to compare with".to_owned()
    } else {
        format!("no driver surely leads for {}", listed(&open, "and"))
    };
    format!("This run recommends none of {tried}: {why}.")
}

/// `a rootless desktop (about 20 rounds would tell)`.
fn open_use(decision: &Decision) -> String {
    let phrase = decision.of.phrase;
    match decision.rounds_to_settle() {
        Some(rounds) => format!("{phrase} (about {rounds} rounds would tell)"),
        None => phrase.to_owned(),
    }
}

/// `5 storage drivers`, `5 storage drivers in 7 set-ups`.
fn tried(analysis: &Analysis<'_>) -> String {
    let subjects = analysis.subjects();
    let drivers: std::collections::BTreeSet<&str> =
        subjects.iter().map(|s| s.driver.as_str()).collect();
    let many = |count: usize, one: &str| {
        let s = if count == 1 { "" } else { "s" };
        format!("{count} {one}{s}")
    };
    let drivers = many(drivers.len(), "storage driver");
    match subjects.len() {
        all if drivers == many(all, "storage driver") => drivers,
        all => format!("{drivers} in {}", many(all, "set-up")),
    }
}

/// A run of few workloads recommends nobody: what it measured, and what it found of that.
fn too_little(analysis: &Analysis<'_>, tried: &str) -> String {
    let mut measured: Vec<String> = analysis
        .series
        .iter()
        .map(|s| s.key.workload.clone())
        .collect();
    measured.sort_unstable();
    measured.dedup();
    let measured = match measured.len() {
        1..=3 => format!("only {}", listed(&measured, "and")),
        many => format!("{many} workloads"),
    };
    let rows = crate::headline::rows(analysis);
    let first = rows
        .iter()
        .find(|row| !row.short.is_empty())
        .or(rows.first());
    let found = first.and_then(|row| {
        let mut medians: Vec<(&str, &str, f64)> = analysis
            .subjects()
            .into_iter()
            .filter_map(|s| {
                let series = analysis.get(&s.name, &row.key)?;
                Some((s.name.as_str(), series.unit.as_str(), series.median()))
            })
            .collect();
        medians.sort_by(|a, b| a.2.total_cmp(&b.2));
        let told = |(name, unit, median): &(&str, &str, f64)| {
            format!("{name} {}", crate::number::alone(unit, *median))
        };
        match &medians[..] {
            [least, .., most] => Some(format!(
                " {}: from {} to {}, in the median.",
                row.label,
                told(least),
                told(most)
            )),
            _ => None,
        }
    });
    format!(
        "This run measured {measured} of {tried}, too little to recommend one for any use.{}",
        found.unwrap_or_default()
    )
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A second sentence: who must not be used, whatever its speed.
pub fn caution(analysis: &Analysis<'_>) -> Option<String> {
    let broken: Vec<String> = analysis
        .subjects()
        .iter()
        .map(|s| (&s.name, failed_musts(analysis, &s.name).len()))
        .filter(|(_, failed)| *failed > 0)
        .map(|(name, failed)| match failed {
            1 => format!("{name} fails a required promise"),
            many => format!("{name} fails {many} required promises"),
        })
        .collect();
    (!broken.is_empty()).then(|| format!("Not safe to use: {}.", broken.join(", ")))
}

fn conformance_sentence(analysis: &Analysis<'_>) -> String {
    let cases = &analysis.results.cases;
    let count = |outcome| cases.iter().filter(|c| c.outcome == outcome).count();
    let all = cases.len();
    match (all, count(Outcome::Fail), count(Outcome::Broken)) {
        (0, ..) => "Nothing was measured and nothing was asked.".to_owned(),
        (1, 0, 0) => {
            "The one answer of the conformance suite is as promised or as declared.".to_owned()
        }
        (_, 0, 0) => {
            format!("All {all} answers of the conformance suite are as promised or as declared.")
        }
        (_, failed, 0) => {
            format!("{failed} of {all} answers of the conformance suite are failures.")
        }
        (_, failed, broken) => format!(
            "{failed} of {all} answers of the conformance suite are failures, {broken} could not be had."
        ),
    }
}
