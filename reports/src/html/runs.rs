//! Several runs: what each is and found, who was tested in which, and what their surroundings do not have in common.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::decide::{decide, sentence};
use crate::headline::{self, Row};
use crate::merge::changes::changes;
use crate::merge::{Part, differences, say};
use crate::number::three;
use crate::record::{Results, Role, Subject, Support};
use crate::summary::counts;

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, rows: &[Row]) -> Markup {
    let parts = &analysis.results.parts;
    html! {
        p.lead {
            "Each run on its own host and kernel. A subject is only compared with the control of its own run: look at ratios, seconds of two machines are never held "
            "against each other. Each run recommends for itself; its own report has the cards and the method."
        }
        (runs(parts))
        h3 { "Who was tested where" }
        (crossed(analysis, rows))
        h3 { "What the runs do not have in common" }
        (surroundings(parts))
    }
}

/// What each run is, and its own result.
fn runs(parts: &[Part]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="The runs" {
            table.runs {
                thead { tr { @for head in ["Run", "Made", "Machine", "What it found"] { th scope="col" { (head) } } } }
                tbody { @for part in parts { (run(part)) } }
            }
        }
    }
}

fn run(part: &Part) -> Markup {
    let run = &part.results.run;
    let analysis = Analysis::new(&part.results);
    let found = sentence(&analysis, &decide(&analysis, &headline::rows(&analysis)));
    html! {
        tr id={ "run-" (anchor(&part.label)) } {
            th scope="row" {
                (part.label)
                @if part.results.emulated().is_some() { br; span.v.broken { "! emulated" } }
            }
            td {
                (run.started.get(..10).unwrap_or(&run.started))
                br; span.small.muted { "profile " (run.profile) ", " (run.rounds) " rounds, layerbench " (run.version) }
                @if let Some(ended) = ended(&part.results) { br; span.v.broken { (ended) } }
            }
            td {
                @if let Some(kernel) = part.fact("kernel") { "Linux " (kernel) }
                br; span.small.muted {
                    @for (index, fact) in ["cpu", "cores", "memory", "disk_filesystem"].into_iter().filter_map(|n| Some((n, part.fact(n)?))).enumerate() {
                        @if index > 0 { ", " }
                        (fact.1) @if fact.0 == "cores" { " cores" }
                    }
                }
            }
            td { (found) }
        }
    }
}

fn ended(results: &Results) -> Option<&'static str> {
    match &results.end {
        None => Some("! killed"),
        Some(end) if end.interrupted => Some("! interrupted"),
        Some(_) => None,
    }
}

