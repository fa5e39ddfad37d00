//! The page as a whole: head, header, table of contents, the sections in order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::sections::{Beside, Section, Whole};
use super::{header, script, style};
use crate::analysis::Analysis;
use crate::decide::decide;
use crate::headline::rows;
use crate::record::Results;

/// The report as one self-contained HTML file; the same results give the same bytes.
pub fn render(results: &Results) -> String {
    render_with(results, &Beside::default())
}

/// The report with what is known beside the results.
pub fn render_with(results: &Results, beside: &Beside<'_>) -> String {
    let analysis = Analysis::new(results);
    let rows = rows(&analysis);
    let decisions = decide(&analysis, &rows);
    let sections = Whole {
        analysis: &analysis,
        rows: &rows,
        decisions: &decisions,
        beside,
    }
    .sections();
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(results))
            body {
                a.skip href="#main" { "Skip to the results" }
                (header::header(&analysis, &decisions))
                (contents(&sections))
                main #main {
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 id={ (section.id) "-title" } { (section.title) }
                            (section.body)
                        }
                    }
                    footer {
                        p {
                            "Made by layerbench " (results.run.version) " from " code { "results.json" }
                            ". This file loads nothing. Its script sorts, filters and copies; nothing is missing without it."
                        }
                    }
                }
            }
        }
    }
    .into_string()
}

/// Nothing is loaded from anywhere, and nothing runs or styles but the two texts in the head.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        script::source(script::text()),
        script::source(style::text())
    )
}

fn head(results: &Results) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="generator" content={ "layerbench " (results.run.version) };
            title { "layerbench report, " (results.run.started) }
            style { (PreEscaped(style::text())) }
            script { (PreEscaped(script::text())) }
        }
    }
}

/// The links to the sections, and the choice of a theme where the script runs.
fn contents(sections: &[Section]) -> Markup {
    html! {
        nav.toc aria-label="Sections" {
            ul { @for section in sections { li { a href={ "#" (section.id) } { (section.short) } } } }
            p.tools {
                label for="theme" { "Theme" }
                select #theme aria-label="Theme" {
                    @for theme in ["system", "light", "dark"] { option value=(theme) { (theme) } }
                }
            }
        }
    }
}
