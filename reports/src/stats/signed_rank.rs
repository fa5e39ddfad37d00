//! Wilcoxon's signed-rank test and what is inverted from it: the Hodges-Lehmann estimate and its interval.
//!
//! Exact up to [`EXACT`] pairs, ties included (the distribution is that of the ranks at hand, with midranks); beyond,
//! the normal approximation, which is then good to three digits.

use std::sync::OnceLock;

use super::normal;
use super::ranks::{doubled, signed_sums};

/// The most pairs computed exactly.
pub const EXACT: usize = 50;

/// The quantile 0.975 of the normal distribution.
const Z_975: f64 = 1.959_963_985;

/// An interval of the estimate, with the confidence it really has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The confidence reached, 0 to 1: at least 0.95 from six pairs on, less below.
    pub level: f64,
}

/// The Hodges-Lehmann estimate of the centre: the median of all pairwise means. `None` for an empty sample.
pub fn hodges_lehmann(sample: &[f64]) -> Option<f64> {
    middle(&walsh_averages(sample))
}

/// The 95 % interval of the centre; below six pairs, where there is none, the widest there is, from the smallest to
/// the largest, with its lower level. `None` below two pairs.
pub fn interval(sample: &[f64]) -> Option<Range> {
    within(sample.len(), &walsh_averages(sample))
}

/// The estimate and the interval together: their pairwise means are made and sorted once.
pub fn centre(sample: &[f64]) -> Option<(f64, Option<Range>)> {
    let averages = walsh_averages(sample);
    Some((middle(&averages)?, within(sample.len(), &averages)))
}

/// The median of what is sorted.
fn middle(sorted: &[f64]) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let (low, high) = (sorted[last / 2], sorted[last.div_ceil(2)]);
    Some(if low == high {
        low
    } else {
        low + 0.5 * (high - low)
    })
}

/// The interval of `n` values with these pairwise means, which are sorted.
fn within(n: usize, averages: &[f64]) -> Option<Range> {
    if n < 2 {
        return None;
    }
    // `k`: how many averages lie outside on each side, plus one.
    let (k, level) = if n <= EXACT {
        let lower = untied(n);
        // The doubled statistic is even: position 2 t holds P(T <= t).
        let k = (0..averages.len())
            .find(|&t| lower[2 * t] >= 0.025)
            .unwrap_or(0)
            .max(1);
        (k, 1.0 - 2.0 * lower[2 * (k - 1)])
    } else {
        let (mean, deviation) = moments(n);
        (to_index(mean - Z_975 * deviation).max(1), 0.95)
    };
    Some(Range {
        low: averages[k - 1],
        high: averages[averages.len() - k],
        level,
    })
}

/// The two-sided p of "the centre is 0" (Wilcoxon 1945): twice the smaller tail of the permutation distribution. Zeros are
/// left out (Wilcoxon's convention, R's too), equal sizes share their mean rank; with nothing left it is 1.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
pub fn p_value(sample: &[f64]) -> f64 {
    let values: Vec<f64> = sample.iter().copied().filter(|x| *x != 0.0).collect();
    if values.is_empty() {
        return 1.0;
    }
    let sizes: Vec<f64> = values.iter().map(|x| x.abs()).collect();
    let ranks = doubled(&sizes);
    let statistic: usize = values
        .iter()
        .zip(&ranks)
        .filter(|(x, _)| **x > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let total: usize = ranks.iter().sum();
    let smaller = statistic.min(total - statistic);
    if values.len() <= EXACT {
        let chance = if are_untied(&ranks) {
            untied(ranks.len())[smaller]
        } else {
            signed_sums(&ranks)[smaller]
        };
        return (2.0 * chance).min(1.0);
    }
    let squares: f64 = ranks.iter().map(|rank| (*rank as f64 / 2.0).powi(2)).sum();
    let distance = total as f64 / 4.0 - smaller as f64 / 2.0 - 0.5;
    (2.0 * normal::upper(distance.max(0.0) / (squares / 4.0).sqrt())).min(1.0)
}

/// The means of all pairs, sorted.
fn walsh_averages(sample: &[f64]) -> Vec<f64> {
    let mut averages = Vec::with_capacity(sample.len() * (sample.len() + 1) / 2);
    for (index, a) in sample.iter().enumerate() {
        averages.extend(sample[index..].iter().map(|b| f64::midpoint(*a, *b)));
    }
    averages.sort_unstable_by(f64::total_cmp);
    averages
}

/// The distribution for `n` pairs without ties, up to [`EXACT`] of them: the same for every sample, so it is made once.
fn untied(n: usize) -> &'static [f64] {
    static KNOWN: [OnceLock<Vec<f64>>; EXACT + 1] = [const { OnceLock::new() }; EXACT + 1];
    KNOWN[n].get_or_init(|| {
        let ranks: Vec<usize> = (1..=n).map(|rank| 2 * rank).collect();
        signed_sums(&ranks)
    })
}

