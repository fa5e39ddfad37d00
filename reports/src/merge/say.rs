//! What several runs come to, in sentences.

use super::changes::{Change, baselines, changes};
use crate::record::{Results, Role, Support};

/// The result in one sentence; `None` for a run that was not merged.
pub fn sentence(results: &Results) -> Option<String> {
    if results.parts.is_empty() {
        return None;
    }
    let labels: Vec<&str> = results.parts.iter().map(|p| p.label.as_str()).collect();
    let kin = baselines(results).len();
    let changes = changes(results);
    let cases: std::collections::BTreeSet<&str> =
        changes.iter().map(|c| c.from.case.as_str()).collect();
    let said = match (kin, cases.len()) {
        (0, _) => "no subject was asked the suite in two of them".to_owned(),
        (_, 0) => "every case has the same answer wherever it was asked again".to_owned(),
        (_, 1) => "one case is answered otherwise than in the first that asked".to_owned(),
        (_, n) => format!("{n} cases are answered otherwise than in the first that asked"),
    };
    Some(format!(
        "{} runs side by side ({}): {said}.",
        labels.len(),
        labels.join("; ")
    ))
}

/// What must be known beside the tables, one sentence each; nothing for a run that was not merged, and not emulated.
pub fn notes(results: &Results) -> Vec<String> {
    let mut notes = Vec::new();
    for part in &results.parts {
        if let Some(what) = part.results.emulated() {
            notes.push(format!(
                "{}: emulated ({what}): times say nothing of any machine and are left out",
                part.label
            ));
        }
        match &part.results.end {
            None => notes.push(format!("{}: the run was killed", part.label)),
            Some(end) if end.interrupted => {
                notes.push(format!("{}: the run was interrupted", part.label));
            }
            Some(_) => {}
        }
    }
    let changes = changes(results);
    notes.extend(changes.iter().take(SHOWN).map(line));
    if changes.len() > SHOWN {
        notes.push(format!(
            "{} more answers changed: report.html, preset \"changed\"",
            changes.len() - SHOWN
        ));
    }
    notes
}

/// Changes told in the terminal.
const SHOWN: usize = 12;

/// `case on subject: pass, was FAIL`.
fn line(change: &Change<'_>) -> String {
    let word = |outcome| crate::compare::cases::word(Some(outcome));
    format!(
        "{} on {}: {}, {} on {}",
        change.to.case,
        change.to.subject,
        word(change.to.outcome),
        word(change.from.outcome),
        change.from.subject
    )
}

/// How many subjects of a run took part.
pub fn subjects(results: &Results) -> usize {
    results
        .subjects
        .iter()
        .filter(|s| s.role == Role::Subject && s.support == Support::Ready)
        .count()
}
