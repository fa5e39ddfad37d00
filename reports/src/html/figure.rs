//! A chart in the page: its question, the drawing, how to read it, and its numbers as a table.

use maud::{Markup, PreEscaped, html};

use crate::charts::Figure;
use crate::error::Result;
use crate::table::Table;

/// A chart under its question; nothing where there is none to draw.
pub(super) fn figure(id: &str, of: &str, question: &str, drawn: Result<Option<Figure>>) -> Markup {
    match drawn {
        Ok(Some(figure)) => html! {
            figure id=(id) {
                h4 { (question) }
                div.scroll tabindex="0" role="region" aria-label={ (of) ": " (question) } { (PreEscaped(&figure.svg)) }
                figcaption { (figure.caption) }
                (numbers(&format!("Numbers of {of}: {question}"), &figure.table))
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
