//! The page's head: the result in one sentence, and what makes it more or less certain.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::runs;
use crate::analysis::Analysis;
use crate::decide::{Decision, caution, sentence};
use crate::number::three;
use crate::record::{Outcome, Results, Role, Support};
use crate::repeats;
use crate::stats::quantile::median;

/// The `<header>`.
pub(super) fn header(analysis: &Analysis<'_>, decisions: &[Decision]) -> Markup {
    let results = analysis.results;
    let run = &results.run;
    let host = |name: &str| results.host.get(name).map(String::as_str);
    html! {
        header.top {
            div.inner {
                p.brand { "layerbench " span { "storage drivers for containers, measured and checked" } }
                h1 { (sentence(analysis, decisions)) }
                (how(analysis))
                @if let Some(caution) = caution(analysis) { p.caution { span.v.fail { "✗" } " " (caution) } }
                @if !results.parts.is_empty() { ul.chips { (runs::chips(results)) (conformance(results)) (noise(analysis)) } }
                @else { ul.chips {
                    @if let Some(date) = run.started.get(..10) { li { (date) } }
                    li { "profile " (run.profile) ", " (run.rounds) " rounds" }
                    @if let Some(kernel) = host("kernel") { li { "Linux " (kernel) } }
                    @if let Some(cpu) = host("cpu") { li { (cpu) @if let Some(cores) = host("cores") { ", " (cores) " cores" } } }
                    (completeness(analysis))
                    @if analysis.series.is_empty() { li.warn { "! nothing was measured" } }
                    (conformance(results))
                    (noise(analysis))
                    @if host("virtual_machine") == Some("yes") {
                        li.warn { "! measured on a virtual machine: other guests add noise" }
                    }
                } }
            }
        }
    }
}

/// For whoever never saw such a page: what the names are, and what was done.
fn how(analysis: &Analysis<'_>) -> Markup {
    let subjects = analysis.subjects();
    let example = subjects
        .iter()
        .find_map(|s| Some((s.name.split_once('@')?, &s.name)));
    html! {
        @if let Some(((driver, backing), name)) = example {
            p.how {
                "A storage driver keeps the layers of container images and what containers write; " b { (name) } " is the driver " (driver) " on " (backing) ". "
                @if !analysis.series.is_empty() {
                    "Each did the same work in every round, in random order, and is compared with a plain directory of the same filesystem. "
                }
                @if !analysis.results.cases.is_empty() { "Each was asked whether it keeps what a driver promises." }
            }
        }
    }
}

/// Cells with a number, of those planned.
fn completeness(analysis: &Analysis<'_>) -> Markup {
    let results = analysis.results;
    let run = &results.run;
    let takes_part = results
        .subjects
        .iter()
        .filter(|s| s.support == Support::Ready)
        .count();
    let rounds = usize::try_from(run.rounds).unwrap_or(0);
    let planned = takes_part * rounds * run.workloads.len();
    let done: BTreeSet<(&str, &str, u32)> = results
        .records
        .iter()
        .map(|r| {
            let round = repeats::stands_for(results, &r.workload, r.round);
            (r.subject.as_str(), r.workload.as_str(), round)
        })
        .collect();
    let ended = match &results.end {
        None => " (the run was killed)",
        Some(end) if end.interrupted => " (the run was interrupted)",
        Some(_) => "",
    };
    let whole = done.len() >= planned && results.dnf.is_empty() && ended.is_empty();
    html! {
        @if planned > 0 {
            li.ok[whole].warn[!whole] {
                (if whole { "✓" } else { "!" }) " " (done.len()) " of " (planned) " cells measured" (ended)
                @if !results.dnf.is_empty() { ", " a href="#dnf" { (results.dnf.len()) " not finished" } }
            }
        } @else if !ended.is_empty() {
            li.warn { "!" (ended) }
        }
    }
}

fn conformance(results: &Results) -> Markup {
    let count = |outcome| {
        results
            .cases
            .iter()
            .filter(|c| c.outcome == outcome)
            .count()
    };
    let (failed, broken) = (count(Outcome::Fail), count(Outcome::Broken));
    html! {
        @if results.cases.is_empty() {
            li.warn { "! conformance was not asked" }
        } @else {
            li.ok[failed + broken == 0].no[failed > 0].warn[failed == 0 && broken > 0] {
                (if failed > 0 { "✗" } else if broken > 0 { "!" } else { "✓" })
                " conformance: " (count(Outcome::Pass)) " pass, " (count(Outcome::Deviates)) " deviate, "
                (failed) " fail" @if broken > 0 { ", " (broken) " broken" }
            }
        }
    }
}

fn noise(analysis: &Analysis<'_>) -> Markup {
    let bands: Vec<f64> = analysis
        .bands
        .iter()
        .filter(|((_, metric), _)| metric == "time")
        .map(|(_, b)| *b)
        .collect();
    let has_twin = analysis
        .results
        .subjects
        .iter()
        .any(|s| s.role == Role::Twin);
    html! {
        @if let Some(band) = median(&bands) {
            li.ok[band <= 0.05].warn[band > 0.05] {
                (if band <= 0.05 { "✓" } else { "!" }) " A/A noise " (three(band * 100.0)) " % of time"
            }
        } @else if !analysis.series.is_empty() && !has_twin {
            li.warn { "! no A/A twin: noise is not known" }
        }
    }
}
