//! One part per workload: its question, its charts, its phases, what was not finished.

use maud::{Markup, html};

use super::budget::Piece;
use super::figure::{Numbers, figure, not_drawn};
use super::matrix::notes;
use super::pairs::{self, Pairs};
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::charts::{self, Chart, Scene};
use crate::record::Outcome;

/// A workload with its charts and its pairs of drivers, any of which a page may have to do without.
pub(super) struct Work {
    workload: String,
    charts: Vec<(&'static Chart, Piece)>,
    pairs: Vec<Pairs>,
}

impl Work {
    /// All that may be left out.
    pub(super) fn pieces(&mut self) -> impl Iterator<Item = &mut Piece> {
        let charts = self.charts.iter_mut().map(|(_, piece)| piece);
        charts.chain(self.pairs.iter_mut().map(|pairs| &mut pairs.piece))
    }
}

/// Draws the charts that the records of each workload fit.
pub(super) fn draw(scene: &Scene<'_>) -> Vec<Work> {
    let of = |workload: String| Work {
        charts: charts::ALL
            .iter()
            .map(|chart| {
                let id = format!("c-{}-{}", anchor(&workload), chart.id);
                let numbers = if chart.in_matrix {
                    Numbers::InMatrix
                } else {
                    Numbers::Below
                };
                let drawn = (chart.draw)(scene, &workload);
                let drawn = figure(&id, &workload, chart.question, numbers, drawn);
                (*chart, Piece::new(chart.worth, drawn))
            })
            .filter(|(_, piece)| !piece.body.0.is_empty())
            .collect(),
        pairs: pairs::of(scene, &workload),
        workload,
    };
    scene.analysis.workloads().into_iter().map(of).collect()
}

/// The section's body.
pub(super) fn section(scene: &Scene<'_>, all: &[Work]) -> Markup {
    let analysis = scene.analysis;
    html! {
        (notes(&analysis.subjects()))
        @if all.len() > 1 {
            p.jump { @for work in all { a href={ "#w-" (anchor(&work.workload)) } { (work.workload) } " " } }
        }
        @for work in all {
            h3 id={ "w-" (anchor(&work.workload)) } { (work.workload) ": " (analysis.question(&work.workload)) }
            @if work.charts.is_empty() { p.muted { "Nothing to draw: no subject has a number of it." } }
            @for pairs in kept_pairs(work, true) { (pairs) }
            @for (_, chart) in kept(work, true) { (chart) }
            @for pairs in kept_pairs(work, false) { (pairs) }
            @if kept(work, false).next().is_some() {
                details.more {
                    summary { "More of " (work.workload) ": " (questions(work)) }
                    @for (_, chart) in kept(work, false) { (chart) }
                }
            }
            (not_drawn(&left_out(work)))
            (described(analysis, &work.workload))
        }
        (unfinished(analysis))
    }
}

/// The charts that are shown at once, or those that wait.
fn kept(work: &Work, first: bool) -> impl Iterator<Item = (&'static Chart, &Markup)> {
    let all = work.charts.iter();
    all.filter(move |(chart, piece)| chart.first == first && piece.kept)
        .map(|(chart, piece)| (*chart, &piece.body))
}

/// The pairs that are shown at once, or those that wait.
fn kept_pairs(work: &Work, first: bool) -> impl Iterator<Item = &Markup> {
    let all = work.pairs.iter();
    all.filter(move |pairs| pairs.first == first && pairs.piece.kept)
        .map(|pairs| &pairs.piece.body)
}

fn questions(work: &Work) -> String {
    let all: Vec<&str> = kept(work, false).map(|(chart, _)| chart.question).collect();
    all.join(" ")
}

fn left_out(work: &Work) -> Vec<&'static str> {
    let charts = work.charts.iter().filter(|(_, piece)| !piece.kept);
    let mut all: Vec<&str> = charts.map(|(chart, _)| chart.question).collect();
    if work.pairs.iter().any(|pairs| !pairs.piece.kept) {
        all.push(pairs::QUESTION);
    }
    all
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
