//! A case opened: what it promises, where that comes from, each note with what was expected and seen, and how to ask again.

use maud::{Markup, html};

use super::grid::{Cell, Grid, Note, Row};
use super::words::{badge, word};
use crate::matrix::again;
use crate::record::{CaseResult, Results};

pub(super) fn story(results: &Results, grid: &Grid<'_>, row: &Row<'_>) -> Markup {
    let case = row.case;
    let notes = row.notes();
    html! {
        dl {
            dt { "Promise" } dd { (case.promise) }
            dt { "Origin" } dd { (case.origin) }
            @if let Some(capability) = &case.capability { dt { "Turns on" } dd { code { (capability) } } }
            @for note in &notes { (told(results, grid, row, note)) }
            @for (column, cell) in grid.columns.iter().zip(&row.cells) {
                @if let Some((was, now)) = cell.and_then(changed) {
                    dt { "≠ " (column.name) }
                    dd { (now) ", was " (was) @if let Some(who) = column.held_against() { " on " (who) } }
                }
            }
            @if notes.is_empty() {
                dt { "Ask again" } dd { code { "layerbench conform --case " (case.case) } }
            }
        }
    }
}

fn changed(cell: Cell<'_>) -> Option<(&'static str, &'static str)> {
    Some((word(cell.was?), word(cell.answer.outcome)))
}

fn told(results: &Results, grid: &Grid<'_>, row: &Row<'_>, note: &Note<'_>) -> Markup {
    let answer = note.answer;
    html! {
        dt id={ "note-" (note.number) } {
            (note.number) ". "
            @for (index, column) in note.columns.iter().enumerate() { @if index > 0 { ", " } (grid.columns[*column].name) }
            ": " (badge(answer.outcome))
        }
        // A failure's reason repeats both, unless there is more to say.
        @if !answer.reason.is_empty() && (answer.expected.is_none() || !answer.reason.starts_with("expected ")) {
            dd { (answer.reason) }
        }
        @if let Some(expected) = &answer.expected { dd { b { "Expected: " } (expected) } }
        @if let Some(actual) = &answer.actual { dd { b { "Actual: " } (actual) } }
        @for command in commands(results, row, note) { dd { code { (command) } } }
    }
}

/// How to ask again each of those who gave this answer; kin of other runs are asked with the same words, there.
fn commands(results: &Results, row: &Row<'_>, note: &Note<'_>) -> Vec<String> {
    let answers = note.columns.iter().filter_map(|at| row.cells[*at]);
    let mut all: Vec<String> = answers
        .map(|cell: Cell<'_>| again(results, cell.answer as &CaseResult))
        .collect();
    all.dedup();
    all
}
