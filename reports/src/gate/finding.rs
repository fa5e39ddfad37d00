//! What a gate found, for every document that is made of it.

use serde::{Deserialize, Serialize};

use crate::compare::show::{interval, values};
use crate::compare::{Method, Row};
use crate::number::three;
use crate::record::Facts;

/// The outcome of a gate. [`crate::gate::screen`] makes it, [`crate::gate::confirm`] settles it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `NEW against OLD, turn by turn`.
    pub title: String,
    /// What it comes to.
    pub status: Status,
    /// Everything that got worse, the surest first; also what fresh rounds did not confirm.
    pub findings: Vec<Finding>,
    /// How much was looked at.
    pub counts: Counts,
    /// What must be known before this is believed, one sentence each.
    pub notes: Vec<String>,
    /// Why things could not be judged, with how many, the commonest first.
    pub unclear: Vec<(String, usize)>,
}

/// What a gate comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything that is guarded was judged, and nothing got worse.
    Passed,
    /// Nothing surely got worse, but not everything could be judged.
    Inconclusive,
    /// Something got worse, and fresh rounds say so too.
    Failed,
}

impl Status {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Metrics that noise cannot move.
    pub noise_free: usize,
    /// Noisy metrics that are guarded: headline numbers, and those with a limit.
    pub noisy: usize,
    /// Conformance cases that passed before.
    pub cases: usize,
    /// Of all these: not worse than allowed, surely.
    pub well: usize,
    /// Better than before, surely.
    pub better: usize,
    /// Could not be judged.
    pub unclear: usize,
}

/// What kind of thing got worse, in the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A promise is broken that held.
    Conformance,
    /// Work is not finished that was.
    Unfinished,
    /// A metric that noise cannot move.
    NoiseFree,
    /// A time, or what else noise moves.
    Measured,
}

/// How far a finding got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Seen twice, or certain without a second look.
    Confirmed,
    /// Seen once; nothing was measured again.
    Flagged,
    /// Seen once; fresh rounds could not tell.
    Unsettled,
    /// Seen once; fresh rounds do not show it.
    Refuted,
}

impl State {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Flagged => "flagged",
            Self::Unsettled => "unsettled",
            Self::Refuted => "not confirmed",
        }
    }
}

/// One thing that got worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Of what kind.
    pub kind: Kind,
    /// How far it got.
    pub state: State,
    /// The subject under judgement.
    pub subject: String,
    /// The workload; empty for conformance.
    pub workload: String,
    /// The phase; empty when a whole workload is meant.
    pub phase: String,
    /// The metric; empty for what is not a number.
    pub metric: String,
    /// What it was done with.
    pub params: Facts,
    /// The case, for conformance.
    pub case: String,
    /// `start/total time, cache warm`, or the case.
    pub what: String,
    /// How much worse was allowed: 0.05 for 5 %.
    pub allowed: f64,
    /// What was seen first.
    pub first: Evidence,
    /// What fresh rounds showed.
    pub again: Option<Evidence>,
    /// The command that measures just this again.
    pub repeat: Option<String>,
}

/// What was seen, as numbers and as words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// In the baseline, in the record's unit (or as a ratio to the control).
    pub a: Option<f64>,
    /// Now.
    pub b: Option<f64>,
    /// How many times as much.
    pub ratio: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// p, corrected for the other comparisons.
    pub p: Option<f64>,
    /// Rounds of each side.
    pub n: [usize; 2],
    /// All of it as a sentence: `3.10 ms, was 2.40 ms: 1.29x (1.21 to 1.38), n 12, paired by round`.
    pub words: String,
}

impl Evidence {
    /// What a row shows; `p` in place of the row's where the family is another.
    pub(super) fn of(row: &Row, p: Option<f64>) -> Self {
        Self {
            a: row.a,
            b: row.b,
            ratio: row.ratio,
            interval: row.interval,
            p,
            n: row.n,
            words: words(row, p),
        }
    }

    /// What is no number.
    pub(super) fn words(words: String) -> Self {
        Self {
            a: None,
            b: None,
            ratio: None,
            interval: None,
            p: None,
            n: [0, 0],
            words,
        }
    }
}

fn words(row: &Row, p: Option<f64>) -> String {
    let [a, b] = values(row);
    let mut text = format!("{b}, was {a}");
    if let Some(ratio) = row.ratio {
        text.push_str(": ");
        text.push_str(&crate::compare::show::ratio(ratio));
    }
    match row.method {
        Method::Exact => text.push_str(", exact: noise cannot do that"),
        Method::NearlyExact => text.extend([format!(
            ", every one of {} rounds beyond every one of {}",
            row.n[1], row.n[0]
        )]),
        Method::None => {}
        method => {
            let p = p.map(|p| format!(", p {}", three(p))).unwrap_or_default();
            text.extend([format!(
                " ({}), n {}{p}, {}",
                interval(row),
                row.n[1],
                method.words()
            )]);
        }
    }
    text
}

impl Finding {
    /// One line: what, how much, how sure.
    pub fn sentence(&self) -> String {
        let mut text = format!("{} {}: {}", self.subject, self.what, self.first.words);
        if let Some(again) = &self.again {
            let but = if self.state == State::Confirmed {
                ""
            } else {
                "but "
            };
            text.extend(["; ", but, "fresh rounds: ", &again.words]);
        }
        text
    }

    /// Whether a row of another comparison is about the same thing.
    pub(super) fn is_about(&self, row: &Row) -> bool {
        self.subject == row.subject
            && self.workload == row.key.workload
            && self.phase == row.key.phase
            && self.metric == row.key.metric
            && self.params == row.key.params
    }
}

impl Gate {
    /// Findings that count.
    pub fn confirmed(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.state == State::Confirmed)
    }

    /// Findings that fresh rounds could still confirm or refute.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.state == State::Flagged)
    }

    /// Sets the status by the findings.
    pub(super) fn settle(&mut self) {
        let any = |state| self.findings.iter().any(|f| f.state == state);
        self.status = if any(State::Confirmed) {
            Status::Failed
        } else if any(State::Flagged) || any(State::Unsettled) || self.counts.unclear > 0 {
            Status::Inconclusive
        } else {
            Status::Passed
        };
        self.findings
            .sort_by_key(|finding| (finding.state, finding.kind));
    }
}
