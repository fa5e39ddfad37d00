//! Subjects by numbers, and subjects by uses.

use crate::analysis::Analysis;
use crate::decide::Decision;
use crate::headline::Row;
use crate::number::{Scale, three};
use crate::record::{Outcome, Subject};
use crate::table::Table;
use crate::targets;

/// Subjects, and the controls if wished, by headline numbers (medians), then the layer against the volume, then conformance.
pub(crate) fn table(analysis: &Analysis<'_>, headline: &[Row], controls: bool) -> Table {
    let shown: Vec<&Row> = headline
        .iter()
        .filter(|row| !row.short.is_empty())
        .collect();
    let mut subjects = analysis.subjects();
    if controls {
        subjects.extend(analysis.controls());
    }
    let scales: Vec<Scale> = shown
        .iter()
        .map(|row| {
            let of = |s: &&Subject| number(analysis, s, row);
            let unit = analysis
                .series
                .iter()
                .find(|s| s.key == row.key)
                .map_or("", |s| s.unit.as_str());
            Scale::of(unit, subjects.iter().filter_map(of))
        })
        .collect();
    let phase = targets::phases(analysis).into_iter().next();
    let conformance = !analysis.results.cases.is_empty();
    let mut head = vec!["subject".to_owned()];
    head.extend(shown.iter().zip(&scales).map(|(row, scale)| {
        format!("{} {}", row.short, scale.unit)
            .trim_end()
            .to_owned()
    }));
    head.extend(phase.as_ref().map(|_| "layer/volume".to_owned()));
    head.extend(conformance.then(|| "conformance".to_owned()));
    let rows = subjects
        .iter()
        .map(|subject| {
            let mut cells = vec![subject.name.clone()];
            cells.extend(shown.iter().zip(&scales).map(|(row, scale)| {
                number(analysis, subject, row)
                    .map_or_else(|| "-".to_owned(), |value| scale.number(value))
            }));
            if let Some(phase) = &phase {
                let target = targets::layers(analysis, phase)
                    .into_iter()
                    .next()
                    .unwrap_or_default();
                let pair = targets::against_volume(analysis, &subject.name, phase, &target);
                cells.push(
                    pair.map_or_else(|| "-".to_owned(), |pair| format!("{}x", three(pair.ratio))),
                );
            }
            cells.extend(conformance.then(|| counts(analysis, &subject.name)));
            cells
        })
        .collect();
    Table { head, rows }
}

/// A subject's median of a headline number; on the control, that of the series that stands in for it.
fn number(analysis: &Analysis<'_>, subject: &Subject, row: &Row) -> Option<f64> {
    if let Some(series) = analysis.get(&subject.name, &row.key) {
        return Some(series.median());
    }
    let served = analysis
        .subjects()
        .into_iter()
        .find(|s| s.control.as_deref() == Some(&subject.name))?;
    analysis
        .control_of(&served.name, &row.key)
        .map(crate::series::Series::median)
}

/// `41 pass, 2 deviate, 1 FAIL`.
pub(crate) fn counts(analysis: &Analysis<'_>, subject: &str) -> String {
    let words = [
        (Outcome::Pass, "pass"),
        (Outcome::Deviates, "deviate"),
        (Outcome::NotApplicable, "n/a"),
        (Outcome::Fail, "FAIL"),
        (Outcome::Broken, "BROKEN"),
    ];
    let count = |outcome| {
        let of = |c: &&crate::record::CaseResult| c.subject == subject && c.outcome == outcome;
        analysis.results.cases.iter().filter(of).count()
    };
    let parts: Vec<String> = words
        .into_iter()
        .map(|(outcome, word)| (count(outcome), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Subjects by uses: how many times what the first costs (geometric mean), the group, and, where it is not all, how many
/// of the use's numbers that covers. `None` when no use has two subjects.
pub(crate) fn standings(decisions: &[Decision]) -> Option<Table> {
    let decisions: Vec<&Decision> = decisions
        .iter()
        .filter(|decision| decision.standings.len() > 1)
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for standing in decisions.iter().flat_map(|decision| &decision.standings) {
        if !names.contains(&standing.name.as_str()) {
            names.push(&standing.name);
        }
    }
    let cell = |decision: &Decision, name: &str| {
        let found = decision.standings.iter().find(|s| s.name == name);
        let Some((standing, times)) = found.and_then(|s| Some((s, s.times?))) else {
            return "-".to_owned();
        };
        let mut text = format!("{}x", three(times));
        if standing.covered < standing.of {
            text.extend([format!(" ({}/{})", standing.covered, standing.of)]);
        }
        if !standing.letters.is_empty() {
            text.extend([" ", &standing.letters]);
        }
        text
    };
    let mut head = vec!["times the first".to_owned()];
    head.extend(decisions.iter().map(|d| d.of.title.to_owned()));
    let rows = names
        .into_iter()
        .map(|name| {
            let mut cells = vec![name.to_owned()];
            cells.extend(decisions.iter().map(|decision| cell(decision, name)));
            cells
        })
        .collect();
    (!decisions.is_empty()).then_some(Table { head, rows })
}

/// The same for a terminal: short heads, no coverage; `!` marks who is no candidate.
pub(super) fn places(decisions: &[Decision]) -> Option<Table> {
    let mut table = standings(decisions)?;
    let decisions = decisions.iter().filter(|d| d.standings.len() > 1);
    for (column, decision) in (1..).zip(decisions) {
        table.head[column] = decision.of.short.to_owned();
        for row in &mut table.rows {
            let place = decision.standings.iter().find(|place| place.name == row[0]);
            let Some((place, times)) = place.and_then(|place| Some((place, place.times?))) else {
                continue;
            };
            let mark = if decision.ranking.contains(&place.name) {
                &place.letters
            } else {
                "!"
            };
            row[column] = format!("{}x {mark}", three(times)).trim_end().to_owned();
        }
    }
    Some(table)
}
