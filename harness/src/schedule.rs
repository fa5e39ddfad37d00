//! The order of cells: randomised complete blocks.
//!
//! A round runs every subject once. The order within a round comes from a Williams design (Williams 1949), whose rows
//! are shuffled: over a full set of rows every subject follows every other equally often, so what one leaves behind
//! (dirty pages, a full journal) meets all of them alike.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;

/// The rows of a Williams design for `n` subjects: `n` rows when `n` is even, `2 n` when odd.
fn williams(n: usize) -> Vec<Vec<usize>> {
    // The zig-zag row 0, 1, n-1, 2, n-2, ... and its rotations; for odd n also each row backwards.
    let zigzag: Vec<usize> = (0..n)
        .map(|i| {
            if i == 0 {
                0
            } else if i % 2 == 1 {
                i.div_ceil(2)
            } else {
                n - i / 2
            }
        })
        .collect();
    let mut rows: Vec<Vec<usize>> = (0..n)
        .map(|shift| zigzag.iter().map(|&x| (x + shift) % n).collect())
        .collect();
    if n % 2 == 1 {
        let backwards: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| row.iter().rev().copied().collect())
            .collect();
        rows.extend(backwards);
    }
    rows
}

/// The order of subjects in one round of one workload, and of workloads in one round.
#[derive(Debug)]
pub(crate) struct Schedule {
    seed: u64,
    subjects: usize,
    workloads: usize,
}

impl Schedule {
    /// For so many subjects and workloads.
    pub(crate) fn new(seed: u64, subjects: usize, workloads: usize) -> Self {
        Self {
            seed,
            subjects,
            workloads,
        }
    }

    /// The workloads of a round, shuffled.
    pub(crate) fn workloads(&self, round: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.workloads).collect();
        order.shuffle(&mut self.rng(u64::from(round), u64::MAX));
        order
    }

    /// The subjects of a round of a workload, in the design's order.
    pub(crate) fn subjects(&self, round: u32, workload: usize) -> Vec<usize> {
        if self.subjects == 0 {
            return Vec::new();
        }
        let mut rows = williams(self.subjects);
        let round = round as usize;
        let block = round / rows.len();
        rows.shuffle(&mut self.rng(block as u64, workload as u64));
        rows.swap_remove(round % rows.len())
    }

    fn rng(&self, a: u64, b: u64) -> ChaCha8Rng {
        let mut seed = [0_u8; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&a.to_le_bytes());
        seed[16..24].copy_from_slice(&b.to_le_bytes());
        ChaCha8Rng::from_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_full_design_every_subject_follows_every_other_equally_often() {
        for n in [2_usize, 3, 4, 5, 7, 10] {
            let rows = williams(n);
            let mut follows = vec![vec![0; n]; n];
            for row in &rows {
                let mut sorted = row.clone();
                sorted.sort_unstable();
                assert_eq!(
                    sorted,
                    (0..n).collect::<Vec<_>>(),
                    "each row runs each subject once"
                );
                for pair in row.windows(2) {
                    follows[pair[0]][pair[1]] += 1;
                }
            }
            let expected = rows.len() * (n - 1) / (n * (n - 1));
            for (a, row) in follows.iter().enumerate() {
                for (b, &count) in row.iter().enumerate() {
                    assert_eq!(
                        count,
                        if a == b { 0 } else { expected },
                        "{n} subjects: {a} then {b}"
                    );
                }
            }
        }
    }

    /// How often each subject comes just before each other, over some full designs: within a block of a workload, and
    /// across from the last of one block to the first of the next.
    fn follows(subjects: usize, workloads: usize, designs: usize) -> [Vec<Vec<u32>>; 2] {
        let rounds = u32::try_from(designs * williams(subjects).len()).unwrap();
        let schedule = Schedule::new(3, subjects, workloads);
        let mut counts = [(); 2].map(|()| vec![vec![0; subjects]; subjects]);
        let mut before = None;
        for round in 0..rounds {
            for workload in schedule.workloads(round) {
                for (place, subject) in schedule.subjects(round, workload).into_iter().enumerate() {
                    if let Some(before) = before.replace(subject) {
                        let across = usize::from(place == 0);
                        counts[across][before][subject] += 1;
                    }
                }
            }
        }
        counts
    }

    #[test]
    fn who_comes_before_is_balanced_within_a_workload_and_even_across_workloads() {
        let (subjects, designs) = (5, 40);
        let [within, across] = follows(subjects, 4, designs);
        // Twice in a design of ten rows, in each of four workloads.
        let exact = u32::try_from(2 * designs * 4).unwrap();
        for (a, row) in within.iter().enumerate() {
            for (b, &count) in row.iter().enumerate() {
                assert_eq!(count, if a == b { 0 } else { exact }, "{a} then {b}");
            }
        }
        // Across, rows are drawn independently: each of the 25 pairs 64 times on average, the deviation being 8. A subject
        // may follow itself there.
        for (a, row) in across.iter().enumerate() {
            for (b, &count) in row.iter().enumerate() {
                assert!((32..=96).contains(&count), "{a} then {b}: {count} times");
            }
        }
        let chi_square: f64 = across
            .iter()
            .flatten()
            .map(|&count| (f64::from(count) - 64.0).powi(2) / 64.0)
            .sum();
        // The quantile 0.999 of chi-square with 24 degrees of freedom.
        assert!(chi_square < 51.2, "{chi_square}");
    }

    #[test]
    fn every_place_is_taken_equally_often_over_a_full_design() {
        for subjects in [4_usize, 5, 9] {
            let rows = williams(subjects).len();
            let schedule = Schedule::new(5, subjects, 2);
            let mut places = vec![vec![0; subjects]; subjects];
            for round in 0..u32::try_from(rows).unwrap() {
                for (place, subject) in schedule.subjects(round, 1).into_iter().enumerate() {
                    places[place][subject] += 1;
                }
            }
            assert!(places.iter().flatten().all(|&n| n == rows / subjects));
        }
    }

    #[test]
    fn the_seed_decides_and_rounds_differ() {
        let schedule = Schedule::new(7, 5, 4);
        assert_eq!(
            schedule.subjects(3, 1),
            Schedule::new(7, 5, 4).subjects(3, 1)
        );
        let all: std::collections::BTreeSet<_> =
            (0..10).map(|round| schedule.subjects(round, 0)).collect();
        assert_eq!(all.len(), 10, "a block of rounds uses every row once");
    }
}
