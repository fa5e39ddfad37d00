//! One row of the matrix: a value, its ratio and what is to be said of it, for each subject.

use maud::{Markup, html};

use super::Shown;
use crate::analysis::Compared;
use crate::emulated::is_timed;
use crate::finish::unfinished;
use crate::headline::Row;
use crate::metric::{Direction, direction};
use crate::number::{Scale, Times, three};
use crate::series::Series;
use crate::stats::{Verdict, Why};
use crate::tied::Tied;

impl Shown<'_> {
    fn compared(&self, subject: &str, row: &Row) -> Option<&Compared> {
        match self.family {
            Some(family) => self.analysis.in_family(family, subject, &row.key),
            None => self.analysis.against_control(subject, &row.key),
        }
    }

    /// All that is compared in these rows.
    fn all<'b>(&'b self, rows: &'b [Row]) -> impl Iterator<Item = &'b Compared> {
        rows.iter().flat_map(move |row| {
            let of = move |s: &&crate::record::Subject| self.compared(&s.name, row);
            self.subjects.iter().filter_map(of)
        })
    }
}

/// Whether some subject is surely better or worse than its control, or did not finish.
pub(super) fn any_differs(shown: &Shown<'_>, row: &Row) -> bool {
    shown.subjects.iter().any(|subject| {
        let compared = shown.compared(&subject.name, row);
        compared.is_some_and(|c| matches!(c.verdict, Verdict::Better | Verdict::Worse))
            || unfinished(shown.analysis, &subject.name, &row.key)
                .next()
                .is_some()
    })
}

/// How many rounds stand behind the ratios.
pub(super) fn rounds_text(shown: &Shown<'_>, rows: &[Row]) -> String {
    let rounds = || shown.all(rows).map(|c| c.pair.rounds);
    match (rounds().min(), rounds().max()) {
        (Some(least), Some(most)) if least == most => format!("n = {most} rounds"),
        (Some(least), Some(most)) => format!("n = {least} to {most} rounds"),
        _ => "no comparisons".to_owned(),
    }
}

/// The row's head and cells.
pub(super) fn cells(shown: &Shown<'_>, row: &Row, label: &str, tied: Option<&Tied>) -> Markup {
    let analysis = shown.analysis;
    let series: Vec<Option<&Series>> = shown
        .subjects
        .iter()
        .map(|s| analysis.get(&s.name, &row.key))
        .collect();
    let unit = series
        .iter()
        .flatten()
        .next()
        .map_or("", |s| s.unit.as_str());
    let scale = Scale::of(unit, series.iter().flatten().map(|s| s.median()));
    html! {
        th scope="row" {
            (label)
            @if !scale.unit.is_empty() { span.muted.small { " in " (scale.unit) } }
            @if let Some(tied) = tied { span.muted.small { " " (tied.words()) } }
            span.where { " " (row.key.workload) }
        }
        @for (subject, series) in shown.subjects.iter().zip(&series) {
            @let compared = shown.compared(&subject.name, row);
            @if let Some(series) = series {
                td class=[compared.and_then(heat)] data-v=[compared.map(|c| cost(c, series))] {
                    span.value { (scale.number(series.median())) }
                    @if let Some(letters) = tied.and_then(|tied| tied.of(&subject.name)) { span.group { (letters) } }
                    @match compared {
                        Some(compared) => (comparison(shown, compared, series)),
                        None => { span.muted.small { " " (no_ratio(shown, &subject.name, row)) } }
                    }
                }
            } @else {
                (missing(shown, &subject.name, row, unit))
            }
        }
    }
}

/// What the column is sorted by: how many times what the control costs.
fn cost(compared: &Compared, series: &Series) -> String {
    let ratio = compared.pair.ratio;
    match direction(&series.key.metric) {
        Direction::More => three(1.0 / ratio),
        _ => three(ratio),
    }
}

/// The colour of a cell: how far, and on which side; none where nothing is sure.
fn heat(compared: &Compared) -> Option<String> {
    let side = match compared.verdict {
        Verdict::Better => 'l',
        Verdict::Worse => 'h',
        _ => return None,
    };
    let far = compared.pair.ratio.ln().abs().exp();
    let step = 1 + [1.25, 2.0, 5.0].iter().filter(|at| far >= **at).count();
    Some(format!("{side}{step}"))
}

/// The verdict by sign and word.
pub(super) fn badge(verdict: Verdict) -> Markup {
    html! { span class={ "v " (verdict.word()) } { (verdict.glyph()) " " (verdict.word()) } }
}

fn comparison(shown: &Shown<'_>, compared: &Compared, series: &Series) -> Markup {
    let reasons = shown.family.is_none();
    let times = Times::new(&compared.pair, &series.unit, direction(&series.key.metric));
    html! {
        " " span.ratio { (times.words) }
        " " span.ci {
            (times.interval)
            @if let Some(level) = &times.odd_level { " at " (level) }
            " n = " (compared.pair.rounds)
        }
        @if compared.timed_out > 0 { span.muted.small { " " (compared.timed_out) " rounds timed out" } }
        " " (badge(compared.verdict))
        @if let (Verdict::Inconclusive(why), true) = (compared.verdict, reasons) {
            span.muted.small { " " (why.short()) @if let Some(rounds) = rounds(shown, compared, why) { ": " (rounds) " rounds" } }
        }
    }
}

/// About how many rounds would settle it, where rounds are what is lacking.
fn rounds(shown: &Shown<'_>, compared: &Compared, why: Why) -> Option<usize> {
    let lacking = !matches!(why, Why::TimedOut | Why::BelowFloor);
    let pair = lacking.then_some(&compared.pair)?;
    pair.rounds_to_settle(compared.margin, shown.analysis.family_size())
}

fn no_ratio(shown: &Shown<'_>, subject: &str, row: &Row) -> &'static str {
    if direction(&row.key.metric) == Direction::Neither {
        ""
    } else if shown.analysis.control_of(subject, &row.key).is_some() {
        "no ratio: a value is 0"
    } else {
        "no control for this"
    }
}

fn missing(shown: &Shown<'_>, subject: &str, row: &Row, unit: &str) -> Markup {
    let untold = is_timed(unit) && shown.emulated.contains(subject);
    let dnf = unfinished(shown.analysis, subject, &row.key).next();
    html! {
        @if let Some(dnf) = dnf {
            td data-v="Infinity" {
                span.v.dnf title=(dnf.reason) { "! DNF" }
                @if let Some(limit) = dnf.after_seconds { span.muted.small { " over " (three(limit)) " s" } }
                " " a.small href="#dnf" { "why" }
            }
        } @else if untold {
            td { span.muted { "–" } span.muted.small { " emulated: times are not compared" } }
        } @else {
            td { span.muted { "–" } span.muted.small { " not measured" } }
        }
    }
}
