//! One paired comparison: how many times as much as the other.

use std::collections::BTreeMap;

use super::quantile::deviation;
use super::signed_rank;
use super::student::{detectable_ratio, reach};
use super::verdict::{FALSE_DISCOVERY, PRACTICAL};

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
        let (centre, range) = signed_rank::centre(&logs)?;
        Some(Self {
            rounds: logs.len(),
            ratio: centre.exp(),
            interval: range.map(|range| Interval {
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

/// Beyond so many rounds a run is not what settles a comparison.
pub const MOST_ROUNDS: usize = 1000;

impl Paired {
    /// About how many rounds as noisy as these have an 80 % chance to settle the comparison, if the ratio stays what it is: so
    /// that it lies surely beyond `margin` (0.05 for 5 %), or surely within what does not matter. `comparisons` is how many
    /// are corrected together, of which this may be the only one that differs. `None` when more than [`MOST_ROUNDS`]
    /// would be needed, or nothing is known of the noise.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred rounds")]
    pub fn rounds_to_settle(&self, margin: f64, comparisons: usize) -> Option<usize> {
        let now = self.rounds;
        let own = reach(now.checked_sub(1).filter(|freedom| *freedom > 0)?);
        let deviation = self.detectable?.ln() * (now as f64).sqrt() / own;
        let far = self.ratio.ln().abs();
        // What there is to tell: how far beyond what matters, or how far within.
        let (beyond, within) = (far - margin.ln_1p(), PRACTICAL.ln_1p() - far);
        let gap = beyond.max(within);
        if gap <= 0.0 || !gap.is_finite() {
            return None;
        }
        let correction = if beyond > 0.0 { comparisons.max(1) } else { 1 };
        // The signed-rank test's least p is 2 to the power of 1 - n.
        let found = |n: usize| 2_f64.powf(1.0 - n as f64) * correction as f64 <= FALSE_DISCOVERY;
        let clear = |n: usize| reach(n - 1) * deviation / (n as f64).sqrt() <= gap;
        (now.max(5) + 1..=MOST_ROUNDS).find(|n| found(*n) && clear(*n))
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
    fn more_rounds_settle_what_few_leave_open() {
        // Log ratios around ln 1.3 with a deviation of about 0.2.
        let logs = [0.05, 0.5, 0.3, 0.1, 0.45, 0.2];
        let values: Vec<f64> = logs.iter().map(|log: &f64| log.exp()).collect();
        let pair = Paired::new(&rounds(&values), &rounds(&[1.0; 6])).unwrap();
        let alone = pair.rounds_to_settle(0.05, 1).unwrap();
        // (t.975 + t.80) 0.186 / sqrt(n) <= ln 1.31 - ln 1.05: n is 9 (3.20 standard errors).
        assert!((8..=10).contains(&alone), "{alone}");
        // Among 1,000 comparisons the test itself needs 16.
        assert_eq!(pair.rounds_to_settle(0.05, 1000), Some(16));
        // Between what matters and what twins differ by, no number of rounds helps.
        assert_eq!(pair.rounds_to_settle(0.5, 1), None);
        let even = Paired::new(&rounds(&[1.1, 0.9, 1.0, 1.05]), &rounds(&[1.0; 4])).unwrap();
        assert!(even.rounds_to_settle(0.05, 1).unwrap() > 10);
        let once = Paired::new(&rounds(&[2.0]), &rounds(&[1.0])).unwrap();
        assert_eq!(once.rounds_to_settle(0.05, 1), None);
    }

    #[test]
    fn a_verdict_needs_more_than_being_found() {
        let pair = Paired::new(&rounds(&[1.0, 1.1, 0.9, 1.05]), &rounds(&[1.0; 4])).unwrap();
        let (found, decided) = (pair.detectable.unwrap(), pair.decidable(0.05).unwrap());
        assert!((decided / found - 1.05).abs() < 1e-12);
    }
}
