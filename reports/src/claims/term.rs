//! Numbers made of series: a value of each round.

use std::collections::BTreeMap;

use super::find::{Sought, Stop};
use super::pick::{Pick, number};
use crate::metric::{Repeats, repeats};
use crate::repeats::stands_for;
use crate::series::{Key, Series};

/// How a value comes from series, round by round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Term {
    /// One series, or the sum of several.
    Sum(&'static [Pick]),
    /// One for each of another: space taken per byte brought in.
    Per(Pick, Pick),
    /// One for each unit of one of its own parameters: space taken per byte of the file's `size`.
    PerParam(Pick, &'static str),
}

/// Values by round.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    pub(super) rounds: BTreeMap<u32, f64>,
    /// `B`, `s`; empty where units cancel.
    pub(super) unit: String,
    /// Noise cannot move any of them.
    pub(super) steady: bool,
    /// What was read.
    pub(super) evidence: Vec<String>,
}

impl Term {
    /// The series it is made of.
    pub fn picks(&self) -> Vec<Pick> {
        match self {
            Self::Sum(picks) => picks.to_vec(),
            Self::Per(a, b) => vec![*a, *b],
            Self::PerParam(pick, _) => vec![*pick],
        }
    }

    /// Its values on a subject.
    pub(super) fn values(&self, sought: &Sought<'_>) -> Result<Values, Stop> {
        let own = |pick: &Pick| sought.one(pick);
        match self {
            Self::Sum(picks) => {
                let mut sum: Option<Values> = None;
                for pick in *picks {
                    let (_, series) = own(pick)?;
                    let next = read(sought, series);
                    sum = Some(match sum {
                        None => next,
                        Some(sum) => joined(sum, next, |a, b| a + b),
                    });
                }
                sum.ok_or_else(|| Stop::nothing("no series is named"))
            }
            Self::Per(a, b) => {
                let (a, b) = (own(a)?.1, own(b)?.1);
                let mut per = joined(read(sought, a), read(sought, b), |a, b| a / b);
                per.unit = unit_of(&a.unit, &b.unit);
                Ok(per)
            }
            Self::PerParam(pick, name) => {
                let (key, series) = own(pick)?;
                let by = number(key, name).filter(|by| *by > 0.0);
                let by = by.ok_or_else(|| Stop::nothing(format!("it has no {name}")))?;
                let mut values = read(sought, series);
                if *name == "size" {
                    values.unit = unit_of(&series.unit, "B");
                }
                values.rounds.values_mut().for_each(|value| *value /= by);
                Ok(values)
            }
        }
    }

    /// What it is, in words; the parameter `varied` is left open.
    pub fn words(&self, varied: Option<&str>) -> String {
        match self {
            Self::Sum(picks) => {
                let words: Vec<String> = picks.iter().map(|pick| pick.words(varied)).collect();
                match &words[..] {
                    [one] => one.clone(),
                    several => format!("({})", several.join(" + ")),
                }
            }
            Self::Per(a, b) => format!("{} for each {}", a.words(varied), b.words(varied)),
            Self::PerParam(pick, "size") => format!("{} as a share of the size", pick.words(None)),
            Self::PerParam(pick, name) => format!("{} for each of the {name}", pick.words(None)),
        }
    }
}

fn unit_of(above: &str, below: &str) -> String {
    if above == below {
        String::new()
    } else {
        format!("{above}/{below}")
    }
}

/// A series' values, each under the planned round it belongs to.
pub(super) fn read(sought: &Sought<'_>, series: &Series) -> Values {
    let results = sought.analysis.results;
    let rounds = series.rounds.iter();
    Values {
        rounds: rounds
            .map(|(round, value)| {
                let round = stands_for(results, &series.key.workload, *round);
                (round, *value)
            })
            .collect(),
        unit: series.unit.clone(),
        steady: steady(&series.key),
        evidence: vec![told(series)],
    }
}

/// Whether noise cannot move it.
fn steady(key: &Key) -> bool {
    repeats(&key.metric) != Repeats::Noisily
}

/// `overlay2@ext4 copy-up append-first time, cache warm, size 1 MiB: 1.25 ms (n = 12)`.
fn told(series: &Series) -> String {
    let key = &series.key;
    let params = key.params_text();
    let flagged = match series.flagged {
        0 => String::new(),
        flagged => format!(", {flagged} flagged as noisy"),
    };
    format!(
        "{} {} {} {}{}{params}: {} (n = {}{flagged})",
        series.subject,
        key.workload,
        key.phase,
        key.metric,
        if params.is_empty() { "" } else { ", " },
        crate::number::alone(&series.unit, series.median()),
        series.rounds.len(),
    )
}

/// Two together, in the rounds that both have.
pub(super) fn joined(a: Values, b: Values, with: impl Fn(f64, f64) -> f64) -> Values {
    let rounds = a.rounds.iter().filter_map(|(round, value)| {
        let joined = with(*value, *b.rounds.get(round)?);
        Some((*round, joined)).filter(|(_, value)| value.is_finite())
    });
    Values {
        rounds: rounds.collect(),
        unit: a.unit,
        steady: a.steady && b.steady,
        evidence: a.evidence.into_iter().chain(b.evidence).collect(),
    }
}
