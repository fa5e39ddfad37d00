//! What chooses the cases that are shown. All of it needs the script, but for one box that works by style alone.

use maud::{Markup, html};

use super::grid::Grid;

pub(super) fn controls(grid: &Grid<'_>) -> Markup {
    let rows = grid.rows().count();
    html! {
        p.tools {
            label { "Show " select #cases-show {
                option value="" { "all cases" }
                option value="open" { "those that do not all pass" }
                option value="bad" { "failures" }
                @if grid.columns.len() > 1 { option value="differ" { "those on which drivers differ" } }
                @if grid.has_before { option value="changed" { "those answered otherwise than before" } }
                @if grid.columns.len() > 1 {
                    @for (kind, title) in [("fail", "Fails alone"), ("odd", "Falls short alone")] {
                        optgroup label=(title) {
                            @for column in &grid.columns { option value={ (kind) ":" (column.name) } { (title_of(kind)) " " (column.name) } }
                        }
                    }
                }
            } }
            label { "Theme " select #cases-theme {
                option value="" { "all" }
                @for (theme, _) in &grid.themes { option value=(theme) { (theme) } }
            } }
            label { "Level " select #cases-level {
                option value="" { "all" }
                @for level in ["must", "should", "informs"] { option value=(level) { (level) } }
            } }
            label { "Text " input #cases-text type="search" size="14"; }
            span #cases-shown role="status" { (rows) " of " (rows) " cases" }
        }
        label.only for="only-differing" { input #only-differing type="checkbox"; "Show only cases that not all pass" }
    }
}

fn title_of(kind: &str) -> &'static str {
    match kind {
        "fail" => "only fails on",
        _ => "only falls short on",
    }
}
