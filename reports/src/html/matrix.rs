//! The matrix: numbers by subject, each with its ratio to the control, its interval and a verdict. One view shows the
//! headline numbers, further ones other metrics of the same work; the script shows one of them at a time.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::budget::Piece;
use super::figure::not_drawn;
use crate::analysis::{Analysis, Family};
use crate::anchor::anchor;
use crate::charts::Worth;
use crate::finish::nobody;
use crate::headline::Row;
use crate::record::Subject;
use crate::series::Key;
use crate::stats::{Verdict, Why};
use crate::tied::{Tied, tied};

mod cell;
mod views;

use cell::badge;
use views::{VIEWS, View};

/// A view beside the headline numbers, which a page may have to do without.
pub(super) struct Extra {
    view: &'static View,
    pub(super) piece: Piece,
}

/// The views that have a row, drawn.
pub(super) fn extras(analysis: &Analysis<'_>, rows: &[Row]) -> Vec<Extra> {
    let all = VIEWS.iter().map(|view| (view, view.rows(analysis, rows)));
    all.filter(|(_, rows)| !rows.is_empty())
        .map(|(view, rows)| {
            let keys: BTreeSet<Key> = rows.iter().map(|row| row.key.clone()).collect();
            let family = analysis.compare(&keys);
            let shown = Shown::new(analysis, Some(&family), Vec::new());
            let body = html! {
                details.view data-view=(view.id) {
                    summary { (view.title) ": " (rows.len()) (if rows.len() == 1 { " row" } else { " rows" }) }
                    (table(&shown, &rows, view.title))
                }
            };
            let piece = Piece::new(Worth::Further, body);
            Extra { view, piece }
        })
        .collect()
}

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, rows: &[Row], extras: &[Extra]) -> Markup {
    let subjects = analysis.subjects();
    let kept: Vec<&Extra> = extras.iter().filter(|extra| extra.piece.kept).collect();
    let left_out: Vec<String> = extras
        .iter()
        .filter(|extra| !extra.piece.kept)
        .map(|extra| format!("{}.", extra.view.title))
        .collect();
    let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
    html! {
        p.lead {
            "Medians, and how they compare with the " em { "control" } ": the same work in a plain directory of the same backing store, in the "
            "same round. Less is better in every row but those of operations or bytes a second. "
            (legend())
        }
        p.small.muted {
            "In a row, subjects that share a letter were not told apart by more than what matters; " b { "a" } " has the least. Letters need Friedman's test over all "
            "subjects to stand (corrected for the rows here) and six rounds; a round that timed out ranks last."
        }
        (why_inconclusive(analysis))
        (notes(&subjects))
        @for sentence in nobody(analysis) { p.note { (sentence) } }
        @if rows.is_empty() {
            p.note { "No driver under test has a number: " a href="#dnf" { "what was not finished" } " says why." }
        } @else {
            (controls(analysis, rows, &kept))
            details.view data-view="headline" open {
                summary { "Headline numbers" }
                (table(&Shown::new(analysis, None, tied(analysis, rows)), rows, "Drivers by workloads"))
            }
        }
        @for extra in &kept { (extra.piece.body) }
        (not_drawn(&left_out))
    }
}

/// What the script can choose among.
fn controls(analysis: &Analysis<'_>, rows: &[Row], extras: &[&Extra]) -> Markup {
    let timed = rows.iter().any(|row| row.key.metric == "time");
    html! {
        div.tools {
            label for="matrix-metric" {
                "Metric"
                select #matrix-metric {
                    option value="headline" { "headline numbers" }
                    @if timed { option value="time" { "wall time" } }
                    @for extra in extras { option value=(extra.view.id) { (extra.view.title) } }
                }
            }
            label for="matrix-workload" {
                "Workload"
                select #matrix-workload {
                    option value="" { "all" }
                    @for workload in analysis.workloads() { option value=(anchor(&workload)) { (workload) } }
                }
            }
            label for="matrix-differ" { input #matrix-differ type="checkbox"; "only where a driver surely differs from its control" }
        }
    }
}

