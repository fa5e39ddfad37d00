//! One paired comparison: how many times as much as the other.

use std::collections::BTreeMap;

use super::quantile::deviation;
use super::signed_rank;
use super::student::detectable_ratio;

/// What the rounds say of one subject against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// Rounds in which both have a value.
    pub rounds: usize,
    /// Hodges-Lehmann estimate of the ratio: 1.2 means 1.2 times as much.
    pub ratio: f64,
    /// Its interval; `None` below two rounds.
    pub interval: Option<Interval>,
    /// Two-sided p of "the ratio is 1", not corrected for other comparisons.
    pub p: f64,
    /// The smallest ratio (above 1) that as many rounds as noisy as these find with 80 % chance.
    pub detectable: Option<f64>,
}

/// An interval of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The confidence it has: at least 0.95 from six rounds on.
    pub level: f64,
}

impl Paired {
    /// Compares by round. `None` when no round has both, or when a value is not above 0, so that no ratio exists.
    pub fn new(subject: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> Option<Self> {
        let mut logs = Vec::new();
        for (round, value) in subject {
            let Some(base) = other.get(round) else {
                continue;
            };
            if *value <= 0.0 || *base <= 0.0 {
                return None;
            }
            logs.push((value / base).ln());
        }
        let ratio = signed_rank::hodges_lehmann(&logs)?.exp();
        Some(Self {
            rounds: logs.len(),
            ratio,
            interval: signed_rank::interval(&logs).map(|range| Interval {
                low: range.low.exp(),
                high: range.high.exp(),
                level: range.level,
            }),
            p: signed_rank::p_value(&logs),
            detectable: deviation(&logs).and_then(|sd| detectable_ratio(sd, logs.len())),
        })
    }
}

impl Paired {
    /// The smallest ratio (above 1) that gets a verdict with 80 % chance when it must clear `margin` (0.05 for 5 %): to be
    /// found at all ([`Self::detectable`]), and beyond what matters with the whole interval.
    pub fn decidable(&self, margin: f64) -> Option<f64> {
        Some(self.detectable? * (1.0 + margin))
    }
}

/// The Hodges-Lehmann estimate of the difference within a round, in the unit of the values; `None` without a common round.
pub fn difference(subject: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> Option<f64> {
    let differences: Vec<f64> = subject
        .iter()
        .filter_map(|(round, value)| Some(value - other.get(round)?))
        .collect();
    signed_rank::hodges_lehmann(&differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(values: &[f64]) -> BTreeMap<u32, f64> {
        (0..).zip(values.iter().copied()).collect()
    }

    #[test]
    fn drift_common_to_both_cancels() {
        let other: Vec<f64> = (0..12).map(|i| 1.0 + f64::from(i)).collect();
        let subject: Vec<f64> = other.iter().map(|x| x * 1.25).collect();
        let pair = Paired::new(&rounds(&subject), &rounds(&other)).unwrap();
        assert!((pair.ratio - 1.25).abs() < 1e-12);
        assert!(pair.p < 0.0005 && pair.detectable.unwrap() < 1.0001);
    }

    #[test]
    fn rounds_that_only_one_finished_do_not_count() {
        let mut subject = rounds(&[2.0, 2.0, 2.0]);
        subject.remove(&1);
        let pair = Paired::new(&subject, &rounds(&[1.0, 1.0, 1.0])).unwrap();
        assert_eq!((pair.rounds, pair.ratio), (2, 2.0));
        assert_eq!(Paired::new(&rounds(&[0.0]), &rounds(&[1.0])), None);
        assert_eq!(Paired::new(&rounds(&[]), &rounds(&[1.0])), None);
    }

    #[test]
    fn a_difference_is_in_the_unit_of_the_values() {
        let (a, b) = (rounds(&[3.0, 4.0, 5.0]), rounds(&[1.0, 2.0, 3.0]));
        assert_eq!(difference(&a, &b), Some(2.0));
        assert_eq!(difference(&a, &rounds(&[])), None);
    }

    #[test]
    fn a_verdict_needs_more_than_being_found() {
        let pair = Paired::new(&rounds(&[1.0, 1.1, 0.9, 1.05]), &rounds(&[1.0; 4])).unwrap();
        let (found, decided) = (pair.detectable.unwrap(), pair.decidable(0.05).unwrap());
        assert!((decided / found - 1.05).abs() < 1e-12);
    }
}
