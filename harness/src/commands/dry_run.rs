//! `layerbench bench --dry-run`: what would be measured, on what, how often; nothing is made, opened or measured.

use std::fmt::Write as _;
use std::time::Duration;

use drivers::Host;

use super::run::Order;
use crate::profile::LEAST_ROUNDS;
use crate::rounds::earlier::{self, Earlier, Like};
use crate::rounds::plan::Wish;
use crate::rounds::words;
use crate::schedule::Schedule;
use crate::subjects::{self, Planned, Role, Selection};
use crate::{exit, hostfacts, layout, progress, spoken};

/// Prints the plan.
pub(super) fn run(order: &Order<'_>, host: &Host) -> anyhow::Result<u8> {
    let selection = subjects::select(&order.args.subjects.drivers, order.backing, host)?;
    let mut all = selection.ready.clone();
    all.extend(subjects::companions(&selection.ready));
    let workloads = order.workloads.iter().map(|work| work.name()).collect();
    let mut page = Page::new();
    page.suite(order);
    if !order.workloads.is_empty() {
        let plan = Plan {
            order,
            all,
            workloads,
        };
        page.subjects(&plan.all, &selection);
        page.work(&plan);
        page.time_and_effect(&plan, earlier(order, host).as_ref());
    }
    progress::document(&page.text)?;
    Ok(exit::OK)
}

/// What would be measured.
struct Plan<'a> {
    order: &'a Order<'a>,
    /// The subjects, their controls and the twin.
    all: Vec<Planned>,
    /// By name.
    workloads: Vec<&'a str>,
}

/// The plan as it is printed: a row for each thing that is said.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new() -> Self {
        Self {
            text: "nothing is measured: this is the plan\n".to_owned(),
            width: layout::width(),
        }
    }

    fn row(&mut self, head: &str, body: &str) {
        layout::hang(&mut self.text, &format!("  {head:<10} "), body, self.width);
    }

    fn suite(&mut self, order: &Order<'_>) {
        self.row("profile", &order.profile.name);
        if !order.cases.is_empty() {
            let limit = order.profile.conformance.map_or_else(String::new, |time| {
                format!(", what fits {} on each driver", spoken::time(time))
            });
            self.row("conform", &format!("{} cases{limit}", order.cases.len()));
        }
    }

    fn subjects(&mut self, all: &[Planned], selection: &Selection) {
        for (head, role) in [
            ("subjects", Role::Subject),
            ("controls", Role::Control),
            ("twin", Role::Twin),
        ] {
            let names = all.iter().filter(|planned| planned.role == role).map(name);
            self.row(head, &names.collect::<Vec<_>>().join(", "));
        }
        for absent in &selection.absent {
            let (driver, missing) = (absent.backend.name(), &absent.missing);
            let why = format!("{driver}: {}; {}", missing.what, missing.fix);
            self.row("not here", &why);
        }
    }

    fn work(&mut self, plan: &Plan<'_>) {
        let (order, names, all) = (plan.order, &plan.workloads, &plan.all);
        self.row("workloads", &words::list(names));
        self.row("image", order.image());
        self.row("rounds", &rounds(&order.wish));
        let (subjects, workloads) = (all.len(), names.len());
        self.row(
            "cells",
            &format!(
                "{} a round: {subjects} subjects, controls and twin times {workloads} workloads",
                subjects * workloads
            ),
        );
        let seed = order.args.seed;
        self.row(
            "order",
            &format!(
                "drawn anew for each block from seed {seed}, so that each follows each other equally often; it begins with"
            ),
        );
        let schedule = Schedule::new(seed, subjects, workloads);
        let first = schedule.workloads(0).first().copied().unwrap_or(0);
        let turns = schedule.subjects(0, first);
        let turns: Vec<String> = turns.into_iter().map(|at| name(&all[at])).collect();
        self.row(
            "",
            &format!("round 1, {}: {}", names[first], turns.join(", ")),
        );
    }

    /// What a round takes, and what so many rounds find; told from an earlier run where there is one.
    fn time_and_effect(&mut self, plan: &Plan<'_>, earlier: Option<&Earlier>) {
        let (wish, names) = (&plan.order.wish, &plan.workloads);
        let subjects: Vec<String> = plan.all.iter().map(name).collect();
        if let Some(seconds) = earlier.and_then(|e| e.round(names, &subjects)) {
            let round = spoken::time(Duration::from_secs_f64(seconds));
            let fitting = wish.budget.map(|budget| {
                format!(
                    "; {} fit in {}",
                    whole(budget.as_secs_f64() / seconds.max(1e-3)),
                    spoken::time(budget)
                )
            });
            let fitting = fitting.unwrap_or_default();
            self.row(
                "time",
                &format!("{round} a round in the earlier run{fitting}"),
            );
        }
        let rounds: Vec<u32> = match wish.rounds {
            few @ 1..LEAST_ROUNDS => {
                let nothing =
                    format!("nothing for sure in {few} rounds: verdicts take {LEAST_ROUNDS}");
                return self.row("finds", &nothing);
            }
            only if wish.budget.is_none() && wish.effect.is_none() => vec![only],
            _ => vec![LEAST_ROUNDS, 12, 20, 30, 60],
        };
        let found = match earlier {
            Some(earlier) => words::as_earlier(&rounds, names, earlier),
            None => words::assumed(&rounds),
        };
        self.text.push_str("  finds      ");
        let _ = writeln!(self.text, "{}", found.join("\n             "));
    }
}

/// A run of the output directory that tells what to expect.
fn earlier(order: &Order<'_>, host: &Host) -> Option<Earlier> {
    let work = order.args.work.work.clone();
    let work = work.unwrap_or_else(crate::workplace::default_work);
    let like = Like {
        fingerprint: hostfacts::collect(host, &work).remove("fingerprint")?,
        scale: serde_json::to_value(&order.profile.scale).ok()?,
        image: super::image::recorded_name(order.image(), order.args.seed),
    };
    earlier::find(&order.args.output.out, &like)
}

fn rounds(wish: &Wish) -> String {
    let Wish {
        rounds,
        budget,
        effect,
        ..
    } = *wish;
    let first = wish.first();
    let within = budget.map_or_else(String::new, |time| {
        format!(" within {} for the whole run", spoken::time(time))
    });
    match effect {
        Some(effect) => format!(
            "{first} first, to see how far values spread; then as many as find {}, at most {rounds}{within}",
            spoken::percent(effect)
        ),
        None if budget.is_some() => format!(
            "{first} first, to see what a round takes; then as many as fit, at most {rounds}{within}"
        ),
        None => rounds.to_string(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of rounds; a cast saturates"
)]
fn whole(x: f64) -> u32 {
    x as u32
}

/// The subject as it would be asked for.
fn name(planned: &Planned) -> String {
    planned.name(planned.backing.name())
}