/// Subjects by runs: answers, and the mean of the ratios to the control over the numbers that all runs of a subject have.
fn crossed(analysis: &Analysis<'_>, rows: &[Row]) -> Markup {
    let parts = &analysis.results.parts;
    let mut specs: Vec<String> = Vec::new();
    for subject in parts.iter().flat_map(|part| &part.results.subjects) {
        if subject.role == Role::Subject && !specs.contains(&subject.spec()) {
            specs.push(subject.spec());
        }
    }
    let changed: BTreeMap<&str, usize> =
        changes(analysis.results)
            .into_iter()
            .fold(BTreeMap::new(), |mut all, change| {
                *all.entry(change.to.subject.as_str()).or_default() += 1;
                all
            });
    html! {
        div.scroll tabindex="0" role="region" aria-label="Subjects by runs" {
            table.stick.crossed {
                caption { "Answers of the conformance suite, and how many times what its own control takes a subject takes (geometric mean over the headline times that all its runs have)." }
                thead { tr { th scope="col" { "Subject" } @for part in parts { th scope="col" { b { (part.label) } } } } }
                tbody {
                    @for spec in &specs {
                        @let kin: Vec<Option<&Subject>> = parts.iter().map(|part| find(part, spec)).collect();
                        @let times = times(analysis, rows, parts, &kin);
                        tr {
                            th scope="row" { (name(spec)) }
                            @for (at, (part, own)) in parts.iter().zip(&kin).enumerate() {
                                td { (cell(analysis, part, *own, times.as_ref().and_then(|t| t.by_run[at].map(|mean| (mean, t.over))), &changed)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn find<'a>(part: &'a Part, spec: &str) -> Option<&'a Subject> {
    let mut own = part.results.subjects.iter();
    own.find(|s| s.role == Role::Subject && s.spec() == spec)
}

fn cell(
    analysis: &Analysis<'_>,
    part: &Part,
    own: Option<&Subject>,
    times: Option<(f64, usize)>,
    changed: &BTreeMap<&str, usize>,
) -> Markup {
    let Some(own) = own else {
        return html! { span.muted { "not in this run" } };
    };
    if let Support::Missing { what, fix, .. } = &own.support {
        return html! { span.v.dnf { "! could not run" } br; span.small { (what) "; " code { (fix) } } };
    }
    let merged = part.names.get(&own.name).unwrap_or(&own.name);
    let answers = counts(analysis, merged);
    html! {
        @if own.name != own.spec() { span.small.muted { (name(&own.name)) } br; }
        @if answers != "-" { (answers) } @else { span.muted { "not asked" } }
        @if let Some(n) = changed.get(merged.as_str()) { br; span.v.deviates { "≠ " (n) (if *n == 1 { " answer" } else { " answers" }) " changed" } }
        @if let Some((mean, over)) = times { br; (three(mean)) "x the control" span.small.muted { " over " (over) (if over == 1 { " number" } else { " numbers" }) } }
    }
}

/// Means of ratios by run.
struct Times {
    by_run: Vec<Option<f64>>,
    over: usize,
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn times(
    analysis: &Analysis<'_>,
    rows: &[Row],
    parts: &[Part],
    kin: &[Option<&Subject>],
) -> Option<Times> {
    let ratio = |part: &Part, own: &Subject, row: &Row| {
        let merged = part.names.get(&own.name)?;
        let compared = analysis.against_control(merged, &row.key)?;
        Some(compared.pair.ratio).filter(|ratio| ratio.is_finite() && *ratio > 0.0)
    };
    let timed = |row: &&Row| row.key.metric == "time";
    // Runs that timed nothing (conformance only, emulated) do not take part.
    let takes_part: Vec<bool> = parts
        .iter()
        .zip(kin)
        .map(|(part, own)| {
            own.is_some_and(|own| {
                rows.iter()
                    .filter(timed)
                    .any(|row| ratio(part, own, row).is_some())
            })
        })
        .collect();
    let mut sums = vec![0.0; parts.len()];
    let mut over = 0;
    for row in rows.iter().filter(timed) {
        let logs: Option<Vec<f64>> = parts
            .iter()
            .zip(kin)
            .zip(&takes_part)
            .map(|((part, own), takes)| match (own, takes) {
                (Some(own), true) => ratio(part, own, row).map(f64::ln),
                _ => Some(0.0),
            })
            .collect();
        if let Some(logs) = logs {
            over += 1;
            for (sum, log) in sums.iter_mut().zip(logs) {
                *sum += log;
            }
        }
    }
    (over > 0).then(|| Times {
        by_run: sums
            .iter()
            .zip(&takes_part)
            .map(|(sum, takes)| takes.then(|| (sum / over as f64).exp()))
            .collect(),
        over,
    })
}

/// How each run was made, in its own words.
pub(super) fn methods(parts: &[Part]) -> Markup {
    html! {
        p.lead { "Each run was made and judged by itself, as below. Across runs nothing is paired, no verdict is given, and the noise band of a workload is that of the twins of all runs together." }
        @for part in parts {
            details {
                summary { (part.label) }
                (super::method::section(&Analysis::new(&part.results)))
            }
        }
    }
}

/// Facts by run: what differs is shown, the rest can be opened.
fn surroundings(parts: &[Part]) -> Markup {
    let rows = differences::rows(parts);
    let (differing, same): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.differs());
    html! {
        @if differing.is_empty() {
            p { "Nothing that was recorded differs." }
        } @else {
            p.small.muted { "≠: not as in the first run." }
            (facts(parts, &differing, "What differs between the runs"))
        }
        @if !same.is_empty() {
            details {
                summary { (same.len()) " more that " (if same.len() == 1 { "is" } else { "are" }) " the same, or change" (if same.len() == 1 { "s" } else { "" }) " by " (if same.len() == 1 { "itself" } else { "themselves" }) }
                (facts(parts, &same, "What is the same in the runs"))
            }
        }
    }
}

fn facts(parts: &[Part], rows: &[&differences::Row], label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.stick.surroundings {
                thead { tr { th scope="col" { "What" } @for part in parts { th scope="col" { b { (part.label) } } } } }
                tbody {
                    @for (index, row) in rows.iter().enumerate() {
                        @if index == 0 || rows[index - 1].group != row.group {
                            tr.group { th scope="colgroup" colspan=(parts.len() + 1) { (row.group) } }
                        }
                        @let differs = row.differs();
                        tr {
                            th scope="row" { (row.name.replace('_', " ")) }
                            @for value in &row.values {
                                @let other = differs && *value != row.values[0];
                                td.other[other] {
                                    @if other { span aria-label="differs from the first run" { "≠ " } }
                                    @if value.is_empty() { span.muted { "–" } } @else { (value) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is said on top of the page, in chips: which runs, and which of them are emulated.
pub(super) fn chips(results: &Results) -> Markup {
    html! {
        @for part in &results.parts {
            li.warn[part.results.emulated().is_some()] {
                a href={ "#run-" (anchor(&part.label)) } { (part.label) }
                ": " (say::subjects(&part.results)) " subjects"
                @if part.results.emulated().is_some() { ", ! emulated: no times" }
            }
        }
    }
}
