//! Cases answered otherwise than in the first of the runs that asked them of the same subject.

use std::collections::BTreeMap;

use crate::record::{CaseResult, Outcome, Results, Role};

/// One case of one subject, answered otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<'a> {
    /// In the first run that has the subject.
    pub from: &'a CaseResult,
    /// In a later one.
    pub to: &'a CaseResult,
}

impl Change<'_> {
    /// Whether a promise that held does not any more.
    pub fn is_worse(&self) -> bool {
        use Outcome::{Deviates, Fail, Pass};
        matches!(
            (self.from.outcome, self.to.outcome),
            (Pass, Deviates | Fail) | (Deviates, Fail)
        )
    }
}

/// Whether two answers are not the same. What could not be asked is no answer.
pub fn differs(a: Outcome, b: Outcome) -> bool {
    a != b && a != Outcome::Broken && b != Outcome::Broken
}

/// Of each subject that was asked: its kin in the first run that asked. Where that is itself, it is not named.
pub fn baselines(results: &Results) -> BTreeMap<&str, &str> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for part in &results.parts {
        for own in &part.results.subjects {
            let asked = part.results.cases.iter().any(|c| c.subject == own.name);
            let Some(name) = part.names.get(&own.name).filter(|_| asked) else {
                continue;
            };
            if own.role != Role::Subject {
                continue;
            }
            match first.get(&own.spec()) {
                Some(kin) => {
                    found.insert(name.as_str(), *kin);
                }
                None => {
                    first.insert(own.spec(), name);
                }
            }
        }
    }
    found
}

/// Every change, in the order of the answers.
pub fn changes(results: &Results) -> Vec<Change<'_>> {
    let baselines = baselines(results);
    if baselines.is_empty() {
        return Vec::new();
    }
    let answers: BTreeMap<(&str, &str), &CaseResult> = results
        .cases
        .iter()
        .map(|c| ((c.subject.as_str(), c.case.as_str()), c))
        .collect();
    results
        .cases
        .iter()
        .filter_map(|to| {
            let kin = baselines.get(to.subject.as_str())?;
            let from = answers.get(&(*kin, to.case.as_str()))?;
            differs(from.outcome, to.outcome).then_some(Change { from, to })
        })
        .collect()
}