/// Whether doubled ranks of at most [`EXACT`] values are 2, 4, 6 and so on in some order: ties share an odd rank, or one
/// that is there twice.
fn are_untied(ranks: &[usize]) -> bool {
    let mut seen = 0_u64;
    ranks.iter().all(|rank| {
        let bit = 1 << (rank / 2);
        let new = rank % 2 == 0 && seen & bit == 0;
        seen |= bit;
        new
    })
}

#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
fn moments(n: usize) -> (f64, f64) {
    let n = n as f64;
    (
        n * (n + 1.0) / 4.0,
        (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt(),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank sum, positive and small"
)]
fn to_index(x: f64) -> usize {
    x.max(0.0).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every assignment of signs, counted one by one.
    fn p_by_enumeration(sample: &[f64]) -> f64 {
        let sizes: Vec<f64> = sample
            .iter()
            .map(|x| x.abs())
            .filter(|x| *x > 0.0)
            .collect();
        let rank = |x: f64| {
            let below = sizes.iter().filter(|y| **y < x).count() as f64;
            let equal = sizes.iter().filter(|y| **y == x).count() as f64;
            below + (equal + 1.0) / 2.0
        };
        let ranks: Vec<f64> = sizes.iter().map(|x| rank(*x)).collect();
        let total: f64 = ranks.iter().sum();
        let seen: f64 = sample.iter().filter(|x| **x > 0.0).map(|x| rank(*x)).sum();
        let smaller = seen.min(total - seen);
        let all = 1_u32 << ranks.len();
        let as_small = (0..all)
            .filter(|signs| {
                let sum: f64 = ranks
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| signs >> i & 1 == 1)
                    .map(|(_, r)| r)
                    .sum();
                sum <= smaller + 1e-9
            })
            .count();
        (2.0 * as_small as f64 / f64::from(all)).min(1.0)
    }

    #[test]
    fn the_p_value_is_that_of_counting_all_signs() {
        let samples: [&[f64]; 6] = [
            &[0.3, 1.2, -0.4, 2.0, 0.9, 1.1],
            &[1.0, 1.0, -1.0, 2.0, 2.0, -3.0, 4.0],
            &[0.0, 0.0, 0.5, 0.25, -0.125],
            &[0.1],
            &[5.0, -4.0, 3.0, -2.0, 1.0],
            &[1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
        ];
        for sample in samples {
            let (got, want) = (p_value(sample), p_by_enumeration(sample));
            assert!((got - want).abs() < 1e-12, "{sample:?}: {got} {want}");
        }
        assert_eq!(p_value(&[0.0, 0.0]), 1.0);
    }

    #[test]
    fn the_depression_data_of_hollander_and_wolfe_give_the_published_values() {
        // The example of R's ?wilcox.test: V = 40, one-sided p 0.01953, so two-sided 0.03906.
        let x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        #[expect(clippy::approx_constant, reason = "a published measurement, not pi")]
        let y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
        let z: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
        assert!((p_value(&z) - 0.039_062_5).abs() < 1e-12);
        assert!((hodges_lehmann(&z).unwrap() - 0.46).abs() < 1e-9);
        // qsignrank(0.025, 9) = 6; psignrank(5, 9) = 10 / 512.
        let range = interval(&z).unwrap();
        assert!((range.level - (1.0 - 20.0 / 512.0)).abs() < 1e-12);
        assert!(
            (range.low - 0.010).abs() < 1e-9 && (range.high - 0.786).abs() < 1e-9,
            "{range:?}"
        );
    }

    #[test]
    fn the_interval_has_the_level_it_claims() {
        // 1 - 2 psignrank(qsignrank(0.025, n) - 1, n) of R, for n = 2 ... 10.
        let levels = [
            0.5,
            0.75,
            0.875,
            0.9375,
            0.96875,
            0.953125,
            0.9609375,
            0.9609375,
            0.951171875,
        ];
        for (n, want) in (2..=10).zip(levels) {
            let sample: Vec<f64> = (0..n).map(f64::from).collect();
            let range = interval(&sample).unwrap();
            assert!((range.level - want).abs() < 1e-12, "{n}: {}", range.level);
            if n < 6 {
                assert_eq!((range.low, range.high), (0.0, f64::from(n - 1)));
            }
        }
        assert_eq!(interval(&[1.0]), None);
    }

    #[test]
    fn exact_and_approximate_meet() {
        let sample = |n: usize| -> Vec<f64> {
            (0..n)
                .map(|i| ((i * 7919) % 101) as f64 / 101.0 - 0.38)
                .collect()
        };
        let (exact, approximate) = (sample(EXACT), sample(EXACT + 1));
        assert!((p_value(&exact) - p_value(&approximate)).abs() < 0.02);
        let (a, b) = (interval(&exact).unwrap(), interval(&approximate).unwrap());
        assert!(
            (a.low - b.low).abs() < 0.01 && (a.high - b.high).abs() < 0.01,
            "{a:?} {b:?}"
        );
    }
}
