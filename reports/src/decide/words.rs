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
    let mut sure: Vec<(String, Vec<String>)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for decision in decisions {
        if decision.winners().is_empty() {
            open.push(decision.of.phrase.to_owned());
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
            parts.push(format!("nobody surely leads for {}", listed(&open, "and")));
        }
        return format!(
            "On this host, at 95 % confidence over {rounds} rounds: {}.",
            parts.join("; ")
        );
    }
    let why = if rounds < 6 {
        let are = if rounds == 1 {
            "round is"
        } else {
            "rounds are"
        };
        format!("{rounds} {are} too few for verdicts (6 are the least)")
    } else if decisions.is_empty() {
        "it measured too little of what any use rests on".to_owned()
    } else if decisions.iter().all(|d| d.ranking.len() < 2) {
        "nobody is left to compare with".to_owned()
    } else {
        "no driver leads by more than the noise".to_owned()
    };
    format!(
        "This run recommends none of {} subjects: {why}.",
        subjects.len()
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
