//! A chart in the page: its question, the drawing, how to read it, and its numbers as a table.

use maud::{Markup, PreEscaped, html};

use crate::charts::Figure;
use crate::error::Result;
use crate::table::Table;

/// Where the numbers of a chart are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// In a table of its own below it.
    Below,
    /// In the matrix: the same text need not stand in the page twice.
    InMatrix,
}

/// A chart under its question; nothing where there is none to draw.
pub(super) fn figure(
    id: &str,
    of: &str,
    question: &str,
    numbers_in: Numbers,
    drawn: Result<Option<Figure>>,
) -> Markup {
    match drawn {
        Ok(Some(figure)) => html! {
            figure id=(id) {
                h4 { (question) }
                div.scroll tabindex="0" role="region" aria-label={ (of) ": " (question) } { (PreEscaped(&figure.svg)) }
                figcaption {
                    (figure.caption)
                    @if numbers_in == Numbers::InMatrix { " Its numbers are in the " a href="#matrix" { "matrix" } "." }
                }
                @if numbers_in == Numbers::Below { (numbers(&format!("Numbers of {of}: {question}"), &figure.table)) }
            }
        },
        Ok(None) => html! {},
        Err(error) => html! { p.note { "The chart \"" (question) "\" is missing: " (error) } },
    }
}

/// A table behind a line that opens it.
fn numbers(label: &str, table: &Table) -> Markup {
    html! {
        details.numbers {
            summary { "The numbers of this chart" }
            div.scroll tabindex="0" role="region" aria-label=(label) { (rows(table)) }
        }
    }
}

/// A table as markup: heads of columns, and of rows in the first one; a row of one cell is a head over those below it.
pub(super) fn rows(table: &Table) -> Markup {
    html! {
        table {
            thead { tr { @for head in &table.head { th scope="col" { (head) } } } }
            tbody {
                @for row in &table.rows {
                    @if let [group] = row.as_slice() {
                        tr.group { th scope="colgroup" colspan=(table.head.len()) { (group) } }
                    } @else { tr { @for (index, cell) in row.iter().enumerate() {
                        @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                    } } }
                }
            }
        }
    }
}

/// What a page does without, so that it stays small.
pub(super) fn not_drawn(questions: &[&str]) -> Markup {
    html! {
        @if !questions.is_empty() {
            p.small.muted { "Left out, so that this page stays small: " (questions.join(" ")) " The values are in " code { "results.json" } "." }
        }
    }
}
