//! The runs before this one: what changed since when.

use maud::{Markup, PreEscaped, html};

use crate::charts::spark::spark;
use crate::number::{alone, three};
use crate::trend::divide::ENOUGH;
use crate::trend::{Basis, Group, RunInfo, Trend};

/// The most series of a group in the page; `layerbench trend --all` has every one.
const MOST: usize = 60;
/// The most runs of a sparkline.
const RUNS: usize = 60;

/// The section's body; `None` without two runs that may be compared.
pub(super) fn section(groups: &[Group]) -> Option<Markup> {
    let told: Vec<(usize, &Group)> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.runs.len() > 1 && !group.trends.is_empty())
        .collect();
    if told.is_empty() {
        return None;
    }
    Some(html! {
        p.lead {
            "One point for each run that is kept: the ratio to the control of the same run, so that the machine's speed cancels, or the number itself where it repeats exactly. "
            "An upright line is a change that noise does not explain."
        }
        @for (index, group) in told { (one(index, group)) }
    })
}

fn one(index: usize, group: &Group) -> Markup {
    let mut shown: Vec<&Trend> = group
        .trends
        .iter()
        .filter(|trend| trend.headline || !trend.changes.is_empty())
        .collect();
    // Changes first; else the order of the run.
    shown.sort_by_key(|trend| trend.changes.is_empty());
    let left_out = group.trends.len() - shown.len().min(MOST);
    shown.truncate(MOST);
    let changed = group
        .trends
        .iter()
        .filter(|trend| !trend.changes.is_empty())
        .count();
    let short = group.trends.iter().filter(|trend| trend.is_short()).count();
    html! {
        h3 { (group.runs.len()) " runs, " (group.setup) }
        p {
            @if let (Some(first), Some(last)) = (group.runs.first(), group.runs.last()) {
                "From " (told(first)) " to " (told(last)) ". "
            }
            (changed) " of " (group.trends.len()) " series changed. "
            @if short > 0 { (short) " are too short to tell a change from noise: that takes " (ENOUGH) " runs. " }
            @if group.withheld > 0 { (group.withheld) " more changed by less than is sure among so many. " }
        }
        @if !shown.is_empty() {
            div.scroll tabindex="0" role="region" aria-label={ "Trend of " (group.runs.len()) " runs" } {
                table.stick.trend {
                    caption {
                        "Headline numbers, and whatever changed"
                        @if left_out > 0 { "; " (left_out) " more series are in " code { "layerbench trend --all" } }
                        "."
                    }
                    thead { tr {
                        @for head in ["What", "Subject", "Runs", "First", "Last", "Course", "Changes"] { th scope="col" { (head) } }
                    } }
                    tbody { @for (at, trend) in shown.iter().enumerate() { (row(&format!("trend-{index}-{at}"), group, trend)) } }
                }
            }
        }
    }
}

fn row(id: &str, group: &Group, trend: &Trend) -> Markup {
    let values: Vec<f64> = trend.points.iter().map(|point| point.value).collect();
    let breaks: Vec<usize> = trend.changes.iter().map(|change| change.at).collect();
    let key = &trend.key;
    let what = format!("{} {} {}", key.workload, key.phase, key.metric);
    let (first, last) = (values.first(), values.last());
    let number = |value: Option<&f64>| value.map_or_else(String::new, |value| shown(trend, *value));
    let description = format!(
        "{} runs, from {} to {}, {} changes",
        values.len(),
        number(first),
        number(last),
        breaks.len()
    );
    let title = format!("{what} of {}", trend.subject);
    html! {
        tr {
            th scope="row" { (what) @if !key.params.is_empty() { br; span.muted.small { (key.params_text()) } } }
            td { (super::matrix::name(&trend.subject)) }
            td.n { (values.len()) }
            td.n { (number(first)) }
            td.n { (number(last)) }
            td { @match spark(id, (&title, &description), &values, &breaks, RUNS) {
                Ok(svg) => { div.spark { (PreEscaped(svg)) } },
                Err(error) => { (error) }
            } }
            td {
                @if trend.changes.is_empty() { span.muted { "none" } }
                @for change in &trend.changes {
                    div {
                        @let worse = change.size.is_worse(&key.metric);
                        span class={ "v " (if worse { "worse" } else { "better" }) } { (if worse { "▼ worse" } else { "▲ better" }) }
                        " " (change.size.words(&key.metric, &trend.unit))
                        @if let Some(since) = group.runs.get(trend.points[change.at].run) { br; span.muted.small { "since " (told(since)) } }
                    }
                }
            }
        }
    }
}

fn shown(trend: &Trend, value: f64) -> String {
    match trend.basis {
        Basis::Control => format!("{}x", three(value)),
        Basis::Own | Basis::Exact => alone(&trend.unit, value),
    }
}

/// `2026-11-21, layerbench 0.1.0 (0123456), Linux 6.18`.
fn told(run: &RunInfo) -> String {
    let mut text = run.started.get(..10).unwrap_or(&run.started).to_owned();
    text.extend([", layerbench ", &run.version]);
    if !run.commit.is_empty() {
        text.extend([" (", run.commit.get(..12).unwrap_or(&run.commit), ")"]);
    }
    if !run.kernel.is_empty() {
        text.extend([", Linux ", &run.kernel]);
    }
    text
}
