//! The Hodges-Lehmann estimate of a sample some of whose values count several times or not at all, as a bootstrap draws
//! them, without sorting anew each time.

/// The pairwise means of a sample in ascending order, each with the two places it comes from.
#[derive(Debug, Clone)]
pub struct Centre {
    averages: Vec<(f64, usize, usize)>,
}

impl Centre {
    /// Prepares a sample.
    pub fn new(sample: &[f64]) -> Self {
        let mut averages: Vec<(f64, usize, usize)> = sample
            .iter()
            .enumerate()
            .flat_map(|(i, a)| {
                sample[i..]
                    .iter()
                    .enumerate()
                    .map(move |(j, b)| (f64::midpoint(*a, *b), i, i + j))
            })
            .collect();
        averages.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { averages }
    }

    /// The median of the pairwise means when value `i` occurs `counts[i]` times; `None` when nothing occurs.
    pub fn weighted(&self, counts: &[u32]) -> Option<f64> {
        let weight = |i: usize, j: usize| {
            let (a, b) = (u64::from(counts[i]), u64::from(counts[j]));
            if i == j { a * (a + 1) / 2 } else { a * b }
        };
        let n: u64 = counts.iter().copied().map(u64::from).sum();
        let total = n * (n + 1) / 2;
        // The places, counted from 1, of the one or two in the middle.
        let (first, second) = (total.div_ceil(2), total / 2 + 1);
        let mut seen = 0;
        let mut low = None;
        for &(average, i, j) in &self.averages {
            seen += weight(i, j);
            if low.is_none() && seen >= first {
                low = Some(average);
            }
            if seen >= second {
                return low.map(|low| f64::midpoint(low, average));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;
    use crate::stats::signed_rank::hodges_lehmann;

    #[test]
    fn counting_twice_is_writing_twice() {
        let mut random = Random::new(4);
        for n in 1..9 {
            let sample: Vec<f64> = (0..n).map(|_| random.normal()).collect();
            let centre = Centre::new(&sample);
            for _ in 0..20 {
                let counts: Vec<u32> = (0..n).map(|_| [0, 1, 1, 2, 3][random.below(5)]).collect();
                let written: Vec<f64> = sample
                    .iter()
                    .zip(&counts)
                    .flat_map(|(x, c)| std::iter::repeat_n(*x, *c as usize))
                    .collect();
                let (got, want) = (centre.weighted(&counts), hodges_lehmann(&written));
                assert_eq!(got.is_some(), want.is_some());
                // Which of two is added to the other may move the last digit.
                if let (Some(got), Some(want)) = (got, want) {
                    assert!((got - want).abs() < 1e-14, "{sample:?} {counts:?}");
                }
            }
        }
    }
}
