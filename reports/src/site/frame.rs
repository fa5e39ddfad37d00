//! What the pages of a site have in common.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::html::{script, style};
use crate::table::Table;

const MORE: &str = include_str!("site.css");

/// Nothing is loaded from anywhere, nothing runs, and nothing styles but the text in the head.
fn policy(style: &str) -> String {
    let style = script::source(style);
    format!("default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'")
}

/// What a site is called, and where it will be.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its title.
    pub title: String,
    /// Its address, which ends with `/`; without one, links are relative everywhere.
    pub url: Option<String>,
}

/// A page: `up` leads from it to the root of the site (`../../`), empty on the index.
pub(super) fn page(site: &Site, up: &str, title: &str, body: &Markup) -> String {
    let style = [style::text(), MORE].concat();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                title { (title) }
                link rel="alternate" type="application/atom+xml" title=(site.title) href={ (up) "feed.xml" };
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                nav.toc aria-label="Site" {
                    ul {
                        li { a href={ (up) "index.html" } { (site.title) } }
                        li { a href={ (up) "compare/index.html" } { "Compare" } }
                        li { a href={ (up) "feed.xml" } { "Feed" } }
                        li { a href={ (up) "files.sha256" } { "Checksums" } }
                    }
                }
                main #main { (body) }
            }
        }
    }
    .into_string()
}

/// A table; its first column is the row's head.
pub(super) fn table(label: &str, table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.stick {
                thead { tr { @for (column, head) in table.head.iter().enumerate() { th.n[column > 0] scope="col" { (head) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for column in 0..table.head.len() {
                                @let cell = row.get(column).map_or("", String::as_str);
                                @if column == 0 { th scope="row" { (cell) } } @else { td.n { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The directory of a run's page, from the root of the site.
pub fn run_dir(id: &str) -> String {
    format!("runs/{id}/")
}

/// The directory of a comparison's page, from the root of the site: the older run first.
pub fn pair_dir(a: &str, b: &str) -> String {
    format!("compare/{a}/{b}/")
}