/// What the cells of one table have in common.
struct Shown<'a> {
    analysis: &'a Analysis<'a>,
    subjects: Vec<&'a Subject>,
    /// The comparisons; those of the headline numbers when absent.
    family: Option<&'a Family>,
    /// One for each row, or none at all.
    ties: Vec<Option<Tied>>,
    /// Whose times say nothing.
    emulated: BTreeSet<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(
        analysis: &'a Analysis<'a>,
        family: Option<&'a Family>,
        ties: Vec<Option<Tied>>,
    ) -> Self {
        Self {
            analysis,
            subjects: analysis.subjects(),
            family,
            ties,
            emulated: analysis.results.emulated_subjects(),
        }
    }

    fn tied(&self, row: usize) -> Option<&Tied> {
        self.ties.get(row)?.as_ref()
    }
}

fn table(shown: &Shown<'_>, rows: &[Row], label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.matrix.stick data-sort="sort" {
                caption { (label) ": median, and ratio to the control with its 95 % interval; " (cell::rounds_text(shown, rows)) "." }
                thead {
                    tr {
                        th scope="col" { "Work" }
                        @for (index, subject) in shown.subjects.iter().enumerate() {
                            th scope="col" { b { (swatch(index)) a href={ "#s-" (anchor(&subject.name)) } { (name(&subject.name)) } } "against " (subject.control.as_deref().unwrap_or("no control")) }
                        }
                    }
                }
                tbody {
                    @for (index, row) in rows.iter().enumerate() {
                        @let workload = &row.key.workload;
                        @if index == 0 || rows[index - 1].key.workload != *workload {
                            tr.group data-w=(anchor(workload)) { th scope="colgroup" colspan=(shown.subjects.len() + 1) { a href={ "#w-" (anchor(workload)) } { (workload) } } }
                        }
                        tr data-w=(anchor(workload)) data-m=(row.key.metric) data-same[!cell::any_differs(shown, row)] {
                            (cell::cells(shown, row, &row.label, shown.tied(index)))
                        }
                    }
                }
            }
        }
    }
}

/// A colour patch that ties a name to the charts.
pub(super) fn swatch(index: usize) -> Markup {
    html! { span class={ "key k" (index % crate::charts::canvas::COLOURS) } aria-hidden="true" {} }
}

/// A subject's name that may break where its parts join.
pub(super) fn name(name: &str) -> Markup {
    html! { @for (at, part) in name.split_inclusive(['@', ',']).enumerate() { @if at > 0 { wbr; } (part) } }
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
            Verdict::Inconclusive(Why::WideInterval),
            "none of these can be said",
        ),
    ];
    html! {
        @for (verdict, meaning) in words { (badge(verdict)) " " (meaning) ". " }
    }
}

/// What the short reasons beside "inconclusive" stand for, those that occur.
fn why_inconclusive(analysis: &Analysis<'_>) -> Markup {
    let mut reasons: Vec<(&str, &str)> = analysis
        .comparisons()
        .filter_map(|(_, compared)| match compared.verdict {
            Verdict::Inconclusive(why) => Some((why.short(), why.sentence())),
            _ => None,
        })
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    html! {
        @if !reasons.is_empty() {
            details {
                summary { "Why a comparison is inconclusive, and what would settle it" }
                dl.facts { @for (short, sentence) in reasons { dt { (short) } dd { (sentence) } } }
                p.small {
                    "\"12 rounds\" in such a cell: about so many rounds as noisy as these have an 80 % chance to settle the comparison, if the ratio stays what it is; "
                    code { "layerbench run --rounds 12" } " makes them. Where no number stands, more rounds alone would not: the noise between two copies of one subject is "
                    "wider than the difference, or over 1,000 rounds would be needed."
                }
            }
        }
    }
}
