//! The conformance matrix: promises by subject, grouped by theme; a case opens into its story, a note of a cell leads there.

mod controls;
mod grid;
mod story;
mod words;

use maud::{Markup, html};

use self::grid::{Cell, Grid, Row};
use self::words::{OUTCOMES, OWED, badge, class, glyph, level, meaning, word};
use super::budget::Piece;
use super::matrix::name;
use crate::analysis::Analysis;
use crate::anchor::anchor;
use crate::charts::Worth;
use crate::record::{CaseResult, Outcome, Results};
use crate::summary::counts;

/// What a page may have to do without: the stories of cases that all subjects pass.
pub(super) fn stories(results: &Results, baseline: Option<&Results>) -> Piece {
    let grid = Grid::new(results, baseline);
    let told = grid.rows().filter(|row| row.told_elsewhere());
    let body = html! { @for row in told { (story::story(results, &grid, row)) } };
    Piece::new(Worth::Answer, body)
}

/// The section's body. `baseline` is an earlier run: what is answered otherwise than there is marked. `stories` says whether
/// cases that all subjects pass can be opened too.
pub(super) fn section(
    analysis: &Analysis<'_>,
    baseline: Option<&Results>,
    stories: bool,
) -> Markup {
    let results = analysis.results;
    let grid = Grid::new(results, baseline);
    let changed = grid.rows().filter(|row| row.changed()).count();
    html! {
        p.lead {
            "What every driver must do, asked of the real thing. Open a case for its promise, its origin, and how to ask again; the number in a cell leads to its note. "
            @for outcome in OUTCOMES { (badge(outcome)) " " (meaning(outcome)) ". " }
            "Behind each case stands what it is owed: "
            @for (at, (owed, why)) in OWED.into_iter().enumerate() { @if at > 0 { "; " } b { (level(owed)) } ", " (why) }
            "."
        }
        @if grid.has_before {
            p {
                b { "≠ " (changed) } (if changed == 1 { " case is" } else { " cases are" }) " answered otherwise than "
                (if results.parts.is_empty() { "in the baseline" } else { "in the first of these runs that asked the same subject" }) "; cells say what the answer was."
            }
        }
        @if !stories { p.small.muted { "So that this page stays small, cases that every subject passes are named only; " code { "layerbench conform --list" } " tells their promises." } }
        (controls::controls(&grid))
        div.scroll tabindex="0" role="region" aria-label="Cases by subjects" {
            table.stick.cases {
                thead {
                    tr {
                        th scope="col" { "Case" }
                        @for column in &grid.columns { th scope="col" { b { (linked(column)) } (counts(analysis, column.name)) } }
                    }
                }
                tbody {
                    @for (theme, rows) in &grid.themes {
                        tr.group data-theme=(theme) { th scope="colgroup" colspan=(grid.columns.len() + 1) { (theme) } }
                        @for row in rows { (line(results, &grid, row, stories)) }
                    }
                }
            }
        }
    }
}

fn linked(column: &grid::Column<'_>) -> Markup {
    html! {
        @if column.subject.is_some() { a href={ "#s-" (anchor(column.name)) } { (name(column.name)) } }
        @else { (name(column.name)) }
    }
}

fn line(results: &Results, grid: &Grid<'_>, row: &Row<'_>, stories: bool) -> Markup {
    let case = row.case;
    let id = format!("case-{}", anchor(&case.case));
    let notes = row.notes();
    // Of a plain pass the row's own anchor says it; that saves much of a wide table.
    let linked = |cell: &Cell<'_>| cell.answer.outcome != Outcome::Pass || cell.was.is_some();
    let note = |column: usize| {
        let own = notes.iter().find(|note| note.columns.contains(&column));
        own.map(|note| note.number)
    };
    html! {
        tr.agreed[row.agreed()] id=(id) data-theme=(case.theme) data-level=(level(case.level)) data-o=(row.letters()) data-changed[row.changed()] {
            th.case scope="row" {
                @if stories || !row.told_elsewhere() {
                    details { summary { (called(case)) } (story::story(results, grid, row)) }
                } @else { (called(case)) }
            }
            @for (at, (column, cell)) in grid.columns.iter().zip(&row.cells).enumerate() {
                @match cell {
                    Some(cell) => { td id=[linked(cell).then(|| format!("{id}--{}", anchor(column.name)))] { (answer(*cell, note(at))) } }
                    None => { td { span.muted { "not asked" } } }
                }
            }
        }
    }
}

fn called(case: &CaseResult) -> Markup {
    html! { (case.case.replace('_', " ")) span.muted.small { " (" (level(case.level)) ")" } }
}

fn answer(cell: Cell<'_>, note: Option<usize>) -> Markup {
    let outcome = cell.answer.outcome;
    html! {
        @match note {
            Some(number) => {
                a class={ "v " (class(outcome)) } href={ "#note-" (number) } { (glyph(outcome)) " " (word(outcome)) sup { (number) } }
            }
            None => { (glyph(outcome)) " " (word(outcome)) }
        }
        @if let Some(was) = cell.was { br; span.was.small.worse[worse(was, outcome)] { "≠ was " (word(was)) } }
    }
}

/// A promise that held, and does not any more.
fn worse(was: Outcome, now: Outcome) -> bool {
    was != Outcome::Fail && now == Outcome::Fail
}
