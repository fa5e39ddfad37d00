//! Trends as text for a terminal.

use super::change::{Change, Size};
use super::divide::{ALPHA, ENOUGH};
use super::history::{Basis, FALSE_SHARE, Group, RunInfo, Trend};
use super::sparkline::sparkline;
use crate::number::{alone, three};
use crate::table::{Table, plain};

/// As many runs as a line shows.
const SHOWN: usize = 40;

/// A table of series, then each change with the runs on both sides, `width` columns wide. Series without a change are
/// shown when they are headline numbers, or when `all`.
pub fn text(group: &Group, all: bool, width: usize) -> String {
    let mut text = head(group);
    let shown: Vec<&Trend> = group
        .trends
        .iter()
        .filter(|trend| all || trend.headline || !trend.changes.is_empty())
        .collect();
    let table = Table {
        head: ["subject", "what", "runs", "last", "trend"]
            .map(str::to_owned)
            .to_vec(),
        rows: shown.iter().map(|trend| row(trend)).collect(),
    };
    if !shown.is_empty() {
        text.push('\n');
        let tables: Vec<String> = table.split(width).iter().map(Table::text).collect();
        text.push_str(&tables.join("\n"));
    }
    for trend in &shown {
        for change in &trend.changes {
            let run = |point: usize| &group.runs[trend.points[point].run];
            text.extend([
                format!(
                    "\n{}: {}: {}{}\n",
                    plain(&trend.subject),
                    plain(&what(trend)),
                    change.size.words(&trend.key.metric, &trend.unit),
                    chance(change)
                ),
                format!("  before  {}\n", told(run(change.at - 1))),
                format!("  since   {}\n", told(run(change.at))),
            ]);
        }
    }
    text.extend(notes(group).into_iter().map(|note| format!("\n{note}\n")));
    text
}

/// `, p 0.003`; nothing for an exact number.
fn chance(change: &Change) -> String {
    match change.size {
        Size::Step { .. } => String::new(),
        Size::Times { .. } if change.p < 1e-4 => ", p < 0.0001".to_owned(),
        Size::Times { .. } => format!(", p {}", three(change.p)),
    }
}

fn head(group: &Group) -> String {
    let host = if group.host.is_empty() {
        "unknown"
    } else {
        &group.host
    };
    let count = match group.runs.len() {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let (first, last) = (group.runs.first(), group.runs.last());
    let times = first.zip(last).map(|(first, last)| {
        if first == last {
            format!(" of {}", first.started)
        } else {
            format!(" from {} to {}", first.started, last.started)
        }
    });
    plain(&format!(
        "host {host}, {}: {count}{}",
        group.setup,
        times.unwrap_or_default()
    )) + "\n"
}

fn row(trend: &Trend) -> Vec<String> {
    let values: Vec<f64> = trend.points.iter().map(|point| point.value).collect();
    let breaks: Vec<usize> = trend.changes.iter().map(|change| change.at).collect();
    let last = values
        .last()
        .map_or_else(String::new, |last| match trend.basis {
            Basis::Control => format!("{}x", three(*last)),
            Basis::Own | Basis::Exact => alone(&trend.unit, *last),
        });
    vec![
        trend.subject.clone(),
        what(trend),
        values.len().to_string(),
        last,
        sparkline(&values, &breaks, SHOWN),
    ]
}

/// `copy-up append-first time, size 4 KiB`.
fn what(trend: &Trend) -> String {
    let key = &trend.key;
    let params = key.params_text();
    let behind = if params.is_empty() { "" } else { ", " };
    format!(
        "{} {} {}{behind}{params}",
        key.workload, key.phase, key.metric
    )
}

fn told(run: &RunInfo) -> String {
    let mut text = format!("{} layerbench {}", run.id, run.version);
    if !run.commit.is_empty() {
        text.extend([" ", &run.commit]);
    }
    text.extend([", kernel ", &run.kernel]);
    plain(&text)
}

/// What was looked at, and how far it can be trusted.
fn notes(group: &Group) -> Vec<String> {
    let mut notes = Vec::new();
    let exact = group
        .trends
        .iter()
        .filter(|t| t.basis == Basis::Exact)
        .count();
    let short = group.trends.iter().filter(|t| t.is_short()).count();
    let tested = group.trends.len() - exact - short;
    let changed = group
        .trends
        .iter()
        .filter(|t| !t.changes.is_empty())
        .count();
    notes.push(format!(
        "{changed} of {} series changed.",
        group.trends.len()
    ));
    if tested > 0 {
        notes.push(format!(
            "{tested} series with noise were tested: each alone shows a change that is none with a chance of about {} %; of those shown here at most {} % are.",
            ALPHA * 100.0,
            FALSE_SHARE * 100.0
        ));
    }
    if group.withheld > 0 {
        notes.push(format!(
            "{} more changed by less than is sure among so many series; --metric, --workload and --subject look at fewer.",
            group.withheld
        ));
    }
    if short > 0 {
        notes.push(format!(
            "{short} series are too short to tell a change from noise: that takes {ENOUGH} runs of one host, profile and image."
        ));
    }
    notes
}
