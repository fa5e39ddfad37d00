//! `layerbench bench --dry-run`: what would be measured, on what, how often; nothing is made, opened or measured.

use std::fmt::Write as _;
use std::time::Duration;

use drivers::Host;
use workloads::Work;

use crate::cli::RunArgs;
use crate::profile::{LEAST_ROUNDS, Profile};
use crate::rounds::earlier::{self, Earlier, Like};
use crate::rounds::plan::Wish;
use crate::rounds::words;
use crate::schedule::Schedule;
use crate::subjects::{self, Planned, Role};
use crate::{exit, hostfacts, layout, progress, spoken};

/// What the plan is made of.
pub(super) struct Dry<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) profile: &'a Profile,
    pub(super) wish: &'a Wish,
    pub(super) workloads: &'a [Work<'a>],
    /// Cases that would be asked first.
    pub(super) cases: usize,
}

impl Dry<'_> {
    /// Prints it.
    pub(super) fn run(&self, host: &Host) -> anyhow::Result<u8> {
        let backing = subjects::backing(self.args.backing.as_deref())?;
        let selection = subjects::select(&self.args.drivers, backing, host)?;
        let mut all = selection.ready.clone();
        all.extend(subjects::companions(&selection.ready));
        let mut text = String::from("nothing is measured: this is the plan\n");
        let width = layout::width();
        let mut row = |head: &str, body: &str| {
            layout::hang(&mut text, &format!("  {head:<10} "), body, width);
        };
        row("profile", &self.profile.name);
        if self.cases > 0 {
            let limit = self.profile.conformance.map_or_else(String::new, |time| {
                format!(", what fits {} on each driver", spoken::time(time))
            });
            row("conform", &format!("{} cases{limit}", self.cases));
        }
        if self.workloads.is_empty() {
            return progress::document(&text).map(|()| exit::OK);
        }
        let of = |role: Role| {
            let names = all.iter().filter(|planned| planned.role == role);
            names.map(name).collect::<Vec<_>>()
        };
        row("subjects", &of(Role::Subject).join(", "));
        row("controls", &of(Role::Control).join(", "));
        row("twin", &of(Role::Twin).join(", "));
        for absent in &selection.absent {
            let missing = &absent.missing;
            row(
                "not here",
                &format!(
                    "{}: {}; {}",
                    absent.backend.name(),
                    missing.what,
                    missing.fix
                ),
            );
        }
        let names: Vec<&str> = self.workloads.iter().map(|work| work.name()).collect();
        row("workloads", &words::list(&names));
        let image = self.args.image.as_deref().unwrap_or(&self.profile.image);
        row("image", image);
        row("rounds", &self.rounds());
        let cells = all.len() * names.len();
        row(
            "cells",
            &format!(
                "{} a round: {} subjects, controls and twin times {} workloads",
                cells,
                all.len(),
                names.len()
            ),
        );
        let schedule = Schedule::new(self.args.seed, all.len(), names.len());
        let order = |round| {
            let workloads = schedule.workloads(round);
            let first = workloads.first().copied().unwrap_or(0);
            let subjects = schedule.subjects(round, first);
            let subjects: Vec<String> = subjects.into_iter().map(|at| name(&all[at])).collect();
            format!(
                "round {}, {}: {}",
                round + 1,
                names[first],
                subjects.join(", ")
            )
        };
        row(
            "order",
            &format!(
                "drawn anew for each block from seed {}, so that each follows each other equally often; it begins with",
                self.args.seed
            ),
        );
        row("", &order(0));
        let earlier = self.earlier(host);
        let subjects: Vec<String> = all.iter().map(name).collect();
        if let Some(seconds) = earlier.as_ref().and_then(|e| e.round(&names, &subjects)) {
            let round = spoken::time(Duration::from_secs_f64(seconds));
            let fitting = self.wish.budget.map(|budget| {
                format!(
                    "; {} fit in {}",
                    whole(budget.as_secs_f64() / seconds.max(1e-3)),
                    spoken::time(budget)
                )
            });
            row(
                "time",
                &format!(
                    "{round} a round in the earlier run{}",
                    fitting.unwrap_or_default()
                ),
            );
        }
        let rounds: Vec<u32> = match self.wish.rounds {
            few @ 1..LEAST_ROUNDS => {
                row(
                    "finds",
                    &format!("nothing for sure in {few} rounds: verdicts take {LEAST_ROUNDS}"),
                );
                Vec::new()
            }
            only if self.wish.budget.is_none() && self.wish.effect.is_none() => vec![only],
            _ => vec![LEAST_ROUNDS, 12, 20, 30, 60],
        };
        if !rounds.is_empty() {
            let found = match &earlier {
                Some(earlier) => words::as_earlier(&rounds, &names, earlier),
                None => words::assumed(&rounds),
            };
            text.push_str("  finds      ");
            let _ = writeln!(text, "{}", found.join("\n             "));
        }
        progress::document(&text)?;
        Ok(exit::OK)
    }

    /// A run of the output directory that tells what to expect.
    fn earlier(&self, host: &Host) -> Option<Earlier> {
        let work = self.args.work.work.clone();
        let work = work.unwrap_or_else(crate::workplace::default_work);
        let image = self.args.image.as_deref().unwrap_or(&self.profile.image);
        let like = Like {
            fingerprint: hostfacts::collect(host, &work).remove("fingerprint")?,
            scale: serde_json::to_value(&self.profile.scale).ok()?,
            image: super::image::recorded_name(image, self.args.seed),
        };
        earlier::find(&self.args.out, &like)
    }

    fn rounds(&self) -> String {
        let Wish {
            rounds,
            budget,
            effect,
            ..
        } = *self.wish;
        let first = self.wish.first();
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
