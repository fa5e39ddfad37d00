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
            "A use is judged by the geometric mean of its numbers, each counting alike, round by round. The interval is that of the "
            "lead over the first one not named."
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
            @for (out, reason) in &decision.out { p.out { "Not considered: " (name(out)) ", " (reason) "." } }
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
