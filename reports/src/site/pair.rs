//! Two runs side by side: the page of a comparison.

use maud::{Markup, html};

use super::card::Card;
use super::frame::{Site, page, pair_dir, run_dir, table};
use crate::compare::show::{chosen, sentences, table_of};
use crate::compare::{Call, Comparison, Matters, Options, Row};
use crate::record::Results;

/// The most rows a page shows; the program shows all.
const MOST: usize = 150;

/// What an overview says of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairCard {
    /// The older run.
    pub a: String,
    /// The newer one.
    pub b: String,
    /// Rows by what they say: worse, better, changed, equivalent, inconclusive; or why there are none.
    pub counts: Result<[usize; 5], String>,
    /// Whether other work was done in one than in the other: then no number is compared.
    pub other_work: bool,
    /// Whether times were compared, or only ratios to each machine's own control.
    pub same_machine: bool,
}

impl PairCard {
    /// `2 worse, 1 better`; what nobody needs to know first is left out.
    pub fn told(&self) -> String {
        let counts = match &self.counts {
            Err(_) => return "not comparable".to_owned(),
            Ok(counts) => counts,
        };
        if self.other_work {
            return "other work".to_owned();
        }
        let words = ["worse", "better", "changed"];
        let told: Vec<String> = counts
            .iter()
            .zip(words)
            .filter(|(count, _)| **count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match (told.is_empty(), counts[3]) {
            (false, _) => told.join(", "),
            (true, 0) => "nothing sure".to_owned(),
            (true, same) => format!("{same} equivalent"),
        }
    }
}

/// Compares two runs: the overview's card, and the page. Across machines ratios to each one's own control are compared.
pub fn pair(
    site: &Site,
    (a, x): (&Card, &Results),
    (b, y): (&Card, &Results),
) -> (PairCard, String) {
    let options = Options {
        labels: [a.id.clone(), b.id.clone()],
        ratios: true,
        ..Options::default()
    };
    let (counts, other_work, same_machine, body) = match Comparison::new(x, y, &options) {
        Err(error) => {
            let why = error.to_string();
            let body = html! { p.note { "These runs cannot be compared: " (why) "." } };
            (Err(why), false, false, body)
        }
        Ok(comparison) => {
            let of = |call: fn(&Call) -> bool| {
                comparison.rows.iter().filter(|row| call(&row.call)).count()
            };
            let counts = [
                of(|call| *call == Call::Worse),
                of(|call| *call == Call::Better),
                of(|call| *call == Call::Changed),
                of(|call| *call == Call::Equivalent),
                of(|call| matches!(call, Call::Inconclusive(_))),
            ];
            let other = comparison
                .differences
                .iter()
                .any(|d| d.matters == Matters::Work);
            (
                Ok(counts),
                other,
                comparison.same_machine,
                body(&comparison),
            )
        }
    };
    let card = PairCard {
        a: a.id.clone(),
        b: b.id.clone(),
        counts,
        other_work,
        same_machine,
    };
    let title = format!("{} against {}", b.id, a.id);
    let up = "../".repeat(pair_dir(&a.id, &b.id).matches('/').count());
    let body = html! {
        h1 { (title) }
        p.lead { "B is judged, A is what it is compared with. Each number, its interval and its verdict are those of " code { "layerbench compare" } "." }
        section aria-label="The runs" { (sides(&up, a, b)) }
        (body)
        section aria-labelledby="again" {
            h2 id="again" { "All of it" }
            p { "The records of both runs are beside their pages. With a copy of this site, every number of them is compared by" }
            pre { "layerbench compare --all --ratios " (run_dir(&a.id)) "results.json.gz " (run_dir(&b.id)) "results.json.gz" }
        }
    };
    (card, page(site, &up, &title, &body))
}

fn sides(up: &str, a: &Card, b: &Card) -> Markup {
    type Fact = fn(&Card) -> String;
    let rows: [(&str, Fact); 7] = [
        ("Started", |card| card.started.clone()),
        ("Machine", |card| card.machine.clone()),
        ("Kernel", |card| card.kernel.clone()),
        ("layerbench", |card| card.version.clone()),
        ("Profile", |card| {
            format!("{}, {} rounds", card.profile, card.rounds)
        }),
        ("Conformance", Card::conformance),
        ("Result", |card| card.sentence.clone()),
    ];
    html! {
        div.scroll tabindex="0" role="region" aria-label="The runs" {
            table {
                thead { tr {
                    td {}
                    @for (name, card) in [("A", a), ("B", b)] {
                        th scope="col" { (name) ": " a href={ (up) (run_dir(&card.id)) "index.html" } { (card.id) } }
                    }
                } }
                tbody { @for (name, fact) in rows {
                    @let (x, y) = (fact(a), fact(b));
                    tr { th scope="row" { (name) } td { (x) } td.matters[x != y && name == "Kernel"] { (y) } }
                } }
            }
        }
    }
}

/// Why no number is compared, if so.
fn refused(comparison: &Comparison) -> impl Iterator<Item = &String> {
    let notes = comparison.notes.iter();
    notes.filter(|note| note.starts_with("no number can be compared"))
}

fn body(comparison: &Comparison) -> Markup {
    let differing = chosen(comparison, false);
    let headline: Vec<&Row> = comparison
        .rows
        .iter()
        .filter(|row| row.first && !row.call.differs() && row.ratio.is_some())
        .collect();
    html! {
        @if !comparison.notes.is_empty() {
            div.note.notes {
                @for note in refused(comparison) { p { strong { (note) } } }
                @for note in comparison.notes.iter().filter(|note| !refused(comparison).any(|why| why == *note)) { p { (note) } }
            }
        }
        section aria-labelledby="differs" {
            h2 id="differs" { "What differs" }
            @if !differing.is_empty() { (rows("What differs", &differing)) }
            @for line in sentences(comparison, true) { p.small { (line) } }
        }
        @if !headline.is_empty() {
            section aria-labelledby="others" {
                h2 id="others" { "Headline numbers without a sure difference" }
                (rows("Headline numbers without a sure difference", &headline))
            }
        }
        @if !comparison.differences.is_empty() {
            section aria-labelledby="environment" {
                h2 id="environment" { "What else differs" }
                div.scroll tabindex="0" role="region" aria-label="What else differs" {
                    table {
                        thead { tr { th scope="col" { "What" } th scope="col" { "A" } th scope="col" { "B" } th scope="col" { "Means" } } }
                        tbody { @for d in &comparison.differences {
                            tr.matters[d.matters != Matters::Note] {
                                th scope="row" { (d.what) } td { (d.a) } td { (d.b) } td { (d.matters.words()) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn rows(label: &str, rows: &[&Row]) -> Markup {
    let shown = &rows[..rows.len().min(MOST)];
    html! {
        (table(label, &table_of(shown)))
        @if rows.len() > MOST { p.small { "And " (rows.len() - MOST) " more." } }
    }
}
