//! A run as rows, for documents and spreadsheets: headline numbers by subject, and answers by case.

use crate::analysis::Analysis;
use crate::headline;
use crate::record::{CaseResult, Level, Outcome, Results};
use crate::summary;
use crate::table::Table;

/// Subjects by headline numbers: medians, each column in one unit.
pub fn headline(results: &Results) -> Table {
    let analysis = Analysis::new(results);
    let rows = headline::rows(&analysis);
    summary::table(&analysis, &rows, true)
}

/// Cases by subjects; `only_differs` leaves out those that pass everywhere.
pub fn cases(results: &Results, only_differs: bool) -> Table {
    let mut subjects: Vec<&str> = Vec::new();
    let mut cases: Vec<&CaseResult> = Vec::new();
    for case in &results.cases {
        if !subjects.contains(&case.subject.as_str()) {
            subjects.push(&case.subject);
        }
        if !cases.iter().any(|known| known.case == case.case) {
            cases.push(case);
        }
    }
    let mut head = ["case", "theme", "level"].map(str::to_owned).to_vec();
    head.extend(subjects.iter().map(|subject| (*subject).to_owned()));
    let mut rows = Vec::new();
    for case in cases {
        let answers: Vec<Option<&CaseResult>> = subjects
            .iter()
            .map(|subject| {
                let mut all = results.cases.iter();
                all.find(|c| c.case == case.case && c.subject == *subject)
            })
            .collect();
        let agreed = answers
            .iter()
            .all(|a| a.is_some_and(|a| a.outcome == Outcome::Pass));
        if agreed && only_differs {
            continue;
        }
        let mut row = vec![
            case.case.clone(),
            case.theme.clone(),
            level(case.level).to_owned(),
        ];
        row.extend(
            answers
                .into_iter()
                .map(|answer| answer.map(told).unwrap_or_default()),
        );
        rows.push(row);
    }
    Table { head, rows }
}

/// `pass`, or the outcome with its reason.
fn told(answer: &CaseResult) -> String {
    let word = match answer.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "FAIL",
        Outcome::Deviates => "deviates",
        Outcome::NotApplicable => "not applicable",
        Outcome::Broken => "BROKEN",
    };
    if answer.reason.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {}", answer.reason)
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Informs => "informs",
    }
}
