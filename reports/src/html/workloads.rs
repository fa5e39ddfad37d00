//! One part per workload: its question, its charts, its phases, what was not finished.

use maud::{Markup, PreEscaped, html};

use super::matrix::{name, notes};
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::charts;
use crate::number::three;
use crate::record::Outcome;
use crate::targets::{against_volume, layers, phases};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    html! {
        (notes(&analysis.subjects()))
        @for workload in analysis.workloads() {
            h3 id={ "w-" (anchor(&workload)) } { (workload) ": " (analysis.question(&workload)) }
            @for chart in charts::ALL {
                @match (chart.draw)(analysis, &workload) {
                    Ok(Some(figure)) => {
                        figure id={ "c-" (anchor(&workload)) "-" (chart.id) } {
                            h4 { (chart.question) }
                            div.scroll tabindex="0" role="region" aria-label={ (workload) ": " (chart.question) } { (PreEscaped(figure.svg)) }
                            figcaption { (figure.caption) }
                        }
                    }
                    Ok(None) => {}
                    Err(error) => { p.note { "This chart is missing: " (error) } }
                }
            }
            (volumes(analysis, &workload))
            (described(analysis, &workload))
        }
        (unfinished(analysis))
    }
}

/// The numbers of the volume chart, with intervals.
fn volumes(analysis: &Analysis<'_>, workload: &str) -> Markup {
    let found: Vec<_> = phases(analysis)
        .into_iter()
        .filter(|phase| phase.workload == workload)
        .collect();
    let subjects = analysis.subjects();
    html! {
        @if !found.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Layer against volume" {
                table.stick {
                    caption { "How many times the job in the container layer takes what it takes in a volume of the same backing store, with its 95 % interval." }
                    thead { tr { th scope="col" { "Job" } @for s in &subjects { th scope="col" { b { (name(&s.name)) } } } } }
                    tbody {
                        @for phase in &found { @for target in layers(analysis, phase) {
                            tr {
                                th scope="row" { (phase.phase) br; span.muted.small { (target) } }
                                @for subject in &subjects {
                                    td {
                                        @if let Some(pair) = against_volume(analysis, &subject.name, phase, &target) {
                                            span.value { (three(pair.ratio)) "x" } br;
                                            @if let Some(i) = pair.interval {
                                                span.ci { "[" (three(i.low)) ", " (three(i.high)) "]" @if i.level < 0.95 { " at " (three(i.level * 100.0)) " %" } }
                                            }
                                        } @else { span.muted { "–" } }
                                    }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
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
