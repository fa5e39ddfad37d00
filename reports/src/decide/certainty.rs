//! How sure a recommendation is.

use super::Decision;
use super::decision::Number;
use super::judge::{Judged, judge};
use crate::analysis::Analysis;
use crate::stats::{Verdict, Why};
use crate::uses::Use;

/// How sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certainty {
    /// The next one surely costs more, and no single workload makes it so.
    Sure,
    /// The next one surely costs more, but without one of these workloads others would be named.
    RestsOn(Vec<String>),
    /// Nobody can be told apart from the first.
    Tied,
    /// There is only one candidate.
    Alone,
    /// There is none.
    Nobody,
    /// Below six rounds nothing is sure.
    FewRounds,
}

impl Certainty {
    /// In a few words, for a table.
    pub fn words(&self) -> String {
        match self {
            Self::Sure => "sure".to_owned(),
            Self::RestsOn(workloads) => format!("rests on {}", workloads.join(", ")),
            Self::Tied => "tied".to_owned(),
            Self::Alone => "the only candidate".to_owned(),
            Self::Nobody => "no candidate".to_owned(),
            Self::FewRounds => "too few rounds".to_owned(),
        }
    }
}

impl Decision {
    /// How sure it is.
    pub fn certainty(&self) -> Certainty {
        match (&self.ranking[..], self.winners()) {
            ([], _) => Certainty::Nobody,
            ([_], _) => Certainty::Alone,
            (_, []) if self.verdict == Some(Verdict::Inconclusive(Why::TooFewRounds)) => {
                Certainty::FewRounds
            }
            (_, []) => Certainty::Tied,
            _ if self.fragile.is_empty() => Certainty::Sure,
            _ => Certainty::RestsOn(self.fragile.iter().map(|(name, _)| name.clone()).collect()),
        }
    }
}

/// Whether one workload alone makes the recommendation: each is left out in turn. Who would lead then; `None`: nobody.
pub(super) fn fragile(
    analysis: &Analysis<'_>,
    of: &Use,
    numbers: &[&Number],
    judged: &Judged,
) -> Vec<(String, Option<String>)> {
    let mut workloads: Vec<&str> = numbers
        .iter()
        .map(|number| number.row.key.workload.as_str())
        .collect();
    workloads.dedup();
    if judged.winners().is_empty() || workloads.len() < 2 {
        return Vec::new();
    }
    let known = |name: &String| judged.winners().iter().any(|(winner, _)| winner == name);
    let mut found = Vec::new();
    for workload in workloads {
        let rest: Vec<&Number> = numbers
            .iter()
            .filter(|number| number.row.key.workload != workload)
            .copied()
            .collect();
        let without = judge(analysis, of, &rest);
        match without.winners().first() {
            None => found.push((workload.to_owned(), None)),
            Some((leader, _)) if !known(leader) => {
                found.push((workload.to_owned(), Some(leader.clone())));
            }
            Some(_) => {}
        }
    }
    found
}
