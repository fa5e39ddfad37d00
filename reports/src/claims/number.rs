//! A number with its interval: what a check compares with its band.
//!
//! What noise can move needs six rounds at least, the fewest from which a 95 % interval exists ([`crate::stats`]): the
//! Hodges-Lehmann estimate with the exact signed-rank interval, of logarithms where all values are above 0. What noise
//! cannot move (`inodes`, `allocated`) counts from one value on, and is given 1 % to either side, as far as it was seen to
//! repeat (docs/measuring.md).

use serde::Serialize;

use super::find::{Sought, Stop};
use super::term::{Term, Values, joined, read};
use crate::headline;
use crate::stats::quantile::median;
use crate::stats::signed_rank;

/// What a number is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// The value itself.
    Value(Term),
    /// How many times the second the first is.
    Ratio(Term, Term),
    /// The power with which it grows with a parameter: 0 for not at all, 1 for in proportion. The slope of the logarithms,
    /// by least squares in each round.
    Exponent(Term, &'static str),
    /// The geometric mean of all headline numbers, as a ratio to the other's.
    Overall,
}

/// A number as found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Number {
    /// The middle.
    pub estimate: f64,
    /// The ends of its interval.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Rounds.
    pub n: usize,
    /// `s`, `B`; `x` for a ratio, `power` for an exponent.
    pub unit: String,
    /// Whether noise cannot move it, so that the interval is what is known of its repetition.
    pub steady: bool,
}

/// What a steady number is given to either side.
const REPEATS_WITHIN: f64 = 0.01;
/// The least span of a parameter, as a ratio, over which an exponent means something.
const SPAN: f64 = 4.0;

impl Quantity {
    /// The series it is made of.
    pub fn picks(&self) -> Vec<super::pick::Pick> {
        match self {
            Self::Value(term) | Self::Exponent(term, _) => term.picks(),
            Self::Ratio(a, b) => a.picks().into_iter().chain(b.picks()).collect(),
            Self::Overall => Vec::new(),
        }
    }

    /// The number of a subject, and what it was read from.
    pub(super) fn measure(&self, sought: &Sought<'_>) -> Result<(Number, Vec<String>), Stop> {
        let values = match self {
            Self::Value(term) => term.values(sought)?,
            Self::Ratio(a, b) => {
                let mut ratio = joined(a.values(sought)?, b.values(sought)?, |a, b| a / b);
                "x".clone_into(&mut ratio.unit);
                ratio
            }
            Self::Exponent(term, by) => exponents(sought, term, by)?,
            Self::Overall => return overall(sought),
        };
        let number = interval(&values)?;
        Ok((number, values.evidence))
    }

    /// What it is, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Value(term) => term.words(None),
            Self::Ratio(a, b) => format!("{} ÷ {}", a.words(None), b.words(None)),
            Self::Exponent(term, by) => {
                format!(
                    "the power with which {} grows with {by}",
                    term.words(Some(by))
                )
            }
            Self::Overall => {
                "the geometric mean of all headline numbers, as a ratio to the other's".to_owned()
            }
        }
    }

    /// A number of it, as shown.
    pub fn show(unit: &str, value: f64) -> String {
        match unit {
            "x" => format!("{}x", crate::number::three(value)),
            "power" => format!("power {value:.2}"),
            unit => crate::number::alone(unit, value),
        }
    }
}

