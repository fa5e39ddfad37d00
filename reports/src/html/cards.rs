//! The decision cards: one per use, with the numbers it rests on.

use maud::{Markup, html};

use crate::analysis::Analysis;
use crate::decide::Decision;
use crate::number::{alone, three};
use crate::stats::{Paired, Verdict};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>, decisions: &[Decision]) -> Markup {
    html! {
        p.lead {
            "Which driver fits which use, as far as these numbers carry. A driver is named only if it beats the runner-up by more than "
            "the noise; one that fails a required promise is never named."
        }
        div.cards { @for decision in decisions { (card(analysis, decision)) } }
        p.small.muted {
            "A use is judged by the geometric mean of its numbers, each counting alike, round by round. The interval is that of the "
            "lead over the runner-up."
        }
    }
}

fn card(analysis: &Analysis<'_>, decision: &Decision) -> Markup {
    let sure = decision.winner().is_some();
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
            @for (name, reason) in &decision.out { p.out { "Not considered: " (name) ", " (reason) "." } }
        }
    }
}

fn pick(decision: &Decision) -> String {
    if let Some(winner) = decision.winner() {
        return format!("✓ {winner}");
    }
    if let Some((first, second)) = decision.tie() {
        return format!("= {first} or {second}");
    }
    match &decision.ranking[..] {
        [] => "No candidate".to_owned(),
        [only] => format!("{only}, the only candidate"),
        _ => "No clear winner".to_owned(),
    }
}

fn why(decision: &Decision) -> String {
    let (Some(pair), Some(verdict), [first, second, ..]) =
        (&decision.lead, decision.verdict, &decision.ranking[..])
    else {
        return String::new();
    };
    let lead = lead_words(pair);
    match verdict {
        Verdict::Inconclusive(why) => {
            format!("{first} leads {second} by {lead}, but {}.", why.sentence())
        }
        Verdict::Equivalent => format!("They differ by {lead}: less than what matters."),
        Verdict::Better | Verdict::Worse => {
            format!("Costs less than the runner-up {second} by {lead}.")
        }
    }
}

fn lead_words(pair: &Paired) -> String {
    let interval = pair
        .interval
        .map(|i| format!(" [{}, {}]", three(i.low), three(i.high)))
        .unwrap_or_default();
    format!("{}x{interval}, n = {}", three(pair.ratio), pair.rounds)
}
