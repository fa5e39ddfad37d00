//! High quantiles of latencies over all rounds, with what the choice of rounds leaves open.

use std::collections::{BTreeMap, HashMap};

use crate::latency::Latencies;
use crate::record::Record;
use crate::series::Series;
use crate::stats::{Bootstrapped, bootstrap};

/// A quantile of the latencies of all rounds together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// Operations it rests on.
    pub operations: u64,
    /// In seconds.
    pub seconds: f64,
    /// Its 95 % interval by bootstrap over whole rounds, seconds: operations of a round share its weather, so that they are
    /// never drawn one by one. `None` below six rounds.
    pub interval: Option<Bootstrapped>,
}

/// The records that have a distribution, by subject and phase: they are few, and looked for often.
#[derive(Debug, Default)]
pub struct Distributions<'a>(HashMap<(&'a str, &'a str, &'a str), Vec<&'a Record>>);

impl<'a> Distributions<'a> {
    /// Finds them.
    pub fn new(records: &'a [Record]) -> Self {
        let mut found: HashMap<_, Vec<&Record>> = HashMap::new();
        for record in records.iter().filter(|record| record.histogram.is_some()) {
            let of = (&*record.subject, &*record.workload, &*record.phase);
            found.entry(of).or_default().push(record);
        }
        Self(found)
    }

    fn of<'b>(&'b self, series: &'b Series) -> &'b [&'a Record] {
        let key = &series.key;
        let of = (&*series.subject, &*key.workload, &*key.phase);
        self.0.get(&of).map_or(&[], Vec::as_slice)
    }
}

/// The quantile `q` of what the operations of a series took, in the rounds that count; `None` when fewer than ten
/// operations lie beyond it.
pub fn tail(records: &[Record], series: &Series, q: f64, seed: u64) -> Option<Tail> {
    tails(&Distributions::new(records), series, &[q], seed)
        .pop()
        .flatten()
}

/// Several quantiles, each as of [`tail`]: the operations are gathered once.
pub fn tails(
    records: &Distributions<'_>,
    series: &Series,
    quantiles: &[f64],
    seed: u64,
) -> Vec<Option<Tail>> {
    let mut rounds: BTreeMap<u32, Latencies> = BTreeMap::new();
    for record in records.of(series) {
        if let Some(histogram) = &record.histogram
            && series.rounds.contains_key(&record.round)
            && (&record.metric, &record.params) == (&series.key.metric, &series.key.params)
        {
            rounds.entry(record.round).or_default().merge(histogram);
        }
    }
    let mut all = Latencies::default();
    for round in rounds.values() {
        all.merge(round);
    }
    // Bins from the longest down, each with the operations of every round in it.
    let bins: Vec<(u64, Vec<u64>)> = all
        .bins
        .iter()
        .rev()
        .map(|(end, _)| {
            let of = |round: &Latencies| {
                let at = round.bins.binary_search_by_key(end, |bin| bin.0);
                at.map_or(0, |at| round.bins[at].1)
            };
            ((*end).min(all.max_ns), rounds.values().map(of).collect())
        })
        .collect();
    let totals: Vec<u64> = rounds.values().map(|round| round.count).collect();
    let one = |q: &f64| {
        let seconds = all.quantile(*q)?;
        let interval = bootstrap::bca(rounds.len(), seed, |counts| {
            drawn(&bins, &totals, counts, *q)
        });
        Some(Tail {
            operations: all.count,
            seconds,
            interval,
        })
    };
    quantiles.iter().map(one).collect()
}

/// The quantile when each round counts so many times.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and nanoseconds below 2^53"
)]
fn drawn(bins: &[(u64, Vec<u64>)], totals: &[u64], counts: &[u32], q: f64) -> Option<f64> {
    let weigh = |of: &[u64]| -> u64 {
        let each = of.iter().zip(counts);
        each.map(|(n, count)| n * u64::from(*count)).sum()
    };
    let total = weigh(totals);
    let mut left = total;
    for (end, of) in bins {
        left -= weigh(of).min(left);
        if (left as f64) < q * total as f64 {
            return Some(*end as f64 / 1e9);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::gather;
    use hdrhistogram::Histogram;

    /// Rounds of 500 operations of 1 to 500 microseconds, times a factor of the round.
    fn records(factors: &[u64]) -> Vec<Record> {
        (0..)
            .zip(factors)
            .map(|(round, factor)| {
                let mut histogram = Histogram::<u64>::new(3).unwrap();
                for us in 1..=500 {
                    histogram.record(us * 1000 * factor).unwrap();
                }
                let json = format!(
                    r#"{{"subject":"s","driver":"","workload":"w","phase":"p","metric":"latency-p50","unit":"s","round":{round},"position":0,"value":1.0}}"#
                );
                let mut record: Record = serde_json::from_str(&json).unwrap();
                record.histogram = Some(Latencies::new(&histogram));
                record
            })
            .collect()
    }

    #[test]
    fn equal_rounds_agree_and_a_slow_one_widens() {
        let even = records(&[1; 8]);
        let found = tail(&even, &gather(&even)[0], 0.99, 1).unwrap();
        assert_eq!(found.operations, 4000);
        assert!((found.seconds / 495e-6 - 1.0).abs() < 0.05, "{found:?}");
        let interval = found.interval.unwrap();
        assert_eq!(
            (interval.low, interval.high),
            (found.seconds, found.seconds)
        );

        let odd = records(&[1, 1, 1, 9, 1, 1, 1, 1]);
        let found = tail(&odd, &gather(&odd)[0], 0.99, 1).unwrap();
        let interval = found.interval.unwrap();
        assert!((interval.estimate - found.seconds).abs() < 1e-12);
        // Without the slow round it would be half a millisecond, with it twice in a draw more than four.
        assert!(interval.low < 1e-3 && interval.high > 3.5e-3, "{found:?}");
    }

    #[test]
    fn too_few_operations_or_rounds_say_less() {
        let few = records(&[1, 1]);
        let all = &gather(&few)[0];
        assert!(tail(&few, all, 0.99, 1).unwrap().interval.is_none());
        assert_eq!(tail(&few[..1], all, 0.99, 1), None, "500 operations");
        // A round that was measured again counts once.
        let counting = &gather(&few[..1])[0];
        assert_eq!(tail(&few, counting, 0.5, 1).unwrap().operations, 500);
    }
}
