//! The raw data: medians of everything as tables, and every value as JSON inside the page.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::number::Scale;
use crate::record::Subject;
use crate::series::{Key, Series};
use crate::tail::tail;

/// The most bytes of JSON put into the page; the file beside it has all of it anyway.
const JSON_LIMIT: usize = 3 << 20;

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    let mut columns: Vec<&Subject> = analysis.subjects();
    columns.extend(analysis.controls());
    html! {
        p.lead {
            "Medians over the rounds of everything measured. The complete records, round by round, are in " code { "results.json" } " beside this file (format: docs/results.md)"
            @if json(analysis).is_some() { ", and inside this page as JSON in the element " code { "#series" } }
            ". High quantiles are over the operations of all rounds, with a 95 % interval bootstrapped over whole rounds, and only where ten operations lie beyond them."
        }
        @for workload in analysis.workloads() { (table(analysis, &workload, &columns)) }
        @if let Some(json) = json(analysis) {
            script #series type="application/json" { (PreEscaped(json)) }
        }
    }
}

fn table(analysis: &Analysis<'_>, workload: &str, columns: &[&Subject]) -> Markup {
    let mut keys: Vec<&Key> = Vec::new();
    for series in analysis
        .series
        .iter()
        .filter(|s| s.key.workload == workload)
    {
        if !keys.contains(&&series.key) {
            keys.push(&series.key);
        }
    }
    html! {
        @if !keys.is_empty() {
            details id={ "data-" (anchor(workload)) } {
                summary { (workload) ": " (keys.len()) " quantities" }
                div.scroll tabindex="0" role="region" aria-label={ "Medians of " (workload) } {
                    table.stick.data {
                        thead { tr { th scope="col" { "Phase" } th scope="col" { "Metric" } @for s in columns { th.n scope="col" { b { (name(&s.name)) } } } } }
                        tbody {
                            @for key in keys {
                                @let scale = scale(analysis, columns, key);
                                tr {
                                    th scope="row" { (key.phase) @if !key.params.is_empty() { br; span.muted.small { (key.params_text()) } } }
                                    td { (crate::metric::words(&key.metric)) @if !scale.unit.is_empty() { ", " (scale.unit) } }
                                    @for s in columns { td.n { @match analysis.get(&s.name, key) { Some(series) => (value(analysis, series, scale)), None => { span.muted { "–" } } } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One unit to a row.
fn scale(analysis: &Analysis<'_>, columns: &[&Subject], key: &Key) -> Scale {
    let row = || columns.iter().filter_map(|s| analysis.get(&s.name, key));
    let unit = row().next().map_or("", |s| s.unit.as_str());
    Scale::of(unit, row().map(Series::median))
}

fn value(analysis: &Analysis<'_>, series: &Series, scale: Scale) -> Markup {
    let results = analysis.results;
    let latencies = series.key.metric == "latency-p50" && series.latencies.is_some();
    let of = |q| {
        latencies
            .then(|| tail(&results.records, series, q, results.run.seed))
            .flatten()
    };
    html! {
        (scale.number(series.median()))
        @for (name, q) in [("p99", 0.99), ("p99.9", 0.999)] {
            @if let Some(tail) = of(q) {
                br; span.muted.small {
                    (name) " " (scale.number(tail.seconds))
                    @if let Some(i) = tail.interval { " [" (scale.number(i.low)) ", " (scale.number(i.high)) "]" }
                }
            }
        }
    }
}

/// One series as it stands in the page.
#[derive(Serialize)]
struct Embedded<'a> {
    subject: &'a str,
    workload: &'a str,
    phase: &'a str,
    metric: &'a str,
    unit: &'a str,
    params: &'a crate::record::Facts,
    rounds: Vec<(u32, f64)>,
}

/// Every value by series, safe inside `<script>`; `None` when it would make the page too big.
fn json(analysis: &Analysis<'_>) -> Option<String> {
    let series: Vec<Embedded<'_>> = analysis
        .series
        .iter()
        .map(|s| Embedded {
            subject: &s.subject,
            workload: &s.key.workload,
            phase: &s.key.phase,
            metric: &s.key.metric,
            unit: &s.unit,
            params: &s.key.params,
            rounds: s
                .rounds
                .iter()
                .map(|(round, value)| (*round, *value))
                .collect(),
        })
        .collect();
    let text = serde_json::to_string(&series).ok()?;
    // `<` ends a script element early; `&` and `>` are escaped for good measure.
    let text = text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    (text.len() <= JSON_LIMIT).then_some(text)
}
