//! Conformance: promises that held in A and do not in B, and the other way round.

use serde::Serialize;

use super::row::Call;
use super::sides::Match;
use crate::record::{CaseResult, Level, Outcome, Results};

/// A case with another outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseChange {
    /// The subject in B.
    pub subject: String,
    /// The case.
    pub case: String,
    /// How much a driver owes it.
    pub level: Level,
    /// The outcome in A.
    pub a: Outcome,
    /// The outcome in B; absent when it was not asked.
    pub b: Option<Outcome>,
    /// Why, in B.
    pub reason: String,
    /// What is promised.
    pub promise: String,
    /// What is to be said of it.
    #[serde(flatten)]
    pub call: Call,
}

/// Every change of the subjects on both sides. Cases that only B was asked are new, and no change; where B has none at
/// all, conformance was not part of it.
pub(super) fn changes(a: &Results, b: &Results, matches: &[Match]) -> Vec<CaseChange> {
    let mut changes = Vec::new();
    for pair in matches {
        let answers = |run: &Results, name: &str| -> Vec<CaseResult> {
            run.cases
                .iter()
                .filter(|case| case.subject == name)
                .cloned()
                .collect()
        };
        let (before, after) = (answers(a, &pair.a), answers(b, &pair.b));
        if after.is_empty() {
            continue;
        }
        for old in before {
            let new = after.iter().find(|case| case.case == old.case);
            let Some(call) = call(old.outcome, new.map(|case| case.outcome)) else {
                continue;
            };
            changes.push(CaseChange {
                subject: pair.b.clone(),
                case: old.case,
                level: old.level,
                a: old.outcome,
                b: new.map(|case| case.outcome),
                reason: new.map(|case| case.reason.clone()).unwrap_or_default(),
                promise: old.promise,
                call,
            });
        }
    }
    changes.sort_by_key(|change| (change.call != Call::Worse, change.level));
    changes
}

/// What a change of outcome means; `None` when there is none.
fn call(a: Outcome, b: Option<Outcome>) -> Option<Call> {
    use Outcome::{Broken, Deviates, Fail, NotApplicable, Pass};
    Some(match (a, b) {
        (_, None) => Call::Inconclusive("not asked in B".to_owned()),
        (x, Some(y)) if x == y => return None,
        (Pass | Deviates, Some(Fail)) => Call::Worse,
        (Fail, Some(Pass | Deviates)) => Call::Better,
        (_, Some(Broken)) => Call::Inconclusive("B could not be asked".to_owned()),
        (Broken, Some(Fail)) => {
            Call::Inconclusive("it fails in B; A could not be asked".to_owned())
        }
        (NotApplicable, Some(Fail)) => {
            Call::Inconclusive("it fails in B; it did not apply in A".to_owned())
        }
        (Pass, Some(Deviates | NotApplicable)) => Call::Changed,
        _ => Call::Changed,
    })
}

/// The outcome as people read it.
pub(crate) fn word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "pass",
        Some(Outcome::Fail) => "FAIL",
        Some(Outcome::Deviates) => "deviates",
        Some(Outcome::NotApplicable) => "not applicable",
        Some(Outcome::Broken) => "BROKEN",
        None => "not asked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_promise_that_held_can_be_broken() {
        assert_eq!(call(Outcome::Pass, Some(Outcome::Fail)), Some(Call::Worse));
        assert_eq!(call(Outcome::Fail, Some(Outcome::Fail)), None);
        assert_eq!(call(Outcome::Fail, Some(Outcome::Pass)), Some(Call::Better));
        let unclear = [
            (Outcome::Pass, Some(Outcome::Broken)),
            (Outcome::Pass, None),
            (Outcome::Broken, Some(Outcome::Fail)),
        ];
        for (a, b) in unclear {
            assert!(matches!(call(a, b), Some(Call::Inconclusive(_))), "{a:?}");
        }
    }
}
