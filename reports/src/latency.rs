//! Latency distributions, small enough to be stored with every record.
//!
//! An HDR histogram of one phase has thousands of bins; stored are bins about 4.5 % wide (16 to the doubling), which
//! merge by addition.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Counts of operations by their duration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latencies {
    /// Operations counted.
    pub count: u64,
    /// The shortest, nanoseconds.
    pub min_ns: u64,
    /// The longest, nanoseconds.
    pub max_ns: u64,
    /// The upper end of a bin in nanoseconds and the operations in it, ascending; empty bins are left out.
    pub bins: Vec<(u64, u64)>,
}

/// Bins to the doubling.
const PER_DOUBLING: f64 = 16.0;

/// More bins than there are 4.5 % steps in 64 bits were not written by us: such a distribution is made coarser before it is
/// merged, because merging takes the square of its bins.
const MOST_BINS: usize = 1100;

/// No bin counts more, so that sums over rounds and draws stay within 64 bits.
const MOST_COUNTED: u64 = 1 << 44;

impl Latencies {
    /// Compacts a histogram of nanoseconds.
    pub fn new(histogram: &Histogram<u64>) -> Self {
        let mut bins: Vec<(u64, u64)> = Vec::new();
        for value in histogram.iter_recorded() {
            let end = bin_end(value.value_iterated_to());
            match bins.last_mut() {
                Some((last, count)) if *last == end => *count += value.count_at_value(),
                _ => bins.push((end, value.count_at_value())),
            }
        }
        Self {
            count: histogram.len(),
            min_ns: histogram.min(),
            max_ns: histogram.max(),
            bins,
        }
    }

    /// Adds another distribution.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if other.bins.len() > MOST_BINS {
            return self.merge(&other.coarse());
        }
        self.min_ns = if self.count == 0 {
            other.min_ns
        } else {
            self.min_ns.min(other.min_ns)
        };
        self.max_ns = self.max_ns.max(other.max_ns);
        self.count = self.count.saturating_add(other.count).min(MOST_COUNTED);
        for &(end, count) in &other.bins {
            let count = count.min(MOST_COUNTED);
            match self.bins.binary_search_by_key(&end, |bin| bin.0) {
                Ok(at) => self.bins[at].1 = (self.bins[at].1 + count).min(MOST_COUNTED),
                Err(at) => self.bins.insert(at, (end, count)),
            }
        }
    }

    /// The same in bins of our width.
    fn coarse(&self) -> Self {
        let mut bins = BTreeMap::new();
        for &(end, count) in &self.bins {
            let bin: &mut u64 = bins.entry(bin_end(end)).or_default();
            *bin = bin.saturating_add(count);
        }
        Self {
            bins: bins.into_iter().collect(),
            ..*self
        }
    }

    /// The duration that a share `q` (0 to 1) of the operations did not exceed, in seconds; `None` when too few
    /// operations lie beyond it (fewer than ten) for the number to mean anything.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and nanoseconds below 2^53"
    )]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let total = self.count as f64;
        if total * (1.0 - q) < 10.0 {
            return None;
        }
        let mut seen = 0;
        for &(end, count) in &self.bins {
            seen = count.saturating_add(seen);
            if seen as f64 >= q * total {
                return Some(end.min(self.max_ns) as f64 / 1e9);
            }
        }
        None
    }
}

/// The upper end of the bin that holds `ns`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nanoseconds below 2^53, rounded on purpose"
)]
fn bin_end(ns: u64) -> u64 {
    if ns == 0 {
        return 0;
    }
    let bin = ((ns as f64).log2() * PER_DOUBLING).ceil();
    (bin / PER_DOUBLING).exp2().round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_survive_compaction_and_merging() {
        let mut a = Histogram::<u64>::new(3).unwrap();
        let mut b = a.clone();
        for ns in 1..=10_000u64 {
            let half = if ns % 2 == 0 { &mut a } else { &mut b };
            half.record(ns * 1000).unwrap();
        }
        let mut both = Latencies::new(&a);
        both.merge(&Latencies::new(&b));
        assert_eq!(both.count, 10_000);
        assert!(both.bins.len() < 250, "{}", both.bins.len());
        assert!(both.bins.is_sorted());
        for (q, exact) in [(0.5, 0.005), (0.99, 0.0099)] {
            let got = both.quantile(q).unwrap();
            assert!((got / exact - 1.0).abs() < 0.05, "{q}: {got}");
        }
        assert_eq!(both.quantile(0.9999), None);
    }

    #[test]
    fn a_gigantic_distribution_is_made_coarse() {
        let giant = Latencies {
            count: u64::MAX,
            min_ns: 1,
            max_ns: u64::MAX,
            bins: (1..=300_000).map(|end| (end * 1000, u64::MAX)).collect(),
        };
        let mut all = Latencies::default();
        for _ in 0..30 {
            all.merge(&giant);
        }
        assert!(all.bins.len() < MOST_BINS && all.bins.is_sorted());
        assert!(all.quantile(0.5).is_some());
    }

    #[test]
    fn an_empty_distribution_has_no_quantile() {
        let mut empty = Latencies::default();
        empty.merge(&Latencies::default());
        assert_eq!(empty.quantile(0.5), None);
        assert_eq!(empty.min_ns, 0);
    }
}
