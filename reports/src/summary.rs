//! The summary printed at the end of a run: one line per subject.

use crate::analysis::Analysis;
use crate::decide::{caution, decide, sentence};
use crate::headline::{Row, rows};
use crate::number::{Scale, three};
use crate::record::{Outcome, Results, Subject, Support};
use crate::table::Table;
use crate::targets;

/// The summary as text for a terminal, `width` columns wide; what is wider goes on in a second table.
pub fn text(results: &Results, width: usize) -> String {
    let analysis = Analysis::new(results);
    let headline = rows(&analysis);
    let tables = table(&analysis, &headline).split(width);
    let tables: Vec<String> = tables.iter().map(Table::text).collect();
    let mut text = tables.join("\n");
    for (number, line) in notes(&analysis).into_iter().enumerate() {
        text.extend([if number == 0 { "\n" } else { "" }, &line, "\n"]);
    }
    text.extend([
        "
",
        &sentence(&analysis, &decide(&analysis, &headline)),
        "
",
    ]);
    text.extend(caution(&analysis).map(|line| {
        format!(
            "{line}
"
        )
    }));
    text
}

/// Subjects by headline numbers (medians), then the layer against the volume, then conformance.
pub(crate) fn table(analysis: &Analysis<'_>, headline: &[Row]) -> Table {
    let shown: Vec<&Row> = headline
        .iter()
        .filter(|row| !row.short.is_empty())
        .collect();
    let mut subjects = analysis.subjects();
    subjects.extend(analysis.controls());
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

/// What the table cannot say: who could not run, who did not finish.
pub(crate) fn notes(analysis: &Analysis<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for subject in &analysis.results.subjects {
        if let Support::Missing { what, fix, .. } = &subject.support {
            notes.push(format!("{}: not run: {what}; {fix}", subject.name));
        }
    }
    let mut seen: Vec<(String, usize)> = Vec::new();
    for dnf in &analysis.results.dnf {
        let phase = dnf
            .phase
            .as_deref()
            .map(|phase| format!(" {phase}"))
            .unwrap_or_default();
        let line = format!(
            "{}: did not finish {}{phase}: {}",
            dnf.subject, dnf.workload, dnf.reason
        );
        match seen.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => seen.push((line, 1)),
        }
    }
    notes.extend(seen.into_iter().map(|(line, times)| {
        if times > 1 {
            format!("{line} ({times} times)")
        } else {
            line
        }
    }));
    notes
}
