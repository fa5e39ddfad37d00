//! What keeps a subject from being a candidate, whatever its speed.

use crate::analysis::Analysis;
use crate::record::{Level, Outcome, Subject};
use crate::uses::Use;

/// Why a subject cannot be recommended for a use; `None` when nothing is in the way.
pub(crate) fn blocked(analysis: &Analysis<'_>, subject: &Subject, of: &Use) -> Option<String> {
    let failed = failed_musts(analysis, &subject.name);
    if !failed.is_empty() {
        return Some(format!("fails {}", some(&failed)));
    }
    let unproven = musts(analysis, &subject.name, Outcome::Broken);
    if !unproven.is_empty() {
        return Some(format!("could not be asked {}", some(&unproven)));
    }
    of.needs.iter().find_map(|need| need.met(subject).err())
}

/// The `must` cases a subject fails.
pub fn failed_musts<'a>(analysis: &'a Analysis<'_>, subject: &str) -> Vec<&'a str> {
    musts(analysis, subject, Outcome::Fail)
}

/// Why the conformance suite was not asked in full of a subject, where it was not.
pub fn partly_asked<'a>(analysis: &'a Analysis<'_>, subject: &str) -> Option<&'a str> {
    let asked = |dnf: &&crate::record::Dnf| dnf.workload == "conformance" && dnf.subject == subject;
    let dnf = analysis.results.dnf.iter().find(asked)?;
    Some(&dnf.reason)
}

fn musts<'a>(analysis: &'a Analysis<'_>, subject: &str, outcome: Outcome) -> Vec<&'a str> {
    analysis
        .results
        .cases
        .iter()
        .filter(|c| c.subject == subject && c.level == Level::Must && c.outcome == outcome)
        .map(|c| c.case.as_str())
        .collect()
}

/// The first few of a list.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let first = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
