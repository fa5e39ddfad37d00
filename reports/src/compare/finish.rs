//! What one side finished and the other did not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::row::Call;
use super::sides::Match;
use crate::record::{Dnf, Facts, Results};
use crate::series::Key;

/// Work that was not finished on at least one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finish {
    /// The subject in B.
    pub subject: String,
    /// The workload.
    pub workload: String,
    /// The phase; absent when the whole workload stopped.
    pub phase: Option<String>,
    /// What the phase was to be done with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Facts,
    /// How often it was not finished in A, and why the first time.
    pub a: Option<(usize, String)>,
    /// The same in B.
    pub b: Option<(usize, String)>,
    /// What is to be said of it.
    #[serde(flatten)]
    pub call: Call,
}

impl Finish {
    /// `copy-up/depth-append-first, depth 64`.
    pub fn what(&self) -> String {
        let phase = self
            .phase
            .as_deref()
            .map(|phase| format!("/{phase}"))
            .unwrap_or_default();
        let params: String = self
            .params
            .iter()
            .map(|(name, value)| format!(", {name} {value}"))
            .collect();
        format!("{}{phase}{params}", self.workload)
    }

    /// Whether it says why a key has no numbers.
    pub(super) fn explains(&self, subject: &str, key: &Key) -> bool {
        self.subject == subject
            && self.workload == key.workload
            && self.phase.as_ref().is_none_or(|phase| *phase == key.phase)
            && self
                .params
                .iter()
                .all(|(name, value)| key.params.get(name) == Some(value))
    }
}

type Place = (String, Option<String>, Facts);

/// Everything unfinished, of the subjects on both sides.
pub(super) fn unfinished(a: &Results, b: &Results, matches: &[Match]) -> Vec<Finish> {
    let mut all = Vec::new();
    for pair in matches {
        let (before, after) = (failures(a, &pair.a), failures(b, &pair.b));
        let places: std::collections::BTreeSet<&Place> =
            before.keys().chain(after.keys()).collect();
        for place in places {
            let (x, y) = (before.get(place), after.get(place));
            let tried = |run: &Results, name: &str| {
                run.records
                    .iter()
                    .any(|r| r.subject == name && r.workload == place.0)
                    || run
                        .dnf
                        .iter()
                        .any(|d| d.subject == name && d.workload == place.0)
            };
            let call = match (x, y) {
                (None, Some(_)) if tried(a, &pair.a) => Call::Worse,
                (Some(_), None) if tried(b, &pair.b) => Call::Better,
                (None, Some(_)) => Call::Inconclusive("A was not asked".to_owned()),
                (Some(_), None) => Call::Inconclusive("B was not asked".to_owned()),
                _ => Call::Inconclusive(
                    "not finished on either side: there is nothing to compare".to_owned(),
                ),
            };
            all.push(Finish {
                subject: pair.b.clone(),
                workload: place.0.clone(),
                phase: place.1.clone(),
                params: place.2.clone(),
                a: x.cloned(),
                b: y.cloned(),
                call,
            });
        }
    }
    all.sort_by_key(|finish| !finish.call.differs());
    all
}

fn failures(run: &Results, subject: &str) -> BTreeMap<Place, (usize, String)> {
    let mut all: BTreeMap<Place, (usize, String)> = BTreeMap::new();
    for dnf in run.dnf.iter().filter(|dnf| dnf.subject == subject) {
        let place = (dnf.workload.clone(), dnf.phase.clone(), dnf.params.clone());
        all.entry(place).or_insert_with(|| (0, reason(dnf))).0 += 1;
    }
    all
}

/// The reason; where a time limit ended it, the time is known to be longer.
fn reason(dnf: &Dnf) -> String {
    match dnf.after_seconds {
        Some(seconds) => format!(
            "{} (stopped after {}: it takes longer than that)",
            dnf.reason,
            crate::number::alone("s", seconds)
        ),
        None => dnf.reason.clone(),
    }
}
