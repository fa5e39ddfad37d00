//! A gate's findings as rows, for spreadsheets.

use super::finding::Gate;
use crate::table::Table;

/// What was flagged, and what came of it.
pub fn table(gate: &Gate) -> Table {
    let head = ["subject", "what", "outcome", "first", "again", "repeat"];
    let rows = gate.findings.iter().map(|finding| {
        vec![
            finding.subject.clone(),
            finding.what.clone(),
            finding.state.word().to_owned(),
            finding.first.words.clone(),
            finding
                .again
                .as_ref()
                .map(|again| again.words.clone())
                .unwrap_or_default(),
            finding.repeat.clone().unwrap_or_default(),
        ]
    });
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}