/// The interval of values, or why there is none.
pub(super) fn interval(values: &Values) -> Result<Number, Stop> {
    let all: Vec<f64> = values.rounds.values().copied().collect();
    let unit = values.unit.clone();
    let n = all.len();
    let Some(middle) = median(&all) else {
        return Err(Stop::nothing("the numbers have no round in common"));
    };
    if values.steady {
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return Ok(Number {
            estimate: middle,
            low: least - least.abs() * REPEATS_WITHIN,
            high: most + most.abs() * REPEATS_WITHIN,
            n,
            unit,
            steady: true,
        });
    }
    let ratios = unit != "power" && all.iter().all(|value| *value > 0.0);
    let there = |value: f64| if ratios { value.ln() } else { value };
    let back = |value: f64| if ratios { value.exp() } else { value };
    let sample: Vec<f64> = all.into_iter().map(there).collect();
    let centre = signed_rank::hodges_lehmann(&sample);
    let range = signed_rank::interval(&sample).filter(|range| range.level >= 0.95);
    match (centre, range) {
        (Some(centre), Some(range)) => Ok(Number {
            estimate: back(centre),
            low: back(range.low),
            high: back(range.high),
            n,
            unit,
            steady: false,
        }),
        _ => Err(Stop::nothing(format!(
            "{} in {}: no 95 % interval exists below 6 rounds",
            Quantity::show(&unit, middle),
            if n == 1 {
                "1 round".to_owned()
            } else {
                format!("{n} rounds")
            },
        ))),
    }
}

/// The exponent of each round.
fn exponents(sought: &Sought<'_>, term: &Term, by: &str) -> Result<Values, Stop> {
    let Term::Sum([pick]) = term else {
        return Err(Stop::nothing("an exponent is of one series"));
    };
    let found = sought.each(pick, by)?;
    let (least, most) = (found[0].0, found[found.len() - 1].0);
    if most / least < SPAN {
        return Err(Stop::nothing(format!(
            "{by} spans {least} to {most} only: too little for a power"
        )));
    }
    let read: Vec<(f64, Values)> = found
        .iter()
        .map(|(x, series)| (*x, read(sought, series)))
        .collect();
    let rounds = read[0].1.rounds.keys().filter_map(|round| {
        let points: Option<Vec<(f64, f64)>> = read
            .iter()
            .map(|(x, values)| {
                let y = values.rounds.get(round).filter(|y| **y > 0.0)?;
                Some((x.ln(), y.ln()))
            })
            .collect();
        Some((*round, slope(&points?)?))
    });
    Ok(Values {
        rounds: rounds.collect(),
        unit: "power".to_owned(),
        steady: read.iter().all(|(_, values)| values.steady),
        evidence: read.iter().flat_map(|(_, v)| v.evidence.clone()).collect(),
    })
}

/// The slope by least squares.
#[expect(clippy::cast_precision_loss, reason = "a handful of points")]
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x0, y0) = (mean(|p| p.0), mean(|p| p.1));
    let across: f64 = points.iter().map(|(x, y)| (x - x0) * (y - y0)).sum();
    let spread: f64 = points.iter().map(|(x, _)| (x - x0).powi(2)).sum();
    Some(across / spread).filter(|slope| slope.is_finite())
}

/// All headline numbers together.
fn overall(sought: &Sought<'_>) -> Result<(Number, Vec<String>), Stop> {
    let analysis = sought.analysis;
    let Some(other) = sought.other else {
        return Err(Stop::nothing("nobody to compare with"));
    };
    let rows = headline::rows(analysis);
    let seed = analysis.results.run.seed;
    let standing = crate::standing::standing(analysis, sought.subject, other, &rows, seed);
    let Some(range) = standing.interval else {
        return Err(Stop::nothing(match standing.times {
            None => "no headline number of both".to_owned(),
            Some(times) => format!(
                "{}: no interval exists below 6 rounds",
                Quantity::show("x", times)
            ),
        }));
    };
    let evidence = vec![format!(
        "{} against {other} over {} of {} headline numbers",
        sought.subject, standing.covered, standing.of
    )];
    let rounds = analysis.series.iter().map(|s| s.rounds.len()).max();
    Ok((
        Number {
            estimate: range.estimate,
            low: range.low,
            high: range.high,
            n: rounds.unwrap_or(0),
            unit: "x".to_owned(),
            steady: false,
        },
        evidence,
    ))
}
