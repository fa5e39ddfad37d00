//! Two samples whose values do not belong together in pairs: runs of different days, rounds that were lost.
//!
//! Weaker than [`super::Paired`] and meant as a fall-back: what the machine did to one sample and not to the other looks
//! like a difference between them. Only use it where pairing is impossible, and say so beside the number.

use super::normal;
use super::pair::Interval;
use super::quantile::median;
use super::ranks::{chosen_sums, doubled, ties};

/// The most values of both samples together that are computed exactly.
pub const EXACT: usize = 60;

/// What two independent samples say of one subject against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Unpaired {
    /// Values of the subject.
    pub values: usize,
    /// Values of the other.
    pub others: usize,
    /// Hodges-Lehmann estimate of the ratio: the median of all ratios of a value of the one to a value of the other.
    pub ratio: f64,
    /// Its interval, by inverting the test; its level is below 0.95 where so few values allow no more.
    pub interval: Interval,
    /// Two-sided p of Mann and Whitney's test, exact (ties included: the permutation distribution of the midranks at
    /// hand) up to [`EXACT`] values, else by the normal approximation with corrections for ties and continuity.
    pub p: f64,
}

impl Unpaired {
    /// Compares the samples. `None` when one is empty or holds a value that is not above 0.
    pub fn new(subject: &[f64], other: &[f64]) -> Option<Self> {
        if subject.is_empty() || other.is_empty() || subject.iter().chain(other).any(|x| *x <= 0.0)
        {
            return None;
        }
        let logs = |values: &[f64]| values.iter().map(|x| x.ln()).collect::<Vec<f64>>();
        let shift = shift(&logs(subject), &logs(other))?;
        Some(Self {
            values: subject.len(),
            others: other.len(),
            ratio: shift.estimate.exp(),
            interval: Interval {
                low: shift.low.exp(),
                high: shift.high.exp(),
                level: shift.level,
            },
            p: p_value(subject, other),
        })
    }
}

/// How far one sample lies above another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The median of all differences (Hodges and Lehmann 1963).
    pub estimate: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// The confidence reached.
    pub level: f64,
}

/// The shift of `a` against `b` with its 95 % interval (Hollander and Wolfe, "Nonparametric statistical methods", 4.2 and
/// 4.3). `None` when one is empty.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of small samples"
)]
pub fn shift(a: &[f64], b: &[f64]) -> Option<Shift> {
    let mut differences: Vec<f64> = a
        .iter()
        .flat_map(|x| b.iter().map(move |y| x - y))
        .collect();
    let estimate = median(&differences)?;
    differences.sort_by(f64::total_cmp);
    let (m, n, all) = (a.len(), b.len(), differences.len());
    // `k`: how many differences lie outside on each side, plus one.
    let (k, level) = if m + n <= EXACT {
        let ranks: Vec<usize> = (1..=m + n).collect();
        let sums = chosen_sums(&ranks, m);
        // The statistic counts from the least sum of ranks.
        let lower = &sums[m * (m + 1) / 2..];
        let k = lower.iter().position(|p| *p >= 0.025).unwrap_or(0).max(1);
        (k, 1.0 - 2.0 * lower[k - 1])
    } else {
        let deviation = (all as f64 * (m + n + 1) as f64 / 12.0).sqrt();
        let k = all as f64 / 2.0 - normal::quantile(0.975) * deviation;
        ((k.max(1.0)) as usize, 0.95)
    };
    Some(Shift {
        estimate,
        low: differences[k - 1],
        high: differences[all - k],
        level,
    })
}

/// The two-sided p of "neither tends to be larger". 1 when one is empty or all values are equal.
#[expect(clippy::cast_precision_loss, reason = "counts of small samples")]
pub fn p_value(a: &[f64], b: &[f64]) -> f64 {
    let both: Vec<f64> = a.iter().chain(b).copied().collect();
    let (m, n, all) = (a.len(), b.len(), both.len());
    let groups = ties(&both);
    if m == 0 || n == 0 || groups.len() < 2 {
        return 1.0;
    }
    let ranks = doubled(&both);
    let statistic: usize = ranks[..m].iter().sum();
    // Doubled ranks: the mean of their sum is m (m + n + 1).
    let mean = m * (all + 1);
    if all <= EXACT {
        let sums = chosen_sums(&ranks, m);
        let distance = statistic.abs_diff(mean);
        // As far below the mean, or as far above it: with ties the distribution need not be symmetrical.
        let low = mean
            .checked_sub(distance)
            .map_or(0.0, |s| sums[s.min(sums.len() - 1)]);
        let high = 1.0 - sums[(mean + distance - 1).min(sums.len() - 1)];
        return if distance == 0 {
            1.0
        } else {
            (low + high.max(0.0)).min(1.0)
        };
    }
    let tied: f64 = groups.iter().map(|t| (t * t * t - t) as f64).sum();
    let all = all as f64;
    let variance = (m * n) as f64 / 12.0 * (all + 1.0 - tied / (all * (all - 1.0)));
    let distance = statistic.abs_diff(mean) as f64 / 2.0 - 0.5;
    (2.0 * normal::upper(distance.max(0.0) / variance.sqrt())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separate_samples_are_as_unlikely_as_counting_says() {
        // One of the C(8, 4) = 70 choices lies wholly above, one wholly below.
        let (a, b) = ([5.0, 6.0, 7.0, 8.0], [1.0, 2.0, 3.0, 4.0]);
        assert!((p_value(&a, &b) - 2.0 / 70.0).abs() < 1e-12);
        assert!((p_value(&b, &a) - 2.0 / 70.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        assert_eq!(Unpaired::new(&[], &[1.0]), None);
        assert_eq!(Unpaired::new(&[1.0], &[0.0]), None);
        assert_eq!(p_value(&[2.0, 2.0], &[2.0]), 1.0);
    }

    #[test]
    fn exact_and_approximate_meet() {
        let sample = |n: u32, by: f64| -> Vec<f64> {
            (0..n)
                .map(|i| f64::from((i * 7919) % 101) / 101.0 + by)
                .collect()
        };
        let (a, b) = (sample(30, 1.2), sample(30, 1.0));
        let exact = Unpaired::new(&a, &b).unwrap();
        let near = Unpaired::new(&sample(31, 1.2), &b).unwrap();
        assert!((exact.p - near.p).abs() < 0.02, "{exact:?} {near:?}");
        assert!((exact.interval.low - near.interval.low).abs() < 0.03);
        assert!((exact.interval.high - near.interval.high).abs() < 0.03);
    }
}
