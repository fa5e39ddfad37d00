//! The page of one run: what it found in short, where its report and its records are, with whom it can be compared.

use maud::{Markup, html};

use super::card::{Card, State};
use super::frame::{Site, page, run_dir, table};
use super::pair::PairCard;
use super::pairs::{link, name};

/// The page of a run, where all runs are `cards`, oldest first.
pub fn run(site: &Site, card: &Card, cards: &[Card], pairs: &[PairCard]) -> String {
    let at = cards.iter().position(|other| other.id == card.id);
    let (older, newer) = cards.split_at(at.unwrap_or(cards.len()));
    let newer = newer.get(1..).unwrap_or_default();
    let body = html! {
        h1 { (card.sentence) }
        @if let Some(caution) = &card.caution { p.caution { span.v.fail { "✗" } " " (caution) } }
        @if card.emulated { p.note { "The processor was emulated: nothing is said of times, only of what was counted." } }
        @if card.state != State::Complete { p.note { "This run is " (card.state.word()) ": it has what was recorded until then." } }
        ul.chips {
            li { (card.day()) } li { "Linux " (card.kernel) } li { (card.machine) }
            li { "profile " (card.profile) ", " (card.rounds) " rounds" }
            @if !card.conformance().is_empty() { li { "conformance: " (card.conformance()) } }
        }
        section aria-labelledby="files" {
            h2 id="files" { "Report and records" }
            ul {
                li { a href="report.html" { "The report" } ": recommendations, every workload, conformance, method" }
                li { a href="results.json.gz" { "The records" } ": every number, round by round, with its environment (" code { "layerbench report results.json.gz" } " makes the report of them)" }
            }
        }
        @if !card.headline.rows.is_empty() && card.headline.head.len() > 1 {
            section aria-labelledby="headline" {
                h2 id="headline" { "In numbers" }
                p.lead { "Medians. Ratios, intervals and verdicts are in the report." }
                (table("In numbers", &card.headline))
            }
        }
        @if cards.len() > 1 {
            section aria-labelledby="compare" {
                h2 id="compare" { "Compared with other runs" }
                ul {
                    @for b in newer.iter().rev() { li { "a newer one, " (other(b)) ": " (link("../../compare/", pairs, card, b)) } }
                    @for a in older.iter().rev() { li { "an older one, " (other(a)) ": " (link("../../compare/", pairs, a, card)) } }
                }
            }
        }
        section aria-labelledby="environment" {
            h2 id="environment" { "Environment" }
            dl.facts {
                dt { "layerbench" } dd { (card.version) }
                dt { "started" } dd { (card.started) }
                dt { "command" } dd { code { (card.command) } }
                @for (name, value) in &card.image { dt { "image " (name.replace('_', " ")) } dd { (value) } }
                @for (name, value) in &card.facts { dt { (name.replace('_', " ")) } dd { (value) } }
            }
            @if !card.missing.is_empty() {
                h3 { "Could not run there" }
                ul { @for (subject, what) in &card.missing { li { (subject) ": " (what) } } }
            }
        }
    };
    page(
        site,
        "../../",
        &format!("{}, {}", card.id, site.title),
        &body,
    )
}

fn other(card: &Card) -> Markup {
    html! { a href={ "../../" (run_dir(&card.id)) "index.html" } { (name(card)) } }
}
