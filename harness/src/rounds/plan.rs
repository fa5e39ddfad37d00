//! How many rounds of which workloads: decided once, after the first rounds have told what a round costs (and, for a
//! wanted effect, how far values spread), and not again: looking at results until they please is how false ones are made.
//!
//! The first rounds count like all others. What is learnt from them is how long cells take and how far they spread, not
//! which subject is faster; a sample size that rests on the spread alone leaves the test honest (Stein 1945; as the
//! "internal pilot" of trials: Wittes and Brittain 1990).

use std::time::Duration;

use reports::stats::student::detectable_ratio;

use super::renewal;
use crate::profile::LEAST_ROUNDS;

/// The most rounds a time budget or a wanted effect may come to, where nobody names a number.
pub(crate) const MOST_ROUNDS: u32 = 100;

/// Of the time that is left when the plan is made, the share kept for repeating disturbed blocks.
const KEPT: f64 = 0.1;

/// What is wanted of the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wish {
    /// Rounds; where the budget or the effect decides, the most.
    pub(crate) rounds: u32,
    /// What the whole run may take.
    pub(crate) budget: Option<Duration>,
    /// Nobody asked for that budget, the profile has it: rather than to give workloads up it is overrun.
    pub(crate) soft: bool,
    /// The effect to be found, 0.05 for 5 %.
    pub(crate) effect: Option<f64>,
    /// Rounds where the effect cannot be reached.
    pub(crate) otherwise: u32,
}

impl Wish {
    /// The rounds that are measured before the plan is made: one to make the fixtures, one that tells the cost; for a
    /// wanted effect as many as a spread needs.
    pub(crate) fn first(&self) -> u32 {
        match self.effect {
            Some(_) => LEAST_ROUNDS.min(self.rounds.max(2)),
            None => 2.min(self.rounds),
        }
    }
}

/// What the first rounds have told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Learnt {
    /// Rounds measured; they count.
    pub(crate) done: u32,
    /// Seconds of one round of each workload, in the declared order.
    pub(crate) costs: Vec<f64>,
    /// Seconds it takes to make all stores anew, where that is known.
    pub(crate) renewal: Option<f64>,
    /// Seconds left of the budget.
    pub(crate) left: Option<f64>,
    /// For each workload the standard deviation of the log ratios to the control that three of four comparisons do not
    /// exceed; `None` where nothing is known.
    pub(crate) spread: Vec<Option<f64>>,
    /// The earlier run that spread is of; these first rounds where it is none.
    pub(crate) earlier: Option<String>,
}

impl Learnt {
    /// Seconds of one round of the first `workloads` workloads.
    fn round(&self, workloads: usize) -> f64 {
        self.costs[..workloads].iter().sum()
    }

    /// Seconds that rounds up to `rounds` will take.
    fn seconds(&self, workloads: usize, rounds: u32) -> f64 {
        let round = self.round(workloads);
        let renewals = renewal::every(self.renewal, round).map_or(0, |every| {
            (self.done..rounds).filter(|r| r % every == 0).count()
        });
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        let renewals = renewals as f64 * self.renewal.unwrap_or(0.0);
        f64::from(rounds.saturating_sub(self.done)) * round + renewals
    }

    /// The most rounds, up to `most`, whose time is left.
    fn fitting(&self, workloads: usize, most: u32) -> u32 {
        let Some(left) = self.left else {
            return most;
        };
        (self.done..=most)
            .rev()
            .find(|&rounds| self.seconds(workloads, rounds) <= left * (1.0 - KEPT))
            .unwrap_or(self.done)
    }
}

/// The plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// All rounds, the first ones included.
    pub(crate) rounds: u32,
    /// How many workloads are kept, from the first on; the others end with the first rounds.
    pub(crate) workloads: usize,
    /// Stores are made anew before every so manieth round.
    pub(crate) renew: Option<u32>,
    /// Seconds of one round.
    pub(crate) round: f64,
    /// Seconds the remaining rounds will take.
    pub(crate) seconds: f64,
    /// What the wanted effect needs.
    pub(crate) needed: Option<Needed>,
}

/// What a wanted effect needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Needed {
    /// Rounds; `None` for more than a thousand, or where the spread is not known.
    pub(crate) rounds: Option<u32>,
    /// The workload that needs most, by its place.
    pub(crate) workload: Option<usize>,
    /// The plan has them.
    pub(crate) planned: bool,
}

/// Decides.
pub(crate) fn decide(wish: &Wish, learnt: &Learnt) -> Plan {
    let least = LEAST_ROUNDS.min(wish.rounds);
    // Workloads go, from the last declared one on, only where not even the least number of rounds fits with them; and
    // only if it fits without them.
    let all = learnt.costs.len();
    let workloads = (1..=all)
        .rev()
        .find(|&some| wish.soft || learnt.fitting(some, least) >= least)
        .unwrap_or(all);
    let at_least = if wish.soft { least } else { learnt.done };
    let most = learnt.fitting(workloads, wish.rounds).max(at_least);
    let (rounds, needed) = match wish.effect {
        None => (most, None),
        Some(effect) => {
            let needed = needed(&learnt.spread[..workloads], effect, least, most);
            let rounds = match needed.rounds {
                Some(rounds) if needed.planned => rounds,
                // What cannot be reached is not chased.
                _ => wish.otherwise.min(most),
            };
            (rounds.max(learnt.done), Some(needed))
        }
    };
    let round = learnt.round(workloads);
    Plan {
        rounds,
        workloads,
        renew: renewal::every(learnt.renewal, round)
            .filter(|every| (learnt.done..rounds).any(|r| r % every == 0)),
        round,
        seconds: learnt.seconds(workloads, rounds),
        needed,
    }
}

