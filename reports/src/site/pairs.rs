//! The overview of all comparisons: whom to compare with whom.

use maud::{Markup, html};

use super::card::Card;
use super::frame::{Site, page, pair_dir, run_dir};
use super::pair::PairCard;

/// The most runs that are shown as one triangle; it would not fit a screen.
const TRIANGLE: usize = 12;

/// The page of all comparisons, the runs oldest first.
pub fn pairs(site: &Site, cards: &[Card], pairs: &[PairCard]) -> String {
    let all = cards.len() * cards.len().saturating_sub(1) / 2;
    let body = html! {
        h1 { "Compare two runs" }
        p.lead {
            "Each page compares two runs row by row: ratio, interval, verdict, and what else differs between them. Runs of different machines "
            "are compared by ratios to each one's own control, and never by seconds."
        }
        @if cards.len() < 2 { p.note { "There are no two runs to compare yet." } }
        @if pairs.len() < all {
            p.note { "The newest " (pairs.len()) " of " (all) " comparisons are here; "
                code { "layerbench publish --pairs " (all) } " makes all of them, " code { "layerbench compare" } " any." }
        }
        @if cards.len() > 1 {
            section aria-label="Comparisons" {
                @if cards.len() <= TRIANGLE { (triangle(cards, pairs)) } @else { (lists(cards, pairs)) }
            }
        }
    };
    page(
        site,
        "../",
        &format!("Compare two runs, {}", site.title),
        &body,
    )
}

/// Every run against every older one.
fn triangle(cards: &[Card], pairs: &[PairCard]) -> Markup {
    let older = &cards[..cards.len() - 1];
    html! {
        div.scroll tabindex="0" role="region" aria-label="Comparisons" {
            table.stick.pairs {
                caption { "A row's run judged against a column's." }
                thead { tr { th scope="col" { "Run" } @for card in older { th scope="col" { (name(card)) } } } }
                tbody { @for (at, b) in cards.iter().enumerate().skip(1).rev() {
                    tr {
                        th scope="row" { a href={ "../" (run_dir(&b.id)) "index.html" } { (name(b)) } }
                        @for (column, a) in older.iter().enumerate() {
                            td { @if column < at { (link("", pairs, a, b)) } }
                        }
                    }
                } }
            }
        }
    }
}

fn lists(cards: &[Card], pairs: &[PairCard]) -> Markup {
    html! {
        @for (at, b) in cards.iter().enumerate().skip(1).rev() {
            details {
                summary { (name(b)) " against ..." }
                ul { @for a in cards[..at].iter().rev() { li { (name(a)) ": " (link("", pairs, a, b)) } } }
            }
        }
    }
}

/// What tells a run from others, in few words.
pub(super) fn name(card: &Card) -> Markup {
    html! { (card.day()) " " span.muted.small { (card.kernel) ", " (card.profile) " " (card.id.rsplit('-').next().unwrap_or_default()) } }
}

/// The link to a comparison; `from` leads to the directory of all of them.
pub(super) fn link(from: &str, pairs: &[PairCard], a: &Card, b: &Card) -> Markup {
    let found = pairs.iter().find(|pair| pair.a == a.id && pair.b == b.id);
    let dir = pair_dir(&a.id, &b.id);
    let dir = dir.strip_prefix("compare/").unwrap_or(&dir);
    html! {
        @match found {
            Some(pair) => a href={ (from) (dir) "index.html" } {
                (pair.told()) @if pair.counts.is_ok() && !pair.same_machine { " (ratios)" }
            },
            None => span.muted { "–" },
        }
    }
}
