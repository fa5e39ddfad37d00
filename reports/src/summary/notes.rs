//! What the tables cannot say: who could not run, who did not finish, what rests on one workload, what is not decided.

use crate::analysis::Analysis;
use crate::decide::{Decision, undecided};
use crate::finish::nobody;
use crate::headline::Row;
use crate::record::Support;
use crate::repeats;

/// The uses that the run says nothing of.
pub(crate) fn undecided_line(headline: &[Row]) -> Option<String> {
    let open: Vec<String> = undecided(headline)
        .iter()
        .map(|open| format!("{} ({})", open.of.phrase, open.missing.join(", ")))
        .collect();
    (!open.is_empty()).then(|| format!("Not decided, for want of workloads: {}.", open.join("; ")))
}

/// Recommendations that one workload alone makes.
pub(crate) fn close_calls(decisions: &[Decision]) -> Vec<String> {
    let mut lines = Vec::new();
    for decision in decisions {
        for (workload, leader) in &decision.fragile {
            let then = match leader {
                Some(leader) => format!("{leader} would lead"),
                None => "nobody would be named".to_owned(),
            };
            let of = decision.of.title;
            lines.push(format!(
                "{of}: this rests on {workload}; without it {then}."
            ));
        }
    }
    lines
}

/// What the table cannot say: who could not run, who did not finish.
pub(crate) fn notes(analysis: &Analysis<'_>) -> Vec<String> {
    let mut notes = nobody(analysis);
    for subject in &analysis.results.subjects {
        if let Support::Missing { what, fix, .. } = &subject.support {
            notes.push(format!("{}: not run: {what}; {fix}", subject.name));
        }
    }
    // What several did not finish for the same reason is one line.
    let mut seen: Vec<(String, Vec<&str>, usize)> = Vec::new();
    for dnf in &analysis.results.dnf {
        let phase = dnf
            .phase
            .as_deref()
            .map(|phase| format!(" {phase}"))
            .unwrap_or_default();
        let line = format!("did not finish {}{phase}: {}", dnf.workload, dnf.reason);
        match seen.iter_mut().find(|(known, ..)| *known == line) {
            Some((_, who, times)) => {
                *times += 1;
                if !who.contains(&dnf.subject.as_str()) {
                    who.push(&dnf.subject);
                }
            }
            None => seen.push((line, vec![&dnf.subject], 1)),
        }
    }
    notes.extend(seen.into_iter().map(|(line, who, times)| {
        let names = who.join(", ");
        if times > who.len() {
            format!("{names}: {line} ({times} times)")
        } else {
            format!("{names}: {line}")
        }
    }));
    notes.extend(crate::merge::say::notes(analysis.results));
    notes.extend(repeats::sentence(analysis));
    notes.extend(
        repeats::changes(analysis)
            .iter()
            .map(|change| format!("  {}", change.text())),
    );
    notes
}
