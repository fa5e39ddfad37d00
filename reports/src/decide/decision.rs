//! What can be said of a use.

use super::blocks::partly_asked;
use super::certainty::fragile;
use super::judge::{Judged, judge};
use super::score::{lacking, mean};
use crate::analysis::Analysis;
use crate::headline::{Row, known};
use crate::metric::{Direction, direction};
use crate::stats::{Interval, Paired, Verdict};
use crate::uses::{self, Use};

/// A headline number with what it weighs in a use.
#[derive(Debug, Clone)]
pub struct Number {
    /// The number.
    pub row: Row,
    /// 0: offered, but not counted.
    pub weight: u32,
}

/// One subject in a use.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The subject.
    pub name: String,
    /// How many times what the first costs, over the numbers that both have; `None` when there is none.
    pub times: Option<f64>,
    /// Its 95 % interval; `None` below six rounds, and for the first itself.
    pub interval: Option<Interval>,
    /// How many of the numbers that covers.
    pub covered: usize,
    /// How many there are.
    pub of: usize,
    /// Its group among the candidates: who shares a letter was not told apart. Empty for others and below six rounds.
    pub letters: String,
}

/// What can be said of one use.
#[derive(Debug)]
pub struct Decision {
    /// The use.
    pub of: &'static Use,
    /// The numbers it rests on, and those that could be added.
    pub numbers: Vec<Number>,
    /// Workloads that it should rest on, too, and that the run did not measure.
    pub missing: Vec<&'static str>,
    /// The share of the use's weight that was measured, 0 to 1.
    pub share: f64,
    /// Candidates, the lowest score first.
    pub ranking: Vec<String>,
    /// How many of the ranking cannot be told apart from the first, it included.
    pub together: usize,
    /// Why others are not candidates: name, reason.
    pub out: Vec<(String, String)>,
    /// What must be known of those named: name, and why the conformance suite was not asked in full.
    pub partly_asked: Vec<(String, String)>,
    /// The cost of the first that follows those together (or of the runner-up, when nobody does) against the leader's.
    pub lead: Option<Paired>,
    /// What is to be said of that lead.
    pub verdict: Option<Verdict>,
    /// The smallest difference that counts, 0.08 for 8 %: 5 %, or more where the machine is noisy.
    pub margin: f64,
    /// Every subject with a number, candidate or not, the least costly candidate first.
    pub standings: Vec<Place>,
    /// Workloads that decide alone: without them (the name) another leads, or nobody is recommended (`None`).
    pub fragile: Vec<(String, Option<String>)>,
}

/// A use that the run measured too little for.
#[derive(Debug)]
pub struct Undecided {
    /// The use.
    pub of: &'static Use,
    /// The share of its weight that was measured, 0 to 1.
    pub share: f64,
    /// The workloads that are missing.
    pub missing: Vec<&'static str>,
}

impl Decision {
    /// Those recommended, if the data carry any: the leader and whoever cannot be told apart from it, as long as
    /// somebody surely costs more.
    pub fn winners(&self) -> &[String] {
        if self.together < self.ranking.len() {
            &self.ranking[..self.together]
        } else {
            &[]
        }
    }

    /// About how many rounds like these would tell whether the first leads, where that is open; see
    /// [`Paired::rounds_to_settle`].
    pub fn rounds_to_settle(&self) -> Option<usize> {
        let others = self.ranking.len().saturating_sub(1);
        let open = matches!(self.verdict, Some(Verdict::Inconclusive(_)));
        let lead = self.lead.as_ref().filter(|_| open)?;
        lead.rounds_to_settle(self.margin, others)
    }
}

/// Decides every use of which at least half was measured, by weight, in two numbers or more: a run of one workload must
/// not recommend for what it did not look at.
///
/// Nothing is decided across runs, nor by an emulated one.
pub fn decide(analysis: &Analysis<'_>, rows: &[Row]) -> Vec<Decision> {
    if !analysis.results.parts.is_empty() || analysis.results.emulated().is_some() {
        return Vec::new();
    }
    uses::ALL
        .iter()
        .filter(|of| enough(of, rows))
        .map(|of| weighed(analysis, rows, of, |id| of.weight(id).unwrap_or(0)))
        .collect()
}

