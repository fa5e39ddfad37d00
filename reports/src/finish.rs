//! Who did not finish what. What ran into a time limit is known to take longer (**censored**): it ranks last and has no
//! ratio. What failed otherwise is not known at all: it takes part in nothing. Neither is dropped without a word, and
//! nothing is put in its place.

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::metric::{Direction, direction};
use crate::record::Dnf;
use crate::series::Key;

/// The rounds in which a subject ran into a time limit before it had a value. Only durations can be censored.
pub fn timed_out(analysis: &Analysis<'_>, subject: &str, key: &Key) -> BTreeSet<u32> {
    let series = analysis.get(subject, key);
    let duration = matches!(key.metric.as_str(), "time" | "durable" | "cpu")
        && direction(&key.metric) == Direction::Less;
    if !duration {
        return BTreeSet::new();
    }
    let limits = unfinished(analysis, subject, key).filter(|dnf| dnf.after_seconds.is_some());
    let rounds: BTreeSet<u32> = limits
        .flat_map(|dnf| match dnf.round {
            Some(round) => round..round + 1,
            None => 0..analysis.results.run.rounds,
        })
        .collect();
    let done = |round: &u32| series.is_some_and(|series| series.rounds.contains_key(round));
    rounds.into_iter().filter(|round| !done(round)).collect()
}

/// Everything of a key that a subject did not finish.
pub fn unfinished<'a>(
    analysis: &Analysis<'a>,
    subject: &'a str,
    key: &'a Key,
) -> impl Iterator<Item = &'a Dnf> {
    analysis.results.dnf.iter().filter(move |dnf| {
        dnf.subject == subject
            && dnf.workload == key.workload
            && dnf.phase.as_ref().is_none_or(|phase| *phase == key.phase)
            && dnf
                .params
                .iter()
                .all(|(name, value)| key.params.get(name) == Some(value))
    })
}

/// One sentence for each workload that no subject under test has a number of, though some tried.
pub fn nobody(analysis: &Analysis<'_>) -> Vec<String> {
    let subjects: Vec<&str> = analysis
        .subjects()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let mut workloads = analysis.workloads();
    for dnf in &analysis.results.dnf {
        // Cases that were not asked for want of time are told with the cases.
        if dnf.workload != "conformance" && !workloads.contains(&dnf.workload) {
            workloads.push(dnf.workload.clone());
        }
    }
    let mut sentences = Vec::new();
    for workload in workloads {
        let mine = |subject: &String| subjects.contains(&subject.as_str());
        let measured = analysis
            .series
            .iter()
            .any(|s| s.key.workload == workload && mine(&s.subject));
        let mut reasons: Vec<(&str, BTreeSet<&str>)> = Vec::new();
        for dnf in &analysis.results.dnf {
            if dnf.workload == workload && mine(&dnf.subject) {
                match reasons.iter_mut().find(|(reason, _)| *reason == dnf.reason) {
                    Some((_, who)) => {
                        who.insert(&dnf.subject);
                    }
                    None => reasons.push((&dnf.reason, BTreeSet::from([dnf.subject.as_str()]))),
                }
            }
        }
        reasons.sort_by_key(|(_, who)| std::cmp::Reverse(who.len()));
        if let (false, Some((reason, who))) = (measured, reasons.first()) {
            sentences.push(format!(
                "Nobody finished {workload}, so nothing is said of it; {}: {reason}",
                some(who.len(), subjects.len())
            ));
        }
    }
    sentences
}

fn some(few: usize, all: usize) -> String {
    match (few, all) {
        (1, 1) => "its only subject".to_owned(),
        (few, all) if few == all => format!("all {all} subjects"),
        (few, all) => format!("{few} of {all} subjects"),
    }
}