fn needed(spread: &[Option<f64>], effect: f64, least: u32, most: u32) -> Needed {
    let widest = spread
        .iter()
        .enumerate()
        .filter_map(|(workload, sd)| Some((workload, (*sd)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let rounds = widest.and_then(|(_, sd)| rounds_for(sd, effect));
    let rounds = rounds.map(|rounds| rounds.max(least));
    Needed {
        rounds,
        workload: widest.map(|(workload, _)| workload),
        planned: rounds.is_some_and(|rounds| rounds <= most),
    }
}

/// The fewest rounds that find an effect (0.05 for 5 %) with 80 % chance at the 5 % level, values spreading so far:
/// [`detectable_ratio`] solved for n by trying. `None` where a thousand do not.
pub(crate) fn rounds_for(deviation: f64, effect: f64) -> Option<u32> {
    (2..=1000).find(|&n| {
        detectable_ratio(deviation, n as usize).is_some_and(|ratio| ratio <= 1.0 + effect)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            rounds: 12,
            budget: None,
            soft: false,
            effect: None,
            otherwise: 12,
        }
    }

    fn learnt() -> Learnt {
        Learnt {
            done: 2,
            costs: vec![4.0, 3.0, 2.0, 1.0],
            renewal: None,
            left: None,
            spread: vec![Some(0.05), Some(0.10), None, Some(0.02)],
            earlier: None,
        }
    }

    #[test]
    fn without_a_budget_the_number_is_that_asked_for() {
        let plan = decide(&wish(), &learnt());
        assert_eq!((plan.rounds, plan.workloads, plan.seconds), (12, 4, 100.0));
    }

    #[test]
    fn a_budget_that_nobody_asked_for_is_overrun_rather_than_workloads_given_up() {
        let short = Learnt {
            left: Some(5.0),
            ..learnt()
        };
        let wish = Wish {
            budget: Some(Duration::from_secs(60)),
            soft: true,
            ..wish()
        };
        let plan = decide(&wish, &short);
        assert_eq!((plan.workloads, plan.rounds), (4, LEAST_ROUNDS));
        assert!(plan.seconds > 5.0);
        let hard = decide(
            &Wish {
                soft: false,
                ..wish
            },
            &short,
        );
        assert!(hard.workloads < 4 || hard.rounds < LEAST_ROUNDS);
    }

    #[test]
    fn a_budget_takes_what_fits_and_keeps_a_tenth() {
        let with = |left| {
            decide(
                &wish(),
                &Learnt {
                    left: Some(left),
                    ..learnt()
                },
            )
        };
        // 10 s a round: 90 of 100 s are 9 rounds, and 2 are done.
        assert_eq!((with(100.0).rounds, with(100.0).workloads), (11, 4));
        assert_eq!(with(10_000.0).rounds, 12, "no more than asked for");
        // 4 more rounds are needed for a verdict: 44 s are too few for 10 s rounds, enough for 9 s rounds.
        let plan = with(44.0);
        assert_eq!((plan.rounds, plan.workloads), (6, 3));
        // One workload, and not even that: all are kept, and what is done is what there is.
        assert_eq!((with(18.0).rounds, with(18.0).workloads), (6, 1));
        assert_eq!((with(5.0).rounds, with(5.0).workloads), (2, 4));
        assert_eq!(with(-3.0).seconds, 0.0);
    }

    #[test]
    fn making_stores_anew_is_part_of_the_cost() {
        let with = |renewal| {
            let learnt = Learnt {
                left: Some(100.0),
                renewal: Some(renewal),
                ..learnt()
            };
            decide(&wish(), &learnt)
        };
        // 3 s of 10 s rounds: before rounds 3, 6 and 9 (counted from 0), which leaves time for 8 more rounds in 90 s.
        let plan = with(3.0);
        assert_eq!((plan.rounds, plan.renew, plan.seconds), (10, Some(3), 89.0));
        // Too dear for so few rounds: not done, and not counted.
        assert_eq!((with(50.0).rounds, with(50.0).renew), (11, None));
    }

    #[test]
    fn the_rounds_for_an_effect_are_those_of_the_formula() {
        // The table of detectable effects, read backwards: sd 5 % finds 5.1 % in 10 rounds, sd 10 % 10.5 %.
        assert_eq!(rounds_for(0.05, 0.0515), Some(10));
        assert_eq!(rounds_for(0.10, 0.1055), Some(10));
        assert_eq!(rounds_for(3.0, 0.01), None);
        let effect = |effect, rounds| {
            let wish = Wish {
                rounds,
                effect: Some(effect),
                ..wish()
            };
            let learnt = Learnt {
                done: wish.first(),
                ..learnt()
            };
            decide(&wish, &learnt)
        };
        // The widest spread decides: 10 %.
        let plan = effect(0.08, 100);
        let n = rounds_for(0.10, 0.08).unwrap();
        assert_eq!(plan.rounds, n);
        assert_eq!(
            plan.needed,
            Some(Needed {
                rounds: Some(n),
                workload: Some(1),
                planned: true
            })
        );
        let plan = effect(0.01, 100);
        assert!(
            matches!(plan.needed, Some(Needed { rounds: Some(n), planned: false, .. }) if n > 700)
        );
        assert_eq!(plan.rounds, 12, "what cannot be reached is not chased");
        assert_eq!(effect(0.50, 100).rounds, 6, "the first rounds are enough");
    }

    #[test]
    fn an_effect_is_not_reached_beyond_the_budget() {
        let wish = Wish {
            rounds: 100,
            effect: Some(0.08),
            ..wish()
        };
        let learnt = Learnt {
            done: 6,
            left: Some(30.0),
            ..learnt()
        };
        let plan = decide(&wish, &learnt);
        assert_eq!(plan.rounds, 8);
        assert!(!plan.needed.unwrap().planned);
    }
}
