//! A comparison for people: on a terminal, and as markdown.

use super::cases::word;
use super::comparison::Comparison;
use super::environment::{Difference, Matters};
use super::finish::Finish;
use super::row::{Call, Row};
use crate::number::{Scale, three};
use crate::table::{Table, escape};

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Rows without a difference too.
    pub all: bool,
    /// Columns of text; what is wider goes on in a second table.
    pub width: usize,
}

/// The comparison as text.
pub fn text(comparison: &Comparison, shown: Shown) -> String {
    let mut text = String::new();
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        text.push_str(&format_side(name, side));
    }
    for note in &comparison.notes {
        text.extend(["! ", note, "\n"]);
    }
    let table = differences(&comparison.differences);
    if !table.rows.is_empty() {
        text.extend(["\nWhat else differs:\n", &table.text()]);
    }
    let rows = chosen(comparison, shown.all);
    if !rows.is_empty() {
        text.push('\n');
        text.extend(two_subjects(comparison));
        let tables = table_of(&rows).split(shown.width);
        let tables: Vec<String> = tables.iter().map(Table::text).collect();
        text.push_str(&tables.join("\n"));
    }
    for line in sentences(comparison, shown.all) {
        text.extend(["\n", &line]);
    }
    text.push('\n');
    text
}

/// The comparison as markdown.
pub fn markdown(comparison: &Comparison, all: bool) -> String {
    let mut text = String::from("## Comparison\n\n");
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        text.extend(["- ", &escape(format_side(name, side).trim_end()), "\n"]);
    }
    for note in &comparison.notes {
        text.extend(["- **", &escape(note), "**\n"]);
    }
    let rows = chosen(comparison, all);
    if !rows.is_empty() {
        text.extend(two_subjects(comparison).map(|line| format!("\n{}", escape(&line))));
        text.extend(["\n", &table_of(&rows).markdown()]);
    }
    for line in sentences(comparison, all) {
        text.extend(["\n", &escape(&line), "\n"]);
    }
    let table = differences(&comparison.differences);
    if !table.rows.is_empty() {
        text.extend(["\n### What else differs\n\n", &table.markdown()]);
    }
    text
}

fn format_side(name: &str, side: &super::sides::Side) -> String {
    let commit = if side.commit.is_empty() {
        String::new()
    } else {
        format!(" ({})", side.commit)
    };
    format!(
        "{name}: {}: layerbench {}{commit}, profile {}, {} rounds, {}\n",
        side.label, side.version, side.profile, side.rounds, side.started
    )
}

fn differences(differences: &[Difference]) -> Table {
    let rows = differences
        .iter()
        .map(|d| {
            vec![
                d.what.clone(),
                d.a.clone(),
                d.b.clone(),
                match d.matters {
                    Matters::Note => String::new(),
                    other => other.words().to_owned(),
                },
            ]
        })
        .collect();
    Table {
        head: ["", "A", "B", ""].map(str::to_owned).to_vec(),
        rows,
    }
}

/// Which is which, where two subjects were named.
fn two_subjects(comparison: &Comparison) -> Option<String> {
    let row = comparison.rows.first()?;
    let against = row.against.as_ref()?;
    Some(format!("A is {against}, B is {}.\n", row.subject))
}

/// The rows that are shown: those that differ, or all that were compared.
pub fn chosen(comparison: &Comparison, all: bool) -> Vec<&Row> {
    comparison
        .rows
        .iter()
        .filter(|row| all || row.call.differs())
        .collect()
}

/// Rows as a table.
pub fn table_of(rows: &[&Row]) -> Table {
    let head = [
        "",
        "A",
        "B",
        "B/A",
        "95 % interval",
        "verdict",
        "n",
        "finds",
        "how",
    ];
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.iter().map(|row| cells(row)).collect(),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let dash = || "-".to_owned();
    let [a, b] = values(row);
    let n = if row.n[0] == row.n[1] {
        row.n[0].to_string()
    } else {
        format!("{}, {}", row.n[0], row.n[1])
    };
    vec![
        format!("{} {}", row.subject, row.what()),
        a,
        b,
        row.ratio.map_or_else(dash, ratio),
        interval(row),
        format!("{} {}", row.call.glyph(), row.call.word()),
        n,
        row.detectable
            .map_or_else(dash, |least| format!("{}x", three(least))),
        row.method.words().to_owned(),
    ]
}

