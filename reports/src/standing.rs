//! One subject against another over all headline numbers, and the groups of those that were not told apart.

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::headline::Row;
use crate::repeats;
use crate::series::Series;
use crate::stats::centre::Centre;
use crate::stats::letters::letters;
use crate::stats::{Bootstrapped, Paired, Verdict, bootstrap, family};

/// One subject against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The geometric mean of its ratios to the other, over the numbers that both have; `None` when there is none.
    pub times: Option<f64>,
    /// Its 95 % interval by bootstrap over rounds; `None` below six rounds, and against itself.
    pub interval: Option<Bootstrapped>,
    /// How many of the numbers that mean covers.
    pub covered: usize,
    /// How many there are.
    pub of: usize,
}

/// A value as a cost: 0 bytes count as 4 KiB, the least a filesystem hands out; else nothing could be compared with it.
pub fn cost(series: &Series, value: f64) -> f64 {
    let least = if series.unit == "B" {
        4096.0
    } else {
        f64::MIN_POSITIVE
    };
    value.max(least)
}

/// The standing of one subject against the leader.
#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
pub fn standing(
    analysis: &Analysis<'_>,
    subject: &str,
    leader: &str,
    rows: &[Row],
    seed: u64,
) -> Standing {
    let logs: Vec<BTreeMap<u32, f64>> = rows
        .iter()
        .filter_map(|row| {
            let own = analysis.get(subject, &row.key)?;
            let other = analysis.get(leader, &row.key)?;
            let logs: BTreeMap<u32, f64> = own
                .rounds
                .iter()
                .filter_map(|(round, value)| {
                    let base = cost(other, *other.rounds.get(round)?);
                    let round = repeats::stands_for(analysis.results, &row.key.workload, *round);
                    Some((round, (cost(own, *value) / base).ln()))
                })
                .collect();
            (!logs.is_empty()).then_some(logs)
        })
        .collect();
    let mut rounds: Vec<u32> = logs.iter().flat_map(|row| row.keys().copied()).collect();
    rounds.sort_unstable();
    rounds.dedup();
    // Each row: its pairwise means, and where its rounds are among all of them.
    let rows_of: Vec<(Centre, Vec<usize>)> = logs
        .iter()
        .map(|row| {
            let values: Vec<f64> = row.values().copied().collect();
            let at = row
                .keys()
                .filter_map(|round| rounds.binary_search(round).ok());
            (Centre::new(&values), at.collect())
        })
        .collect();
    let mean = |counts: &[u32]| {
        let mut sum = 0.0;
        for (centre, places) in &rows_of {
            let counts: Vec<u32> = places.iter().map(|at| counts[*at]).collect();
            sum += centre.weighted(&counts)?;
        }
        (!rows_of.is_empty()).then(|| (sum / rows_of.len() as f64).exp())
    };
    Standing {
        times: mean(&vec![1; rounds.len()]),
        interval: (subject != leader)
            .then(|| bootstrap::bca(rounds.len(), seed, mean))
            .flatten(),
        covered: logs.len(),
        of: rows.len(),
    }
}

/// The letters of the candidates, whose scores by round are given in the order of the ranking. `worse[i]` says whether
/// candidate i + 1 surely costs more than the first.
pub fn groups(scores: &[&BTreeMap<u32, f64>], worse: &[bool], margin: f64) -> Vec<String> {
    let mut pairs = Vec::new();
    for i in 1..scores.len() {
        for j in i + 1..scores.len() {
            pairs.push(((i, j), Paired::new(scores[j], scores[i])));
        }
    }
    let p_values: Vec<f64> = pairs
        .iter()
        .map(|(_, pair)| pair.as_ref().map_or(1.0, |pair| pair.p))
        .collect();
    let apart: Vec<(usize, usize)> = pairs
        .iter()
        .zip(family::adjust(&p_values))
        .filter(|((_, pair), adjusted)| {
            let verdict = pair
                .as_ref()
                .map(|pair| Verdict::of(pair, *adjusted, margin, false));
            matches!(verdict, Some(Verdict::Better | Verdict::Worse))
        })
        .map(|((at, _), _)| *at)
        .collect();
    letters(scores.len(), |i, j| {
        if i == 0 {
            worse.get(j - 1) == Some(&true)
        } else {
            apart.contains(&(i, j))
        }
    })
}
