//! The decision cards: one per use, with the numbers it rests on.

use maud::{Markup, html};

use super::matrix::name;
use crate::analysis::Analysis;
use crate::decide::Decision;
use crate::number::{alone, three};
use crate::stats::{Paired, Verdict};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, decisions: &[Decision]) -> Markup {
    html! {
        p.lead {
            "Which driver fits which use, as far as these numbers carry. A driver is named only if it beats those not named by more than "
            "the noise; one that fails a required promise is never named."
        }
        @if analysis.results.cases.is_empty() {
            p.note { "The conformance suite was not asked in this run: what is named here may be fast and wrong." }
        }
        div.cards { @for decision in decisions { (card(analysis, decision)) } }
        p.small.muted {
            "A use is judged by the geometric mean of its numbers, each counting alike, round by round. The interval of a lead is that of the "
            "first one not named; intervals in the tables are bootstrapped over whole rounds (BCa). Who shares a letter was not told apart by more than "
            "what matters. A mean over fewer numbers than there are says so, and makes no candidate."
        }
    }
}

fn card(analysis: &Analysis<'_>, decision: &Decision) -> Markup {
    let sure = !decision.winners().is_empty();
    let leader = decision.ranking.first();
    html! {
        div.card.sure[sure] {
            h3 { (decision.of.title()) }
            p.for { (decision.of.about()) }
            p.pick { (pick(decision)) }
            p.why { (why(decision)) }
            @if let Some(leader) = leader {
                dl {
                    @for row in &decision.rows {
                        @if let Some(series) = analysis.get(leader, &row.key) {
                            dt { (row.label) }
                            dd { (alone(&series.unit, series.median())) }
                        }
                    }
                }
            }
            (standings(decision))
            @for (workload, leader) in &decision.fragile {
                p.out { "Rests on " (workload) ": without it " @match leader { Some(leader) => { (name(leader)) " would lead." }, None => "nobody would be named." } }
            }
            @for (out, reason) in &decision.out { p.out { "Not considered: " (name(out)) ", " (reason) "." } }
        }
    }
}

fn standings(decision: &Decision) -> Markup {
    html! {
        @if decision.standings.len() > 1 {
            table.standings {
                caption { "Times the cost of the first" }
                thead { tr { th scope="col" { "Driver" } th.n scope="col" { "Times" } th.n scope="col" { "Numbers" } th scope="col" { "Group" } } }
                tbody {
                    @for standing in &decision.standings {
                        tr {
                            th scope="row" { (name(&standing.name)) }
                            td.n {
                                @match standing.times { Some(times) => { (three(times)) }, None => "–" }
                                @if let Some(interval) = standing.interval { br; span.ci { "[" (three(interval.low)) ", " (three(interval.high)) "]" } }
                            }
                            td.n { (standing.covered) "/" (standing.of) }
                            td { @if standing.letters.is_empty() { "–" } @else { (standing.letters) } }
                        }
                    }
                }
            }
        }
    }
}

fn pick(decision: &Decision) -> Markup {
    let or = |names: &[String]| {
        html! { @for (index, known) in names.iter().enumerate() { @if index > 0 { " or " } (name(known)) } }
    };
    match (decision.winners(), &decision.ranking[..]) {
        (_, []) => html! { "No candidate" },
        (_, [only]) => html! { (name(only)) ", the only candidate" },
        ([], _) => html! { "No clear winner" },
        (winners, _) => html! { "✓ " (or(winners)) },
    }
}

fn why(decision: &Decision) -> String {
    let (Some(pair), Some(verdict)) = (&decision.lead, decision.verdict) else {
        return String::new();
    };
    let lead = lead_words(pair);
    let first = &decision.ranking[0];
    match (decision.winners(), verdict) {
        ([], Verdict::Inconclusive(why)) => format!(
            "{first} leads {} by {lead}, but {}.",
            decision.ranking[1],
            why.sentence()
        ),
        ([], _) => format!(
            "{first} and {} differ by {lead}: less than what matters.",
            decision.ranking[1]
        ),
        ([_], _) => format!(
            "Costs less than the runner-up {} by {lead}.",
            decision.ranking[1]
        ),
        (together, _) => format!(
            "{} cannot be told apart; the next, {}, costs more than the first by {lead}.",
            if together.len() == 2 {
                "These two"
            } else {
                "These"
            },
            decision.ranking[together.len()]
        ),
    }
}

fn lead_words(pair: &Paired) -> String {
    let interval = pair
        .interval
        .map(|i| format!(" [{}, {}]", three(i.low), three(i.high)))
        .unwrap_or_default();
    format!("{}x{interval}, n = {}", three(pair.ratio), pair.rounds)
}
