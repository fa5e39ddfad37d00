//! Runs sequences until the budget is used up or one fails, and shrinks that one.

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::case;
use crate::runner::guarded;
use crate::subject::Subject;

use super::coverage::Coverage;
use super::generate;
use super::player::{self, play};
use super::shrink;
use super::step::Sequence;

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Everything follows from it, and from the number of the sequence.
    pub seed: u64,
    /// The number of the first sequence.
    pub first: u64,
    /// When to end.
    pub budget: Budget,
    /// It ends after so long in any case.
    pub limit: Duration,
    /// The most steps of a sequence.
    pub max_len: usize,
    /// The longest that shrinking may take.
    pub shrink_for: Duration,
}

impl Plan {
    /// A plan with 25 steps to a sequence, and a minute for shrinking.
    pub fn new(seed: u64, budget: Budget) -> Self {
        Self {
            seed,
            first: 0,
            budget,
            limit: Duration::MAX,
            max_len: 25,
            shrink_for: Duration::from_secs(60),
        }
    }
}

/// When a run ends; the sequence at hand is played to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// After so long.
    Time(Duration),
    /// After so many steps.
    Steps(u64),
    /// After so many sequences.
    Sequences(u64),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sequences played.
    pub sequences: u64,
    /// Steps done or refused as expected.
    pub steps: u64,
    /// While a failure is shrunk: how many steps it has by now.
    pub shrinking: Option<usize>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Sequences played.
    pub sequences: u64,
    /// Steps done or refused as expected.
    pub steps: u64,
    /// Those among them that were refused, as they had to be.
    pub refused: u64,
    /// Steps left out, as nobody says what has to come of them on this driver.
    pub unasked: u64,
    /// Sequences played again, as the driver's daemon was lost the first time: with what was seen then.
    pub lost: Vec<String>,
    /// Which pairs of steps met.
    pub coverage: Coverage,
    /// The first failure, shrunk.
    pub failure: Option<Failure>,
    /// Whether the observer ended the run.
    pub stopped: bool,
}

/// A sequence that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed it came from; `None` for one that was given.
    pub seed: Option<u64>,
    /// The number of the sequence that failed first.
    pub case_no: u64,
    /// The smallest sequence found that still fails.
    pub smallest: Sequence,
    /// The number of steps of the sequence it was shrunk from.
    pub steps_before: usize,
    /// The step that fails, from 0; the number of steps when it is found at the end.
    pub at: usize,
    /// What came of it: a failure, or broken.
    pub outcome: case::Outcome,
}

impl fmt::Display for Failure {
    /// The sequence, a step a line, with the failing one marked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  base {}", self.smallest.base)?;
        for (number, step) in self.smallest.steps.iter().enumerate() {
            let mark = if number == self.at { '>' } else { ' ' };
            writeln!(f, "{mark} {step}")?;
        }
        if self.at >= self.smallest.steps.len() {
            writeln!(f, "> (all containers and layers, at the end)")?;
        }
        match &self.outcome {
            case::Outcome::Fail { expected, actual } => {
                write!(f, "expected: {expected}\nactual:   {actual}")
            }
            other => write!(f, "{}: {}", other.name(), other.reason()),
        }
    }
}

/// Runs it. `observe` is told how far it is after every sequence and every try of the shrinker, and may end it.
pub fn run(
    subject: &mut Subject,
    plan: &Plan,
    observe: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Outcome {
    let start = Instant::now();
    let mut outcome = nothing();
    for case_no in plan.first.. {
        let used_up = match plan.budget {
            Budget::Time(limit) => start.elapsed() >= limit,
            Budget::Steps(limit) => outcome.steps >= limit,
            Budget::Sequences(limit) => outcome.sequences >= limit,
        };
        if used_up || start.elapsed() >= plan.limit {
            break;
        }
        let sequence = generate::sequence(plan.seed, case_no, plan.max_len);
        let failed = one(subject, &sequence, &mut outcome);
        let mut progress = Progress {
            sequences: outcome.sequences,
            steps: outcome.steps,
            shrinking: None,
        };
        outcome.stopped = observe(progress).is_break();
        if let Some((at, why)) = failed {
            let failure = Failure {
                seed: Some(plan.seed),
                case_no,
                steps_before: sequence.steps.len(),
                smallest: sequence,
                at,
                outcome: why,
            };
            let end = Instant::now() + plan.shrink_for;
            outcome.failure = Some(shrink::smallest(failure, |candidate, steps| {
                progress.shrinking = Some(steps);
                if outcome.stopped || Instant::now() >= end || observe(progress).is_break() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(one(subject, candidate, &mut nothing()))
            }));
        }
        if outcome.failure.is_some() || outcome.stopped {
            break;
        }
    }
    outcome
}

/// Plays one sequence, which is not shrunk if it fails.
pub fn replay(subject: &mut Subject, sequence: &Sequence) -> Outcome {
    let mut outcome = nothing();
    if let Some((at, why)) = one(subject, sequence, &mut outcome) {
        outcome.failure = Some(Failure {
            seed: None,
            case_no: 0,
            steps_before: sequence.steps.len(),
            smallest: sequence.clone(),
            at,
            outcome: why,
        });
    }
    outcome
}

/// Plays a sequence, once more if the driver's daemon was lost under it. The step and the answer, if it is not in order.
fn one(
    subject: &mut Subject,
    sequence: &Sequence,
    outcome: &mut Outcome,
) -> Option<(usize, case::Outcome)> {
    outcome.sequences += 1;
    for again in [false, true] {
        let mut progress = player::Progress::default();
        let mut coverage = Coverage::default();
        let answer = guarded(&|work| work(), subject, |context| {
            play(context, sequence, &mut coverage, &mut progress)
        });
        let answer = answer.unwrap_or_else(|stop| stop.0);
        outcome.steps += progress.done;
        outcome.refused += progress.refused;
        outcome.unasked += progress.unasked;
        outcome.coverage.merge(&coverage);
        if answer.is_ok() {
            return None;
        }
        let lost = subject.lost_its_daemon();
        subject.recover();
        if !lost || again {
            return Some((progress.at, answer));
        }
        outcome.lost.push(answer.reason());
    }
    None
}

fn nothing() -> Outcome {
    Outcome {
        sequences: 0,
        steps: 0,
        refused: 0,
        unasked: 0,
        lost: Vec::new(),
        coverage: Coverage::default(),
        failure: None,
        stopped: false,
    }
}
