//! The matrix: headline numbers by subject, each with its ratio to the control, its interval and a verdict.

use maud::{Markup, html};

use crate::analysis::{Analysis, Compared};
use crate::anchor::anchor;
use crate::finish::{nobody, unfinished};
use crate::headline::Row;
use crate::metric::direction;
use crate::number::{Scale, Times, three};
use crate::record::Subject;
use crate::series::Series;
use crate::stats::Verdict;
use crate::tied::{Tied, tied};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, rows: &[Row]) -> Markup {
    let subjects = analysis.subjects();
    let ties = tied(analysis, rows);
    html! {
        p.lead {
            "Medians, and how they compare with the " em { "control" } ": the same work in a plain directory of the same backing store, in the "
            "same round. Less is better in every row. "
            (legend())
        }
        p.small.muted {
            "In a row, subjects that share a letter were not told apart by more than what matters; " b { "a" } " has the least. Letters need Friedman's test over all "
            "subjects to stand (corrected for the rows here) and six rounds; a round that timed out ranks last."
        }
        (notes(&subjects))
        @for sentence in nobody(analysis) { p.note { (sentence) } }
        div.scroll tabindex="0" role="region" aria-label="Drivers by workloads" {
            table.matrix.stick {
                caption { "Ratio to the control with its 95 % interval; " (rounds_text(analysis)) "." }
                thead {
                    tr {
                        th scope="col" { "Work" }
                        @for (index, subject) in subjects.iter().enumerate() {
                            th scope="col" { b { (swatch(index)) a href={ "#s-" (anchor(&subject.name)) } { (name(&subject.name)) } } "against " (subject.control.as_deref().unwrap_or("no control")) }
                        }
                    }
                }
                tbody {
                    @for (index, row) in rows.iter().enumerate() {
                        @if index == 0 || rows[index - 1].key.workload != row.key.workload {
                            tr.group { th scope="colgroup" colspan=(subjects.len() + 1) { a href={ "#w-" (anchor(&row.key.workload)) } { (row.key.workload) } } }
                        }
                        tr { (cells(analysis, &subjects, row, ties[index].as_ref())) }
                    }
                }
            }
        }
    }
}

/// A colour patch that ties a name to the charts.
pub(super) fn swatch(index: usize) -> Markup {
    html! { span.key style={ "background:var(--s" (index % crate::charts::canvas::COLOURS) ")" } aria-hidden="true" {} }
}

/// A subject's name that may break where its parts join.
pub(super) fn name(name: &str) -> Markup {
    html! { @for part in name.split_inclusive(['@', ',']) { (part) wbr; } }
}

/// Facts with the key `note` are meant to be read before the numbers.
pub(super) fn notes(subjects: &[&Subject]) -> Markup {
    html! {
        @for subject in subjects {
            @for (_, note) in subject.facts.iter().filter(|(key, _)| key == "note") {
                p.note { strong { (subject.name) ": " } (note) }
            }
        }
    }
}

fn legend() -> Markup {
    let words = [
        (Verdict::Better, "surely less than the control"),
        (Verdict::Equivalent, "surely within what matters"),
        (Verdict::Worse, "surely more"),
        (
            Verdict::Inconclusive(crate::stats::Why::WideInterval),
            "none of these can be said",
        ),
    ];
    html! {
        @for (verdict, meaning) in words { (badge(verdict)) " " (meaning) ". " }
    }
}

fn badge(verdict: Verdict) -> Markup {
    let reason = match verdict {
        Verdict::Inconclusive(why) => Some(why.sentence()),
        _ => None,
    };
    html! { span class={ "v " (verdict.word()) } title=[reason] { (verdict.glyph()) " " (verdict.word()) } }
}

fn rounds_text(analysis: &Analysis<'_>) -> String {
    let rounds = || analysis.comparisons().map(|(_, c)| c.pair.rounds);
    match (rounds().min(), rounds().max()) {
        (Some(least), Some(most)) if least == most => format!("n = {most} rounds"),
        (Some(least), Some(most)) => {
            format!("n = {least} to {most} rounds, given where it is not {most}")
        }
        _ => "no comparisons".to_owned(),
    }
}

fn cells(analysis: &Analysis<'_>, subjects: &[&Subject], row: &Row, tied: Option<&Tied>) -> Markup {
    let series: Vec<Option<&Series>> = subjects
        .iter()
        .map(|s| analysis.get(&s.name, &row.key))
        .collect();
    let unit = series
        .iter()
        .flatten()
        .next()
        .map_or("", |s| s.unit.as_str());
    let scale = Scale::of(unit, series.iter().flatten().map(|s| s.median()));
    let most = analysis
        .comparisons()
        .map(|(_, c)| c.pair.rounds)
        .max()
        .unwrap_or(0);
    html! {
        th scope="row" { (row.label) @if !scale.unit.is_empty() { br; span.muted.small { "in " (scale.unit) } } @if let Some(tied) = tied { br; span.muted.small { (tied.words()) } } }
        @for (subject, series) in subjects.iter().zip(&series) {
            td {
                @if let Some(series) = series {
                    span.value { (scale.number(series.median())) }
                    @if let Some(letters) = tied.and_then(|tied| tied.of(&subject.name)) { span.group { (letters) } }
                    @match analysis.against_control(&subject.name, &row.key) {
                        Some(compared) => (comparison(compared, series, most)),
                        None => { br; span.muted.small { (no_ratio(analysis, &subject.name, row)) } }
                    }
                } @else {
                    (missing(analysis, &subject.name, row))
                }
            }
        }
    }
}

fn comparison(compared: &Compared, series: &Series, most: usize) -> Markup {
    let times = Times::new(&compared.pair, &series.unit, direction(&series.key.metric));
    let detectable = compared.pair.detectable.map(|d| {
        format!(
            "{} rounds as noisy as these find a difference of {} % or more",
            compared.pair.rounds,
            three((d - 1.0) * 100.0)
        )
    });
    html! {
        br; span.ratio title=[detectable] { (times.words) }
        " " span.ci {
            (times.interval)
            @if let Some(level) = &times.odd_level { " at " (level) }
            @if compared.pair.rounds != most { " n = " (compared.pair.rounds) }
        }
        @if compared.timed_out > 0 { br; span.muted.small { (compared.timed_out) " rounds timed out" } }
        br; (badge(compared.verdict))
        @if let Verdict::Inconclusive(why) = compared.verdict { br; span.muted.small { (why.short()) } }
    }
}

fn no_ratio(analysis: &Analysis<'_>, subject: &str, row: &Row) -> &'static str {
    if analysis.control_of(subject, &row.key).is_some() {
        "no ratio: a value is 0"
    } else {
        "no control for this"
    }
}

fn missing(analysis: &Analysis<'_>, subject: &str, row: &Row) -> Markup {
    let dnf = unfinished(analysis, subject, &row.key).next();
    html! {
        @if let Some(dnf) = dnf {
            span.v.dnf title=(dnf.reason) { "! DNF" }
            @if let Some(limit) = dnf.after_seconds { br; span.muted.small { "over " (three(limit)) " s" } }
            br; a.small href="#dnf" { "why" }
        } @else {
            span.muted { "–" } br; span.muted.small { "not measured" }
        }
    }
}