/// The uses that are not decided, with what is missing. Empty where nothing was measured at all.
pub fn undecided(rows: &[Row]) -> Vec<Undecided> {
    uses::ALL
        .iter()
        .filter(|of| !rows.is_empty() && !enough(of, rows))
        .map(|of| Undecided {
            of,
            share: share(of, rows),
            missing: missing(of, rows),
        })
        .collect()
}

/// A use with weights of the reader's own, 0 to [`uses::MOST`] by the number's id.
pub fn weighed(
    analysis: &Analysis<'_>,
    rows: &[Row],
    of: &'static Use,
    weight: impl Fn(&str) -> u32,
) -> Decision {
    let numbers: Vec<Number> = measured(of, rows)
        .map(|row| Number {
            row: row.clone(),
            weight: weight(row.id),
        })
        .collect();
    let counted: Vec<&Number> = numbers.iter().filter(|n| n.weight > 0).collect();
    let judged = judge(analysis, of, &counted);
    let ranking = judged.ranking();
    let standings = places(analysis, &judged, &counted);
    let shown = if judged.together < ranking.len() {
        judged.together - 1
    } else {
        0
    };
    let fragile = fragile(analysis, of, &counted, &judged);
    let partly_asked = ranking
        .iter()
        .filter_map(|name| Some((name.clone(), partly_asked(analysis, name)?.to_owned())))
        .collect();
    let (lead, verdict) = judged.against.into_iter().nth(shown).flatten().unzip();
    Decision {
        of,
        missing: missing(of, rows),
        share: share(of, rows),
        together: judged.together,
        ranking,
        out: judged.out,
        margin: judged.margin,
        partly_asked,
        lead,
        verdict,
        standings,
        fragile,
        numbers,
    }
}

/// Rows of a use that are costs, in the order of the page.
fn measured<'a>(of: &'static Use, rows: &'a [Row]) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(|row| of.weight(row.id).is_some() && direction(&row.key.metric) == Direction::Less)
}

fn enough(of: &'static Use, rows: &[Row]) -> bool {
    let counted = measured(of, rows).filter(|row| of.weight(row.id) > Some(0));
    counted.count() >= 2 && share(of, rows) >= 0.5
}

fn share(of: &'static Use, rows: &[Row]) -> f64 {
    let have: u32 = measured(of, rows).filter_map(|row| of.weight(row.id)).sum();
    f64::from(have) / f64::from(of.whole())
}

/// Workloads with a number of this use that nobody has.
fn missing(of: &'static Use, rows: &[Row]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for (id, weight) in of.numbers {
        let there = measured(of, rows).any(|row| row.id == *id);
        if let (false, 1.., Some(workload)) = (there, *weight, known(id))
            && !missing.contains(&workload)
        {
            missing.push(workload);
        }
    }
    missing
}

fn places(analysis: &Analysis<'_>, judged: &Judged, counted: &[&Number]) -> Vec<Place> {
    let Some((leader, _)) = judged.scores.first() else {
        return Vec::new();
    };
    let names = judged.scores.iter().map(|(name, _)| name);
    let mut letters = judged.letters().into_iter();
    names
        .chain(judged.out.iter().map(|(name, _)| name))
        .map(|name| Place {
            letters: letters.next().unwrap_or_default(),
            ..place(analysis, name, leader, counted)
        })
        .filter(|place| place.covered > 0)
        .collect()
}

/// A subject against the first, over the numbers that both have.
fn place(analysis: &Analysis<'_>, name: &str, leader: &str, counted: &[&Number]) -> Place {
    let both: Vec<&Number> = counted
        .iter()
        .filter(|n| lacking(analysis, name, &n.row).is_none())
        .copied()
        .collect();
    let own = mean(analysis, name, &both);
    let pair = Paired::new(&own, &mean(analysis, leader, &both));
    let sure = |interval: &Interval| name != leader && interval.level >= 0.95;
    Place {
        name: name.to_owned(),
        times: pair.as_ref().map(|pair| pair.ratio),
        interval: pair.and_then(|pair| pair.interval).filter(sure),
        covered: both.len(),
        of: counted.len(),
        letters: String::new(),
    }
}
