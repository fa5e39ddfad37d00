//! Whether the order of cells shows in the values: the place in the round, and who came before.
//!
//! The order is balanced, so neither would favour a subject; a strong effect still widens intervals, and says that what
//! is done between cells (sync, write-back, caches) does not separate them. A cell's **residual** is the mean, over what
//! it timed, of the logarithm of its value against its own subject's median. Within a round residuals are ranked, so
//! that a slow round counts like any other.
//!
//! - Place: Friedman's test over the places, rounds being the blocks ([`Friedman`]).
//! - Predecessor: the ranks are exchanged at random within each round (a permutation test: Fisher, "The design of
//!   experiments", 1935; Good, "Permutation, parametric, and bootstrap tests", 2005), the statistic being that of Kruskal
//!   and Wallis (1952). The first cell of a round is left out: it follows another workload.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::Analysis;
use crate::record::Record;
use crate::series::{Key, Series};
use crate::stats::quantile::{mean, median};
use crate::stats::random::Random;
use crate::stats::{Friedman, family};

/// Exchanges of the permutation test: the least p is 1 / (this + 1).
const EXCHANGES: usize = 1999;

/// What the order did to one workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The workload.
    pub workload: String,
    /// Which part of the order.
    pub of: Order,
    /// How many times as long the slowest group took as the fastest, each in its median.
    pub ratio: f64,
    /// The slowest group: `place 1`, `after vfs@ext4`.
    pub slowest: String,
    /// The fastest.
    pub fastest: String,
    /// P of such differences by chance, not corrected.
    pub p: f64,
    /// The same, corrected for all that is asked of the run (Benjamini-Hochberg).
    pub adjusted: f64,
}

/// A part of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The place in the round.
    Place,
    /// The subject that came before.
    Predecessor,
}

/// One cell's part in the test.
#[derive(Debug, Clone)]
struct Cell {
    subject: String,
    position: u32,
    /// Logarithm against the subject's own median.
    residual: f64,
}

/// What the order did, for every workload with three complete rounds of three subjects or more.
pub fn effects(analysis: &Analysis<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut times: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in &analysis.results.records {
        if record.metric == "time" && record.value > 0.0 {
            times.entry(&record.workload).or_default().push(record);
        }
    }
    for workload in analysis.workloads() {
        let own = times.get(workload.as_str());
        let blocks = blocks(analysis, own.map_or(&[], Vec::as_slice));
        let subjects = blocks.first().map_or(0, Vec::len);
        if blocks.len() < 3 || subjects < 3 {
            continue;
        }
        effects.extend(place(&workload, &blocks));
        effects.extend(predecessor(&workload, &blocks, analysis.results.run.seed));
    }
    let adjusted = family::adjust(&effects.iter().map(|e| e.p).collect::<Vec<_>>());
    for (effect, adjusted) in effects.iter_mut().zip(adjusted) {
        effect.adjusted = adjusted;
    }
    effects
}

/// The complete rounds of a workload with these times, the cells of each in their order. A round that lacks a subject the
/// others have is left out; a subject that never finishes is missing everywhere, and leaves no gap.
fn blocks(analysis: &Analysis<'_>, times: &[&Record]) -> Vec<Vec<Cell>> {
    let mut logs: BTreeMap<(u32, &str), (u32, Vec<f64>)> = BTreeMap::new();
    let mut medians: HashMap<*const Series, f64> = HashMap::new();
    for record in times {
        let key = Key::of(record);
        let Some(series) = analysis.get(&record.subject, &key) else {
            continue;
        };
        let known = medians.entry(std::ptr::from_ref(series));
        let middle = *known.or_insert_with(|| series.median());
        // A round that does not count is not in the series.
        if middle > 0.0 && series.rounds.contains_key(&record.round) {
            let cell = logs.entry((record.round, &record.subject));
            let (_, values) = cell.or_insert((record.position, Vec::new()));
            values.push((record.value / middle).ln());
        }
    }
    let mut rounds: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    for ((round, subject), (position, values)) in logs {
        rounds.entry(round).or_default().push(Cell {
            subject: subject.to_owned(),
            position,
            residual: mean(&values).unwrap_or(0.0),
        });
    }
    let whole = rounds.values().map(Vec::len).max().unwrap_or(0);
    let mut blocks: Vec<Vec<Cell>> = rounds.into_values().filter(|r| r.len() == whole).collect();
    for block in &mut blocks {
        block.sort_by_key(|cell| cell.position);
    }
    blocks
}

