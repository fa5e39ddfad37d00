//! Intervals for what has no formula: rounds are drawn again with replacement, whole, so that what belongs to a round
//! stays together (Efron, "Better bootstrap confidence intervals", 1987: bias-corrected and accelerated, BCa).
//!
//! With few rounds such an interval is too narrow (docs/measuring.md has how much, by simulation). It serves geometric
//! means over workloads and high quantiles; ratios of pairs have an exact one ([`super::signed_rank`]).

use super::normal;
use super::random::Random;

/// An interval at 95 % by bootstrap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrapped {
    /// What the sample itself gives.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How often is drawn: the ends then move by less than a tenth of the interval from one seed to another.
pub const DRAWS: usize = 2000;

/// The fewest rounds that get an interval, as for all other intervals.
pub const LEAST: usize = 6;

/// The interval of `statistic` over `rounds` rounds. It is given how often each round counts: once each for the sample
/// itself. `None` below [`LEAST`] rounds, or when the statistic has no value for the sample or for one draw in ten.
pub fn bca(
    rounds: usize,
    seed: u64,
    statistic: impl Fn(&[u32]) -> Option<f64>,
) -> Option<Bootstrapped> {
    if rounds < LEAST {
        return None;
    }
    let all = vec![1; rounds];
    let estimate = statistic(&all)?;
    let mut random = Random::new(seed);
    let mut counts = vec![0; rounds];
    let mut replicates: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            counts.fill(0);
            for _ in 0..rounds {
                counts[random.below(rounds)] += 1;
            }
            statistic(&counts)
        })
        .collect();
    if replicates.len() * 10 < DRAWS * 9 {
        return None;
    }
    let left_out: Vec<f64> = (0..rounds)
        .filter_map(|out| {
            let mut counts = all.clone();
            counts[out] = 0;
            statistic(&counts)
        })
        .collect();
    let (low, high) = ends(estimate, &mut replicates, acceleration(&left_out));
    Some(Bootstrapped {
        estimate,
        low,
        high,
    })
}

/// The acceleration from the values with one round left out (Efron and Tibshirani, "An introduction to the bootstrap",
/// 1993, equation 14.15).
#[expect(clippy::cast_precision_loss, reason = "a few rounds")]
pub fn acceleration(left_out: &[f64]) -> f64 {
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let sum = |power: i32| left_out.iter().map(|x| (mean - x).powi(power)).sum::<f64>();
    let squares = sum(2);
    if squares > 0.0 {
        sum(3) / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

/// The ends at 95 % (the same book, equations 14.9 to 14.14). Sorts the replicates. Between two of them it is
/// interpolated on the scale of the normal quantile (Davison and Hinkley, "Bootstrap methods and their application",
/// 1997, equation 5.6).
#[expect(clippy::cast_precision_loss, reason = "a few thousand draws")]
pub fn ends(estimate: f64, replicates: &mut [f64], acceleration: f64) -> (f64, f64) {
    replicates.sort_unstable_by(f64::total_cmp);
    let below = replicates.partition_point(|x| *x < estimate) as f64;
    let equal = replicates.iter().filter(|x| **x == estimate).count() as f64;
    let count = replicates.len() as f64;
    // A statistic of few rounds repeats itself; half of what equals the estimate counts as below it.
    let share = ((below + equal / 2.0) / count).clamp(0.5 / count, 1.0 - 0.5 / count);
    let bias = normal::quantile(share);
    let end = |q: f64| {
        let z = bias + normal::quantile(q);
        let level = normal::cumulative(bias + z / (1.0 - acceleration * z));
        interpolated(replicates, level)
    };
    (end(0.025), end(0.975))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in a few thousand draws"
)]
fn interpolated(sorted: &[f64], level: f64) -> f64 {
    let slots = (sorted.len() + 1) as f64;
    let place = slots * level;
    let k = place.floor() as usize;
    if k == 0 {
        return sorted[0];
    }
    if k >= sorted.len() {
        return sorted[sorted.len() - 1];
    }
    let (low, high) = (sorted[k - 1], sorted[k]);
    let at = |place: f64| normal::quantile(place / slots);
    let (from, to) = (at(k as f64), at((k + 1) as f64));
    low + (normal::quantile(level) - from) / (to - from) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> impl Fn(&[u32]) -> Option<f64> + '_ {
        |counts| {
            let total: u32 = counts.iter().sum();
            let sum: f64 = values
                .iter()
                .zip(counts)
                .map(|(x, c)| x * f64::from(*c))
                .sum();
            (total > 0).then(|| sum / f64::from(total))
        }
    }

    #[test]
    fn a_seed_gives_an_interval_and_another_nearly_the_same() {
        let values: Vec<f64> = (1..=20).map(|i| f64::from(i).sqrt()).collect();
        let one = bca(20, 1, mean(&values)).unwrap();
        assert_eq!(Some(one), bca(20, 1, mean(&values)));
        let two = bca(20, 2, mean(&values)).unwrap();
        assert_ne!(one, two);
        let width = one.high - one.low;
        assert!((one.low - two.low).abs() < width / 10.0, "{one:?} {two:?}");
        assert!(one.low < one.estimate && one.estimate < one.high);
    }

    #[test]
    fn rounds_that_are_all_alike_leave_no_doubt() {
        let same = bca(8, 1, mean(&[3.0; 8])).unwrap();
        assert_eq!((same.low, same.estimate, same.high), (3.0, 3.0, 3.0));
    }

    #[test]
    fn too_little_gives_nothing() {
        assert_eq!(bca(5, 1, mean(&[1.0; 5])), None);
        assert_eq!(bca(8, 1, |_| None), None);
        // A statistic that needs the first round has no value in a third of the draws.
        assert_eq!(bca(8, 1, |counts| (counts[0] > 0).then_some(1.0)), None);
    }
}
