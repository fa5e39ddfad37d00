//! One part per workload: its question, its charts, its phases, what was not finished.

use maud::{Markup, html};

use super::figure::figure;
use super::matrix::notes;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::charts::{self, Chart, Scene};
use crate::record::Outcome;

/// The section's body.
pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let analysis = scene.analysis;
    html! {
        (notes(&analysis.subjects()))
        @for workload in analysis.workloads() {
            h3 id={ "w-" (anchor(&workload)) } { (workload) ": " (analysis.question(&workload)) }
            @let (first, more) = drawn(scene, &workload);
            @if first.is_empty() && more.is_empty() { p.muted { "Nothing to draw: no subject has a number of it." } }
            @for (_, chart) in first { (chart) }
            @if !more.is_empty() {
                details.more {
                    summary { "More of " (workload) ": " (questions(&more)) }
                    @for (_, chart) in more { (chart) }
                }
            }
            (described(analysis, &workload))
        }
        (unfinished(analysis))
    }
}

/// A chart, drawn.
type Drawn = (&'static Chart, Markup);

/// The charts that the records of a workload fit: those shown at once, and those that wait.
fn drawn(scene: &Scene<'_>, workload: &str) -> (Vec<Drawn>, Vec<Drawn>) {
    charts::ALL
        .iter()
        .map(|chart| {
            let id = format!("c-{}-{}", anchor(workload), chart.id);
            let drawn = (chart.draw)(scene, workload);
            (*chart, figure(&id, workload, chart.question, drawn))
        })
        .filter(|(_, markup)| !markup.0.is_empty())
        .partition(|(chart, _)| chart.first)
}

fn questions(charts: &[Drawn]) -> String {
    let all: Vec<&str> = charts.iter().map(|(chart, _)| chart.question).collect();
    all.join(" ")
}

fn described(analysis: &Analysis<'_>, workload: &str) -> Markup {
    let info = analysis
        .results
        .run
        .workloads
        .iter()
        .find(|w| w.name == workload);
    html! {
        @if let Some(info) = info.filter(|info| !info.phases.is_empty()) {
            details {
                summary { "What is timed" }
                dl.facts { @for (phase, what) in &info.phases { dt { code { (phase) } } dd { (what) } } }
            }
        }
    }
}

fn unfinished(analysis: &Analysis<'_>) -> Markup {
    let dnf = &analysis.results.dnf;
    let broken = analysis
        .results
        .cases
        .iter()
        .filter(|c| c.outcome == Outcome::Broken)
        .count();
    html! {
        h3 #dnf { "Not finished" }
        @if dnf.is_empty() {
            p { "Every subject finished every workload." }
        } @else {
            p { "These have no number and no ratio; nothing was put in their place." }
            div.scroll tabindex="0" role="region" aria-label="Not finished" {
                table {
                    thead { tr { th scope="col" { "Subject" } th scope="col" { "Workload" } th scope="col" { "Round" } th scope="col" { "Reason" } } }
                    tbody {
                        @for d in dnf {
                            tr {
                                th scope="row" { (d.subject) }
                                td { (d.workload) @if let Some(phase) = &d.phase { " " (phase) } @for (k, v) in &d.params { br; span.muted.small { (k) " " (v) } } }
                                td { @match d.round { Some(round) => (round + 1), None => "–" } }
                                td { (d.reason) }
                            }
                        }
                    }
                }
            }
        }
        @if broken > 0 { p.small { (broken) " conformance questions could not be asked: see " a href="#conformance" { "Conformance" } "." } }
    }
}
