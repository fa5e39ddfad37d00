//! The design of a run in words: how its plan came about, what was measured again, whether the order shows.

use maud::{Markup, html};
use serde_json::Value;

use crate::analysis::Analysis;
use crate::number::three;
use crate::order::{Effect, Order, effects};
use crate::repeats;
use crate::stats::verdict::FALSE_DISCOVERY;

/// How rounds, workloads and stores were chosen, as the run recorded it; nothing for a run that planned nothing.
pub(super) fn plan(analysis: &Analysis<'_>) -> Markup {
    let plan = analysis.results.run.config.get("plan");
    let sentences = plan.map(sentences).unwrap_or_default();
    html! {
        @if !sentences.is_empty() { p { (sentences.join(" ")) } }
    }
}

fn sentences(plan: &Value) -> Vec<String> {
    let number = |name: &str| plan[name].as_f64();
    let Some(first) = number("first_rounds") else {
        return Vec::new();
    };
    let effect = number("target_effect");
    let learnt = match effect {
        Some(_) => "how long cells take and how far values spread",
        None => "how long cells take",
    };
    let which = if first > 1.0 {
        format!("first {first} rounds; they count")
    } else {
        "first round; it counts".to_owned()
    };
    let mut all = vec![format!(
        "Rounds and workloads were decided after the {which} like all others, because what was learnt from them is {learnt}, not who is faster. \
         Nothing was decided by looking at results afterwards."
    )];
    if let Some(effect) = effect {
        let percent = three(effect * 100.0);
        all.push(match (plan["reached"].as_bool(), number("needed_rounds")) {
            (Some(true), Some(needed)) => format!(
                "A difference of {percent} % was to be found with 80 % chance: that takes {needed} rounds where values spread most."
            ),
            (_, Some(needed)) => format!(
                "A difference of {percent} % was to be found with 80 % chance, but that would have taken {needed} rounds: this run cannot promise it."
            ),
            (_, None) => format!(
                "A difference of {percent} % was to be found with 80 % chance, but no number of rounds that could be measured promises it."
            ),
        });
    }
    let dropped: Vec<&str> = plan["dropped"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !dropped.is_empty() {
        all.push(format!(
            "With {} not even the six rounds that a verdict takes would have fitted the time, so that ended with the first rounds.",
            dropped.join(", ")
        ));
    }
    all.push(match (number("renewed_every"), number("renewal_seconds")) {
        (Some(1.0), _) => "Every round began on fresh stores.".to_owned(),
        (Some(every), _) => format!(
            "All stores were made anew every {every} rounds, as often as a tenth of the time allows."
        ),
        (None, Some(seconds)) => format!(
            "The stores stayed the same: making all anew takes {} s, more than a tenth of the time.",
            three(seconds)
        ),
        (None, None) => "The stores stayed the same.".to_owned(),
    });
    all
}

/// What was measured again, and what difference it makes.
pub(super) fn repeated(analysis: &Analysis<'_>) -> Markup {
    let changes = repeats::changes(analysis);
    html! {
        @if let Some(sentence) = repeats::sentence(analysis) {
            p {
                (sentence) " Which of two measurements is used is decided by what was read of the machine, never by a measured value; both are in the data."
            }
            @if !changes.is_empty() {
                ul { @for change in &changes { li { (change.text()) } } }
            }
        }
    }
}

/// Whether the order of cells shows in the values.
pub(super) fn order(analysis: &Analysis<'_>) -> Markup {
    let effects = effects(analysis);
    let found: Vec<&Effect> = effects
        .iter()
        .filter(|effect| effect.adjusted <= FALSE_DISCOVERY)
        .collect();
    html! {
        h3 { "Order" }
        @if effects.is_empty() {
            p { "Too few complete rounds to tell whether the place in a round, or the subject before, shows in the values." }
        } @else if found.is_empty() {
            p {
                "Neither the place in a round nor the subject before shows in the wall times of any workload (" (effects.len())
                " questions, corrected; Friedman's test over the places, exchanges within rounds for the predecessor)."
            }
        } @else {
            p {
                "The order shows in the wall times. It is balanced, so that it favours nobody over many rounds, but it widens intervals, and "
                "something of what came before is still at work when a cell begins."
            }
            ul { @for effect in found { li { (text(effect)) } } }
        }
    }
}

fn text(effect: &Effect) -> String {
    let of = match effect.of {
        Order::Place => "the place in the round",
        Order::Predecessor => "the subject before",
    };
    format!(
        "{}: {of}; {} takes {} times what {} takes (median, each cell against its own subject; p = {} corrected).",
        effect.workload,
        effect.slowest,
        three(effect.ratio),
        effect.fastest,
        three(effect.adjusted)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_told_in_sentences() {
        let plan = serde_json::json!({
            "first_rounds": 6, "target_effect": 0.05, "needed_rounds": 40, "reached": false,
            "dropped": ["write-heavy"], "renewal_seconds": 12.0, "renewed_every": 4,
        });
        let text = sentences(&plan).join(" ");
        for part in [
            "after the first 6 rounds; they count",
            "how far values spread",
            "5.00 %",
            "40 rounds: this run cannot promise it",
            "write-heavy",
            "every 4 rounds",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(sentences(&serde_json::json!({})).is_empty());
    }
}