fn place(workload: &str, blocks: &[Vec<Cell>]) -> Option<Effect> {
    let residuals: Vec<Vec<f64>> = blocks
        .iter()
        .map(|block| block.iter().map(|cell| cell.residual).collect())
        .collect();
    let test = Friedman::new(&residuals)?;
    let groups = (0..test.subjects).map(|at| {
        let values: Vec<f64> = residuals.iter().map(|block| block[at]).collect();
        (format!("place {}", at + 1), values)
    });
    effect(workload, Order::Place, groups, test.p)
}

fn predecessor(workload: &str, blocks: &[Vec<Cell>], seed: u64) -> Option<Effect> {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in blocks.iter().flatten() {
        let next = groups.len();
        groups.entry(&cell.subject).or_insert(next);
    }
    // Of each round: the group of each cell but the first, and its rank among these.
    let mut rounds: Vec<(Vec<usize>, Vec<f64>)> = blocks
        .iter()
        .map(|block| {
            let after = block.iter().map(|cell| groups[cell.subject.as_str()]);
            let residuals: Vec<f64> = block[1..].iter().map(|cell| cell.residual).collect();
            let ranks = crate::stats::ranks::doubled(&residuals);
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let ranks = ranks.into_iter().map(|rank| rank as f64).collect();
            (after.take(block.len() - 1).collect(), ranks)
        })
        .collect();
    let seen = statistic(&rounds, groups.len());
    let mut random = Random::new(seed);
    let mut as_large = 0_u32;
    // Sums of the same numbers in another order differ in their last digits.
    let large = seen * (1.0 - 1e-9);
    for _ in 0..EXCHANGES {
        for (_, ranks) in &mut rounds {
            random.shuffle(ranks);
        }
        as_large += u32::from(statistic(&rounds, groups.len()) >= large);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let p = f64::from(as_large + 1) / (EXCHANGES + 1) as f64;
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in blocks.iter().flat_map(|block| block.windows(2)) {
        let group = values.entry(&pair[0].subject).or_default();
        group.push(pair[1].residual);
    }
    let values = values
        .into_iter()
        .map(|(name, values)| (format!("after {name}"), values));
    effect(workload, Order::Predecessor, values, p)
}

/// Between the groups: for each, how often it occurs times the square of how far its mean rank is from the middle.
fn statistic(rounds: &[(Vec<usize>, Vec<f64>)], groups: usize) -> f64 {
    let mut sums = vec![(0.0, 0.0); groups];
    for (after, ranks) in rounds {
        #[expect(clippy::cast_precision_loss, reason = "a few subjects")]
        let middle = ranks.len() as f64 + 1.0;
        for (group, rank) in after.iter().zip(ranks) {
            sums[*group].0 += rank - middle;
            sums[*group].1 += 1.0;
        }
    }
    let squares = sums.iter().filter(|(_, n)| *n > 0.0);
    squares.map(|(sum, n)| sum * sum / n).sum()
}

fn effect(
    workload: &str,
    of: Order,
    groups: impl Iterator<Item = (String, Vec<f64>)>,
    p: f64,
) -> Option<Effect> {
    let mut middles: Vec<(String, f64)> = groups
        .filter_map(|(name, values)| Some((name, median(&values)?)))
        .collect();
    middles.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ((fastest, least), (slowest, most)) = (middles.first()?, middles.last()?);
    Some(Effect {
        workload: workload.to_owned(),
        of,
        ratio: (most - least).exp(),
        slowest: slowest.clone(),
        fastest: fastest.clone(),
        p,
        adjusted: p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Results;

    /// A made-up run of 6 subjects in shuffled order on a machine with drift and noise of 5 %. `planted` gives by how
    /// many times a cell is slowed, from its place and its predecessor.
    fn results(seed: u64, rounds: u32, planted: impl Fn(u32, Option<&str>) -> f64) -> Results {
        let mut random = Random::new(seed);
        let mut results = Results::default();
        let mut names: Vec<String> = (0..6).map(|n| format!("s{n}")).collect();
        for round in 0..rounds {
            random.shuffle(&mut names);
            let mut before = None;
            for (position, name) in (0..).zip(&names) {
                let own = 1.0
                    + f64::from(
                        u8::try_from(name.len() + usize::from(name.ends_with('3'))).unwrap(),
                    );
                let slower = planted(position, before);
                let noise = (0.05 * random.normal() + 0.02 * f64::from(round)).exp();
                for (phase, share) in [("a", 1.0), ("b", 0.1)] {
                    results.records.push(Record {
                        subject: name.clone(),
                        driver: String::new(),
                        workload: "w".to_owned(),
                        phase: phase.to_owned(),
                        metric: "time".to_owned(),
                        unit: "s".to_owned(),
                        round,
                        position,
                        cell: None,
                        value: own * share * slower * noise,
                        params: BTreeMap::new(),
                        cache: None,
                        cache_refused: None,
                        flags: Vec::new(),
                        histogram: None,
                    });
                }
                before = Some(name.as_str());
            }
        }
        results
    }

    fn of(results: &Results, order: Order) -> Effect {
        let effects = effects(&Analysis::new(results));
        assert_eq!(effects.len(), 2);
        effects.into_iter().find(|e| e.of == order).unwrap()
    }

    #[test]
    fn a_planted_place_effect_is_found_and_named() {
        let cold_start = results(1, 12, |place, _| if place == 0 { 1.15 } else { 1.0 });
        let effect = of(&cold_start, Order::Place);
        assert!(effect.adjusted < 0.01, "{effect:?}");
        assert_eq!(effect.slowest, "place 1");
        assert!(effect.ratio > 1.05 && effect.ratio < 1.4, "{effect:?}");
    }

    #[test]
    fn a_planted_predecessor_effect_is_found_and_named() {
        let burden = |_, before: Option<&str>| if before == Some("s4") { 1.25 } else { 1.0 };
        let dirty = results(2, 12, burden);
        let effect = of(&dirty, Order::Predecessor);
        assert!(effect.adjusted < 0.01, "{effect:?}");
        assert_eq!(effect.slowest, "after s4");
    }

    #[test]
    fn without_an_effect_few_runs_seem_to_have_one() {
        for order in [Order::Place, Order::Predecessor] {
            let alarms = (0..100)
                .filter(|seed| of(&results(1000 + seed, 12, |_, _| 1.0), order).p <= 0.05)
                .count();
            assert!((1..=10).contains(&alarms), "{order:?}: {alarms} of 100");
        }
    }

    #[test]
    fn subjects_that_do_not_finish_leave_no_gap() {
        let mut some = results(3, 12, |_, _| 1.0);
        // One never finishes, another missed a round.
        some.records
            .retain(|r| r.subject != "s2" && !(r.subject == "s1" && r.round == 4));
        let times: Vec<&Record> = some.records.iter().collect();
        let blocks = blocks(&Analysis::new(&some), &times);
        assert_eq!((blocks.len(), blocks[0].len()), (11, 5));
        some.records.retain(|r| r.round < 2);
        assert!(effects(&Analysis::new(&some)).is_empty(), "too little");
    }
}
