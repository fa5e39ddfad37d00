//! The plan as the user reads it before the rest is measured, and as the records keep it.

use std::time::Duration;

use reports::stats::student::detectable_ratio;
use serde_json::{Map, Value, json};

use super::earlier::Earlier;
use super::plan::{Learnt, Plan, Wish};
use crate::profile::LEAST_ROUNDS;
use crate::progress::say;
use crate::spoken;

/// What the smallest differences are of.
const DIFFERENCES: &str = "differences from the control, with 80 % chance";

/// A plan and what it comes from.
pub(super) struct Words<'a> {
    pub(super) wish: &'a Wish,
    pub(super) learnt: &'a Learnt,
    pub(super) plan: &'a Plan,
    /// The workloads in the declared order.
    pub(super) names: &'a [&'a str],
    /// How many there are, controls and twin included.
    pub(super) subjects: usize,
}

impl Words<'_> {
    /// The plan for a terminal, lines of at most 100 columns; empty where there is nothing to plan.
    pub(super) fn text(&self) -> String {
        let (learnt, plan) = (self.learnt, self.plan);
        if plan.rounds == learnt.done && self.wish.budget.is_none() && self.wish.effect.is_none() {
            return String::new();
        }
        let mut text = "layerbench: the plan, fixed from here on\n".to_owned();
        let mut row =
            |head: &str, body: &str| text.extend(["  ", &format!("{head:<8}"), body, "\n"]);
        row(
            "rounds",
            &format!(
                "{} of {}, on {} subjects with controls and twin",
                plan.rounds,
                list(&self.names[..plan.workloads]),
                self.subjects
            ),
        );
        row("", &self.first());
        let dropped = &self.names[plan.workloads..];
        if !dropped.is_empty() {
            let dropped = list(dropped);
            row(
                "without",
                &format!(
                    "{dropped}: not even {LEAST_ROUNDS} rounds would fit the time budget with more"
                ),
            );
        }
        row("time", &self.time());
        if let Some(every) = plan.renew {
            let often = if every == 1 {
                "each round".to_owned()
            } else {
                format!("every {every} rounds")
            };
            row(
                "stores",
                &format!("made anew {often}: a tenth of the time at most"),
            );
        }
        if let Some(effect) = self.effect() {
            row("effect", &effect);
        }
        for (number, line) in self.finds().into_iter().enumerate() {
            row(if number == 0 { "finds" } else { "" }, &line);
        }
        text
    }

    fn first(&self) -> String {
        let done = self.learnt.done;
        let are = match done {
            1 => "the first is done and counts: it".to_owned(),
            _ => format!("the first {done} are done and count: they"),
        };
        match self.wish.effect {
            Some(_) => format!("{are} told what a round takes and how far values spread"),
            None => format!("{are} told what a round takes"),
        }
    }

    fn time(&self) -> String {
        let plan = self.plan;
        let mut text = format!(
            "{} more, {} a round",
            spoken::time(Duration::from_secs_f64(plan.seconds)),
            spoken::time(Duration::from_secs_f64(plan.round))
        );
        if let Some(left) = self.learnt.left {
            let kept = Duration::from_secs_f64((left - plan.seconds).max(0.0));
            text.extend(["; ", &spoken::time(kept), " are left for repeats"]);
        }
        text
    }

    fn effect(&self) -> Option<String> {
        let plan = self.plan;
        let (effect, needed) = (self.wish.effect?, plan.needed?);
        let effect = spoken::percent(effect);
        let who = needed.workload.map_or("a workload", |at| self.names[at]);
        Some(match (needed.rounds, needed.planned) {
            (Some(rounds), true) => {
                format!("{effect} takes {rounds} rounds, {who} spreading most")
            }
            (Some(rounds), false) => {
                let more = f64::from(rounds - self.learnt.done) * plan.round;
                let more = spoken::time(Duration::from_secs_f64(more));
                format!(
                    "{effect} cannot be reached in {} rounds: {who} would take {rounds}, {more} more",
                    plan.rounds
                )
            }
            (None, _) if needed.workload.is_some() => {
                format!(
                    "{effect} cannot be reached in {} rounds: {who} would take more than 1000",
                    plan.rounds
                )
            }
            (None, _) => format!("{effect} cannot be planned for: no spread is known"),
        })
    }

    /// The smallest differences to be found.
    fn finds(&self) -> Vec<String> {
        let rounds = self.plan.rounds;
        if rounds < LEAST_ROUNDS {
            return vec![format!(
                "nothing for sure: verdicts take {LEAST_ROUNDS} rounds"
            )];
        }
        let found: Vec<String> = self
            .detectable()
            .into_iter()
            .map(|(name, share)| format!("{name} {}", spoken::percent(share)))
            .collect();
        if found.is_empty() {
            return assumed(&[rounds]);
        }
        let sure = match &self.learnt.earlier {
            Some(earlier) => format!(", values spreading as in run {earlier}"),
            None if self.learnt.done < LEAST_ROUNDS => {
                format!(", roughly: from {} rounds", self.learnt.done)
            }
            None => String::new(),
        };
        vec![format!("{DIFFERENCES}{sure}"), found.join(", ")]
    }

    /// By workload, where a spread is known.
    fn detectable(&self) -> Vec<(&str, f64)> {
        let kept = self.names.iter().zip(&self.learnt.spread);
        kept.take(self.plan.workloads)
            .filter_map(|(name, sd)| Some((*name, share(self.plan.rounds, (*sd)?)?)))
            .collect()
    }

    /// For the records.
    pub(super) fn config(&self) -> Value {
        let (wish, learnt, plan) = (self.wish, self.learnt, self.plan);
        let by_name = |values: Vec<(&str, f64)>| -> Map<String, Value> {
            let entries = values.into_iter();
            entries
                .map(|(name, x)| (name.to_owned(), x.into()))
                .collect()
        };
        let spread = self.names.iter().zip(&learnt.spread);
        let spread = spread.filter_map(|(name, sd)| Some((*name, (*sd)?)));
        json!({
            "first_rounds": learnt.done,
            "rounds": plan.rounds,
            "workloads": &self.names[..plan.workloads],
            "dropped": &self.names[plan.workloads..],
            "round_seconds": plan.round,
            "expected_seconds": plan.seconds,
            "target_effect": wish.effect,
            "needed_rounds": plan.needed.and_then(|needed| needed.rounds),
            "reached": plan.needed.map(|needed| needed.planned),
            "spread": by_name(spread.collect()),
            "spread_from": &learnt.earlier,
            "detectable": by_name(self.detectable()),
            "renewal_seconds": learnt.renewal,
            "renewed_every": plan.renew,
        })
    }
}

