//! The raw data: medians as tables, every value as JSON inside the page, and how to get it out.

use maud::{Markup, PreEscaped, html};

use super::budget;
use super::embedded::{Embedded, rank};
use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::headline::Row;
use crate::metric::words;
use crate::number::Scale;
use crate::record::Subject;
use crate::series::{Key, Series};
use crate::tail::{Distributions, tails};

/// The most bytes that the tables may take, about, and those of the embedded values; what counts least is left to the
/// file then.
const MOST: usize = 300 << 10;

/// The section's body, in about `left` bytes, of which the values and the tables have a share that is theirs.
pub(super) fn section(analysis: &Analysis<'_>, rows: &[Row], left: usize) -> Markup {
    let values = (left / 4 * 3).clamp(budget::VALUES, MOST);
    let embedded = Embedded::new(analysis, rows, values);
    let each = left
        .saturating_sub(embedded.json.len())
        .clamp(budget::TABLES, MOST);
    let distributions = Distributions::new(&analysis.results.records);
    let mut columns: Vec<&Subject> = analysis.subjects();
    columns.extend(analysis.controls());
    let keys = keys(analysis);
    let shown = most(&keys, columns.len(), each);
    html! {
        p.lead {
            "Medians over the rounds. The complete records, round by round, are in " code { "results.json" } " beside this file (format: docs/results.md). "
            "High quantiles are over the operations of all rounds, with a 95 % interval bootstrapped over whole rounds, and only where ten operations lie beyond them."
        }
        @if embedded.series > 0 {
            p {
                "Inside this page, in the element " code { "#series" } ", are " (embedded.series) " of " (analysis.series.len())
                " series round by round, each value with five significant digits or more"
                @if embedded.series < analysis.series.len() { "; the others would make the page too big and are in " code { "results.json" } " only" }
                "."
            }
            p.tools {
                button #save-json type="button" { "Download JSON" }
                button #save-csv type="button" { "Download CSV" }
            }
        }
        @if shown < keys.len() { p.small { "Not in the tables, for their size: " (left_out(&keys[shown..])) "." } }
        @for workload in analysis.workloads() { (table(analysis, &distributions, &workload, &keys[..shown], &columns)) }
        @if embedded.series > 0 {
            script #series type="application/json" { (PreEscaped(&embedded.json)) }
        }
    }
}

/// What was measured, what matters more first.
fn keys<'a>(analysis: &'a Analysis<'_>) -> Vec<&'a Key> {
    let mut seen = std::collections::BTreeSet::new();
    let series = analysis.series.iter().map(|s| &s.key);
    let mut keys: Vec<&Key> = series.filter(|key| seen.insert(*key)).collect();
    keys.sort_by_key(|key| rank(key));
    keys
}

/// How many of the keys fit into so many bytes.
fn most(keys: &[&Key], columns: usize, bytes: usize) -> usize {
    // Tails stand beside the latencies: three lines a cell.
    let row = |key: &&Key| match key.metric.as_str() {
        "latency-p50" => 130 + columns * 200,
        _ => 130 + columns * 26,
    };
    let mut taken = 0;
    let fits = |key: &&&Key| {
        taken += row(key);
        taken <= bytes
    };
    keys.iter().take_while(fits).count()
}

fn left_out(keys: &[&Key]) -> String {
    let mut names: Vec<&str> = keys.iter().map(|key| words(&key.metric)).collect();
    names.sort_unstable();
    names.dedup();
    format!("{} quantities ({})", keys.len(), names.join(", "))
}

fn table(
    analysis: &Analysis<'_>,
    distributions: &Distributions<'_>,
    workload: &str,
    keys: &[&Key],
    columns: &[&Subject],
) -> Markup {
    let keys: Vec<&Key> = keys
        .iter()
        .copied()
        .filter(|key| key.workload == workload)
        .collect();
    let sort = format!("data-{}", anchor(workload));
    html! {
        @if !keys.is_empty() {
            details id=(sort) {
                summary { (workload) ": " (keys.len()) " quantities" }
                div.scroll tabindex="0" role="region" aria-label={ "Medians of " (workload) } {
                    table.stick.data data-sort=(sort) {
                        thead { tr { th scope="col" { "Phase" } th scope="col" { "Metric" } @for s in columns { th.n scope="col" { b { (name(&s.name)) } } } } }
                        tbody {
                            @for key in keys {
                                @let scale = scale(analysis, columns, key);
                                tr {
                                    th scope="row" { (key.phase) @if !key.params.is_empty() { br; span.muted.small { (key.params_text()) } } }
                                    td { (words(&key.metric)) @if !scale.unit.is_empty() { ", " (scale.unit) } }
                                    @for s in columns {
                                        @match analysis.get(&s.name, key) {
                                            Some(series) => { td.n { (value(analysis, distributions, series, scale)) } }
                                            None => { td.n { "–" } }
                                        }
                                    }
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

fn value(
    analysis: &Analysis<'_>,
    distributions: &Distributions<'_>,
    series: &Series,
    scale: Scale,
) -> Markup {
    let latencies = series.key.metric == "latency-p50" && series.latencies.is_some();
    let found = if latencies {
        let seed = analysis.results.run.seed;
        tails(distributions, series, &[0.99, 0.999], seed)
    } else {
        Vec::new()
    };
    html! {
        (scale.number(series.median()))
        @for (name, tail) in ["p99", "p99.9"].into_iter().zip(found) {
            @if let Some(tail) = tail {
                br; span.muted.small {
                    (name) " " (scale.number(tail.seconds))
                    @if let Some(i) = tail.interval { " [" (scale.number(i.low)) ", " (scale.number(i.high)) "]" }
                }
            }
        }
    }
}