/// A and B in one unit; small differences of what is exact are written out to the last digit.
pub(crate) fn values(row: &Row) -> [String; 2] {
    if row.unit == "x" {
        return [row.a, row.b]
            .map(|v| v.map_or_else(|| "-".to_owned(), |v| format!("{}x", three(v))));
    }
    let scale = Scale::of(&row.unit, [row.a, row.b].into_iter().flatten());
    let short = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| scale.with_unit(v));
    let pair = [short(row.a), short(row.b)];
    if pair[0] == pair[1] && row.a != row.b {
        let unit = if row.unit == "1" { "" } else { &row.unit };
        return [row.a, row.b].map(|v| {
            v.map_or_else(
                || "-".to_owned(),
                |v| format!("{v} {unit}").trim_end().to_owned(),
            )
        });
    }
    pair
}

/// `1.09x`; a change too small for three digits in parts of a hundred: `+0.021 %`.
pub(crate) fn ratio(ratio: f64) -> String {
    let change = (ratio - 1.0) * 100.0;
    if change != 0.0 && change.abs() < 0.5 {
        let digits = decimals(change);
        format!("{change:+.digits$} %")
    } else {
        format!("{}x", three(ratio))
    }
}

fn decimals(value: f64) -> usize {
    match value.abs() {
        x if x >= 0.1 => 1,
        x if x >= 0.01 => 2,
        x if x >= 0.001 => 3,
        _ => 4,
    }
}

pub(crate) fn interval(row: &Row) -> String {
    match (row.interval, row.level) {
        (Some([low, high]), Some(level)) if level >= 0.95 => {
            format!("{} to {}", three(low), three(high))
        }
        (Some([low, high]), Some(level)) => {
            format!("{} to {} ({:.0} %)", three(low), three(high), level * 100.0)
        }
        _ => "-".to_owned(),
    }
}

/// What the table does not hold.
pub(crate) fn sentences(comparison: &Comparison, all: bool) -> Vec<String> {
    let mut lines: Vec<String> = comparison.finishes.iter().map(finish).collect();
    for change in &comparison.cases {
        let why = if change.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", change.reason)
        };
        lines.push(format!(
            "{} {}: case {} was {} in A, is {} in B{why}",
            change.call.glyph(),
            change.subject,
            change.case,
            word(Some(change.a)),
            word(change.b),
        ));
    }
    let count =
        |call: fn(&Call) -> bool| comparison.rows.iter().filter(|row| call(&row.call)).count();
    let same = count(|call| *call == Call::Equivalent);
    let differ = count(Call::differs);
    let unclear = comparison.rows.len() - same - differ;
    if differ == 0 && !comparison.rows.is_empty() {
        lines.push("No difference was found that is sure and matters.".to_owned());
    }
    if !all && same + unclear > 0 {
        lines.push(format!(
            "{} rows are not shown: {same} equivalent, {unclear} inconclusive; --all shows them.",
            same + unclear
        ));
    }
    lines.extend(why_inconclusive(comparison));
    lines.extend(power(comparison));
    lines
}

/// The commonest reasons why rows say nothing.
fn why_inconclusive(comparison: &Comparison) -> Vec<String> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for row in &comparison.rows {
        if let Call::Inconclusive(why) = &row.call {
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, count)) => *count += 1,
                None => reasons.push((why, 1)),
            }
        }
    }
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lines = reasons.iter().take(4);
    lines
        .map(|(why, count)| format!("? {count} inconclusive: {why}."))
        .collect()
}

/// What the headline comparisons could have found.
fn power(comparison: &Comparison) -> Option<String> {
    let of_first = comparison.rows.iter().filter(|row| row.first);
    let least: Vec<f64> = of_first.filter_map(|row| row.detectable).collect();
    let middle = crate::stats::quantile::median(&least)?;
    let size = if middle < 2.0 {
        format!("{} %", three((middle - 1.0) * 100.0))
    } else {
        format!("{}x", three(middle))
    };
    Some(format!(
        "Of {} headline comparisons half could have found a difference of {size} with 80 % chance.",
        least.len(),
    ))
}

fn finish(finish: &Finish) -> String {
    let what = format!(
        "{} {} {}",
        finish.call.glyph(),
        finish.subject,
        finish.what()
    );
    let times = |n: &usize| {
        if *n > 1 {
            format!(" ({n} times)")
        } else {
            String::new()
        }
    };
    match (&finish.a, &finish.b) {
        (None, Some((n, why))) => format!("{what}: finished in A, not in B{}: {why}", times(n)),
        (Some((n, why)), None) => format!(
            "{what}: not finished in A{}, finished in B: {why}",
            times(n)
        ),
        (Some((_, x)), Some((_, y))) if x == y => {
            format!("{what}: not finished on either side: {y}")
        }
        (Some((_, x)), Some((_, y))) => {
            format!("{what}: not finished on either side: in A {x}; in B {y}")
        }
        (None, None) => what,
    }
}