/// The smallest difference found in so many rounds with 80 % chance, 0.05 for 5 %.
fn share(rounds: u32, deviation: f64) -> Option<f64> {
    Some(detectable_ratio(deviation, rounds as usize)? - 1.0)
}

/// What so many rounds find, for spreads that are assumed.
pub(crate) fn assumed(rounds: &[u32]) -> Vec<String> {
    let mut lines = vec![
        format!("{DIFFERENCES}, if values spread by"),
        format!("{:>11}{:>8}{:>8}{:>8}", "", "5 %", "10 %", "20 %"),
    ];
    for &rounds in rounds {
        let mut line = format!("{:>11}", format!("{rounds} rounds"));
        for sd in [0.05, 0.10, 0.20] {
            let share = share(rounds, sd).map(spoken::percent).unwrap_or_default();
            line.extend([
                " ".repeat(8_usize.saturating_sub(share.chars().count())),
                share,
            ]);
        }
        lines.push(line);
    }
    lines
}

/// What so many rounds find, values spreading as they did in an earlier run.
pub(crate) fn as_earlier(rounds: &[u32], names: &[&str], earlier: &Earlier) -> Vec<String> {
    let spread: Vec<(&str, f64)> = names
        .iter()
        .filter_map(|name| Some((*name, *earlier.spread.get(*name)?)))
        .collect();
    let mut lines = vec![format!(
        "{DIFFERENCES}, values spreading as in run {}",
        earlier.id
    )];
    let mut row = |head: &str, cells: &mut dyn Iterator<Item = String>| {
        let mut line = format!("{head:>11}");
        for ((name, _), cell) in spread.iter().zip(cells) {
            let width = name.len().max(7) + 2;
            line.extend([" ".repeat(width.saturating_sub(cell.chars().count())), cell]);
        }
        lines.push(line);
    };
    row("", &mut spread.iter().map(|(name, _)| (*name).to_owned()));
    for &rounds in rounds {
        let shares = spread.iter();
        let mut shares =
            shares.map(|(_, sd)| share(rounds, *sd).map(spoken::percent).unwrap_or_default());
        row(&format!("{rounds} rounds"), &mut shares);
    }
    lines
}

/// What is said before the first rounds; nothing where they are all there is.
pub(super) fn first(wish: &Wish) -> Option<String> {
    let why = match wish.effect {
        Some(_) => "to see how far values spread",
        None => "to see what a round takes",
    };
    let first = wish.first();
    (first < wish.rounds).then(|| {
        format!("layerbench: {first} rounds first, {why}; then the plan is said, and kept")
    })
}

/// `pull, start and copy-up`.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The machine was slower than in the first rounds.
pub(super) fn out_of_time(done: u32, planned: u32) {
    say(&format!(
        "layerbench: {done} of {planned} rounds fit the time budget; the machine became slower than it was at first"
    ));
}

/// What came of the repeats.
pub(super) fn repeated(noisy: usize, repeated: usize, counted: usize) {
    let blocks = |n: usize| {
        if n == 1 {
            "1 block".to_owned()
        } else {
            format!("{n} blocks")
        }
    };
    let left = match noisy - repeated {
        0 => String::new(),
        n => format!("; for {n} there was no time"),
    };
    say(&format!(
        "layerbench: {} disturbed by others measured once more, {counted} of them quieter and used instead{left}",
        blocks(repeated)
    ));
}
