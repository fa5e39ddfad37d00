//! What a site says of a run without opening its page.

use crate::analysis::Analysis;
use crate::decide::{caution, decide, sentence};
use crate::headline;
use crate::record::{Facts, Outcome, Results, Role, Support};
use crate::summary;
use crate::table::Table;

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It ended in order.
    Complete,
    /// It was stopped before all was done.
    Interrupted,
    /// It has no end.
    Torn,
}

impl State {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::Torn => "torn",
        }
    }
}

/// One run.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its name, part of its links, which hold as long as it does: nothing but letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// What tells machines apart that differ in what times depend on; empty where it is not known.
    pub host: String,
    /// `AMD EPYC, 2 cores, 23.5 GiB, ext4 on virtio`.
    pub machine: String,
    /// The kernel.
    pub kernel: String,
    /// Whether its processor was emulated: times of such a run say nothing.
    pub emulated: bool,
    /// The version of layerbench, with its commit where it is known.
    pub version: String,
    /// How much was measured.
    pub profile: String,
    /// Rounds planned.
    pub rounds: u32,
    /// How far it came.
    pub state: State,
    /// Those under test.
    pub subjects: Vec<String>,
    /// What could not run, with the reason.
    pub missing: Vec<(String, String)>,
    /// Cases by outcome: pass, deviates, not applicable, fail, broken.
    pub cases: [usize; 5],
    /// The result.
    pub sentence: String,
    /// What must be known with it.
    pub caution: Option<String>,
    /// Subjects by headline numbers, medians.
    pub headline: Table,
    /// The machine, fact by fact.
    pub facts: Facts,
    /// The image.
    pub image: Facts,
    /// The command.
    pub command: String,
}

impl Card {
    /// Reads a run.
    pub fn new(id: &str, results: &Results) -> Self {
        let analysis = Analysis::new(results);
        let rows = headline::rows(&analysis);
        let decisions = decide(&analysis, &rows);
        let run = &results.run;
        let fact = |name: &str| results.host.get(name).cloned().unwrap_or_default();
        let version = if run.commit.is_empty() {
            run.version.clone()
        } else {
            format!("{} ({})", run.version, run.commit)
        };
        Self {
            id: id.to_owned(),
            started: run.started.clone(),
            host: fact("fingerprint"),
            machine: machine(&results.host),
            kernel: fact("kernel"),
            emulated: results.emulated().is_some(),
            version,
            profile: run.profile.clone(),
            rounds: run.rounds,
            state: match &results.end {
                None => State::Torn,
                Some(end) if end.interrupted => State::Interrupted,
                Some(_) => State::Complete,
            },
            subjects: results
                .subjects
                .iter()
                .filter(|s| s.role == Role::Subject && s.support == Support::Ready)
                .map(|s| s.name.clone())
                .collect(),
            missing: results
                .subjects
                .iter()
                .filter_map(|s| match &s.support {
                    Support::Missing { what, .. } => Some((s.name.clone(), what.clone())),
                    Support::Ready => None,
                })
                .collect(),
            cases: [
                Outcome::Pass,
                Outcome::Deviates,
                Outcome::NotApplicable,
                Outcome::Fail,
                Outcome::Broken,
            ]
            .map(|outcome| {
                results
                    .cases
                    .iter()
                    .filter(|c| c.outcome == outcome)
                    .count()
            }),
            sentence: sentence(&analysis, &decisions),
            caution: caution(&analysis),
            headline: summary::table(&analysis, &rows, true),
            facts: results.host.clone(),
            image: run.image.clone(),
            command: run.command_line.join(" "),
        }
    }

    /// The day it began.
    pub fn day(&self) -> &str {
        self.started.get(..10).unwrap_or(&self.started)
    }

    /// `172 pass, 3 deviate`; empty where nothing was asked.
    pub fn conformance(&self) -> String {
        let words = ["pass", "deviate", "not applicable", "fail", "broken"];
        let told: Vec<String> = self
            .cases
            .iter()
            .zip(words)
            .filter(|(count, _)| **count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        told.join(", ")
    }

    /// Whether it is more than a year older than the day of another.
    pub fn is_old(&self, newest: &str) -> bool {
        let year_later = |day: &str| {
            let year: i32 = day.get(..4)?.parse().ok()?;
            Some(format!("{:04}{}", year + 1, day.get(4..)?))
        };
        year_later(self.day()).is_some_and(|day| day.as_str() < newest)
    }
}

/// What times depend on, in a line; as much of it as is known.
fn machine(host: &Facts) -> String {
    let fact = |name: &str| host.get(name).filter(|value| !value.is_empty());
    let mut told: Vec<String> = Vec::new();
    told.extend(fact("cpu").cloned());
    told.extend(fact("cores").map(|n| format!("{n} {}", if n == "1" { "core" } else { "cores" })));
    told.extend(fact("memory").cloned());
    told.extend(match (fact("disk_filesystem"), fact("disk_kind")) {
        (Some(filesystem), Some(kind)) => Some(format!("{filesystem} on {kind}")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    });
    told.extend(
        fact("virtual_machine")
            .filter(|value| *value == "yes")
            .map(|_| "virtual machine".to_owned()),
    );
    told.extend(fact("distribution").cloned());
    if told.is_empty() {
        "unknown machine".to_owned()
    } else {
        told.join(", ")
    }
}
