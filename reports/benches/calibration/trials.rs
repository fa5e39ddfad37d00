//! What the statistics say of simulated measurements, counted.

use std::collections::BTreeMap;

use reports::stats::centre::Centre;
use reports::stats::random::Random;
use reports::stats::verdict::{FALSE_DISCOVERY, PRACTICAL};
use reports::stats::{Friedman, Paired, Verdict, bootstrap, family, unpaired};

use crate::machine::{Design, Drift, SUBJECTS, measure};
use crate::share::Share;

/// Workloads of a simulated run: with four subjects against the reference, 48 comparisons.
pub(crate) const WORKLOADS: usize = 12;

/// What comes of comparing pairs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pairs {
    /// p of 0.05 or less, looked at alone.
    pub(crate) raw: Share,
    /// Still so after the correction for the family.
    pub(crate) found: Share,
    /// Runs in which anything was found.
    pub(crate) any: Share,
    /// Verdict `worse`.
    pub(crate) worse: Share,
    /// Verdict `better`.
    pub(crate) better: Share,
    /// Verdict `equivalent`.
    pub(crate) equivalent: Share,
    /// Intervals that hold the truth.
    pub(crate) covered: Share,
    /// Friedman's p of 0.05 or less.
    pub(crate) omnibus: Share,
}

fn pair(subject: &[f64], other: &[f64]) -> Paired {
    let by_round = |values: &[f64]| {
        (0..)
            .zip(values.iter().copied())
            .collect::<BTreeMap<_, _>>()
    };
    Paired::new(&by_round(subject), &by_round(other)).expect("values above 0")
}

/// Simulates whole runs of [`WORKLOADS`] workloads: subject 1 costs `factor` times what the others do. The comparison of
/// subject 1 with subject 0 is counted; all four with subject 0 are in the family.
pub(crate) fn runs(seed: u64, drift: Drift, rounds: usize, factor: f64, count: usize) -> Pairs {
    let mut random = Random::new(seed);
    let mut seen = Pairs::default();
    let mut truth = [1.0; SUBJECTS];
    truth[1] = factor;
    for _ in 0..count {
        let mut pairs = Vec::new();
        for _ in 0..WORKLOADS {
            let values = measure(&mut random, drift, Design::Blocks, rounds, truth);
            pairs.extend((1..SUBJECTS).map(|s| (s, pair(&values[s], &values[0]))));
            let blocks: Vec<Vec<f64>> = (0..rounds)
                .map(|round| values.iter().map(|v| v[round]).collect())
                .collect();
            seen.omnibus
                .add(Friedman::new(&blocks).is_some_and(|test| test.p <= 0.05));
        }
        let adjusted = family::adjust(&pairs.iter().map(|(_, pair)| pair.p).collect::<Vec<_>>());
        seen.any.add(adjusted.iter().any(|p| *p <= FALSE_DISCOVERY));
        for ((subject, pair), adjusted) in pairs.iter().zip(adjusted) {
            // Where nobody differs all comparisons tell the same.
            if *subject != 1 && factor != 1.0 {
                continue;
            }
            let verdict = Verdict::of(pair, adjusted, PRACTICAL, false);
            seen.raw.add(pair.p <= 0.05);
            seen.found.add(adjusted <= FALSE_DISCOVERY);
            seen.worse.add(verdict == Verdict::Worse);
            seen.better.add(verdict == Verdict::Better);
            seen.equivalent.add(verdict == Verdict::Equivalent);
            let holds = pair
                .interval
                .is_some_and(|i| i.low <= factor && factor <= i.high);
            seen.covered.add(holds);
        }
    }
    seen
}

/// How often designs and tests call two subjects different (p of 0.05 or less, no correction).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Designs {
    /// Blocks, pairs of a round, signed ranks: what layerbench does.
    pub(crate) paired: Share,
    /// Blocks, but the pairing thrown away: rank sums.
    pub(crate) unpaired: Share,
    /// One subject after the other, rank sums, subjects next to each other.
    pub(crate) adjacent: Share,
    /// The same, first against last.
    pub(crate) far: Share,
}

/// Compares designs.
pub(crate) fn designs(
    seed: u64,
    drift: Drift,
    rounds: usize,
    factor: f64,
    count: usize,
) -> Designs {
    let mut random = Random::new(seed);
    let mut seen = Designs::default();
    let mut truth = [1.0; SUBJECTS];
    truth[1] = factor;
    truth[SUBJECTS - 1] = factor;
    for _ in 0..count {
        let blocks = measure(&mut random, drift, Design::Blocks, rounds, truth);
        let sequence = measure(&mut random, drift, Design::Sequential, rounds, truth);
        seen.paired.add(pair(&blocks[1], &blocks[0]).p <= 0.05);
        let alone = |values: &[Vec<f64>; SUBJECTS], subject: usize| {
            unpaired::p_value(&values[subject], &values[0]) <= 0.05
        };
        seen.unpaired.add(alone(&blocks, 1));
        seen.adjacent.add(alone(&sequence, 1));
        seen.far.add(alone(&sequence, SUBJECTS - 1));
    }
    seen
}

/// How often the bootstrap interval of a geometric mean over five workloads holds the truth.
pub(crate) fn geometric_means(seed: u64, drift: Drift, rounds: usize, count: usize) -> Share {
    let mut random = Random::new(seed);
    let mut held = Share::default();
    for trial in 0..count as u64 {
        let workloads: Vec<Centre> = (0..5)
            .map(|_| {
                let values = measure(&mut random, drift, Design::Blocks, rounds, [1.0; SUBJECTS]);
                let logs: Vec<f64> = values[1]
                    .iter()
                    .zip(&values[0])
                    .map(|(a, b)| (a / b).ln())
                    .collect();
                Centre::new(&logs)
            })
            .collect();
        let mean = |counts: &[u32]| {
            let mut sum = 0.0;
            for workload in &workloads {
                sum += workload.weighted(counts)?;
            }
            Some(sum / workloads.len() as f64)
        };
        let interval = bootstrap::bca(rounds, trial, mean);
        held.add(interval.is_some_and(|i| i.low <= 0.0 && 0.0 <= i.high));
    }
    held
}
