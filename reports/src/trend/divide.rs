//! Where a noisy series changes its level: E-Divisive with a t-test.
//!
//! The place of a change is the one that maximises the energy distance between what lies before and behind it (Matteson
//! and James, "A nonparametric approach for multiple change point analysis of multivariate data", JASA 2014,
//! arXiv:1306.4933). Whether it is one is told by Student's t-test in place of permutations, in two steps: a generous
//! threshold while the series is divided, the strict one afterwards, between neighbouring changes, the weakest dropped
//! first (Fleming and others, "Hunter", ICPE 2023, doi:10.1145/3578244.3583719; its descendant is Apache Otava).
//!
//! What differs here: the strict threshold is [`ALPHA`] divided by the number of places a change could be (Bonferroni), so
//! that the chance of a false change is about the same for short and long histories; and a level lasts at least [`LEAST`]
//! runs, so that one odd run is none.

use crate::stats::quantile::{deviation, mean};
use crate::stats::student;

/// The chance that a series of mere noise shows a change at all, as aimed at; the tests measure it.
pub const ALPHA: f64 = 0.01;
/// Runs that a level lasts at least.
pub const LEAST: usize = 3;
/// Runs below which nothing is said.
pub const ENOUGH: usize = 6;

/// How much more is let through while the series is divided.
const GENEROUS: f64 = 10.0;

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// The first value of the new level.
    pub at: usize,
    /// Two-sided p of the t-test between the neighbouring levels, times the places that were looked at.
    pub p: f64,
}

/// The changes of a series, in order. Empty for one shorter than [`ENOUGH`].
#[expect(clippy::cast_precision_loss, reason = "runs are few")]
pub fn splits(series: &[f64]) -> Vec<Split> {
    if series.len() < ENOUGH {
        return Vec::new();
    }
    let places = (series.len() + 1 - 2 * LEAST) as f64;
    let sums = Sums::new(series);
    let mut found = Vec::new();
    divide(
        series,
        &sums,
        (0, series.len()),
        ALPHA * GENEROUS / places,
        &mut found,
    );
    found.sort_unstable();
    loop {
        let judged: Vec<Split> = (0..found.len())
            .map(|index| Split {
                at: found[index],
                p: (places * between(series, &found, index)).min(1.0),
            })
            .collect();
        match judged.iter().max_by(|a, b| a.p.total_cmp(&b.p)) {
            Some(weakest) if weakest.p > ALPHA => found.retain(|at| *at != weakest.at),
            _ => return judged,
        }
    }
}

/// The levels left and right of a change: from its neighbour to its neighbour.
pub fn levels<'a>(series: &'a [f64], at: &[usize], index: usize) -> (&'a [f64], &'a [f64]) {
    let from = index.checked_sub(1).map_or(0, |before| at[before]);
    let to = at.get(index + 1).copied().unwrap_or(series.len());
    (&series[from..at[index]], &series[at[index]..to])
}

fn between(series: &[f64], at: &[usize], index: usize) -> f64 {
    let (before, behind) = levels(series, at, index);
    p_value(before, behind)
}

/// Divides `range` at its best place, and what is left and right of it, as long as the places pass.
fn divide(series: &[f64], sums: &Sums, range: (usize, usize), pass: f64, found: &mut Vec<usize>) {
    let (from, to) = range;
    // The new level may end before the series does: another change behind it must not hide it.
    let mut best: Option<(f64, usize, usize)> = None;
    for end in from + 2 * LEAST..=to {
        for at in from + LEAST..=end - LEAST {
            let distance = sums.distance(from, at, end);
            if best.is_none_or(|(most, ..)| distance > most) {
                best = Some((distance, at, end));
            }
        }
    }
    let Some((_, at, end)) = best else {
        return;
    };
    if p_value(&series[from..at], &series[at..end]) <= pass {
        found.push(at);
        divide(series, sums, (from, at), pass, found);
        divide(series, sums, (at, to), pass, found);
    }
}

/// Two-sided p of Student's t-test for two samples with one variance: unlike Welch's, it works with a level of two runs.
fn p_value(a: &[f64], b: &[f64]) -> f64 {
    let Some(test) = Pooled::new(a, b) else {
        return 1.0;
    };
    match (test.difference == 0.0, test.error == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => student::two_sided(test.difference / test.error, test.freedom),
    }
}

/// The difference of two means, with the standard error that a common variance gives it.
#[derive(Debug, Clone, Copy)]
pub struct Pooled {
    /// Mean of the second less mean of the first.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub freedom: usize,
}

impl Pooled {
    /// `None` with fewer than three values, or without one on either side.
    #[expect(clippy::cast_precision_loss, reason = "runs are few")]
    pub fn new(a: &[f64], b: &[f64]) -> Option<Self> {
        let freedom = (a.len() + b.len()).checked_sub(2).filter(|f| *f > 0)?;
        let difference = mean(b)? - mean(a)?;
        let squares =
            |sample: &[f64]| deviation(sample).unwrap_or(0.0).powi(2) * (sample.len() as f64 - 1.0);
        let variance = (squares(a) + squares(b)) / freedom as f64;
        let error = (variance * (1.0 / a.len() as f64 + 1.0 / b.len() as f64)).sqrt();
        Some(Self {
            difference,
            error,
            freedom,
        })
    }
}

/// Sums of all distances in any rectangle of the matrix |x(i) - x(j)|.
struct Sums {
    side: usize,
    /// `corner[i * side + j]`: the sum of all distances with indices below i and j.
    corner: Vec<f64>,
}

impl Sums {
    fn new(series: &[f64]) -> Self {
        let side = series.len() + 1;
        let mut corner = vec![0.0; side * side];
        for (i, a) in series.iter().enumerate() {
            let mut row = 0.0;
            for (j, b) in series.iter().enumerate() {
                row += (a - b).abs();
                corner[(i + 1) * side + j + 1] = corner[i * side + j + 1] + row;
            }
        }
        Self { side, corner }
    }

    fn block(&self, rows: (usize, usize), columns: (usize, usize)) -> f64 {
        let corner = |i: usize, j: usize| self.corner[i * self.side + j];
        corner(rows.1, columns.1) - corner(rows.0, columns.1) - corner(rows.1, columns.0)
            + corner(rows.0, columns.0)
    }

    /// The scaled energy distance between `from..at` and `at..end`: (5) of Matteson and James with exponent 1.
    #[expect(clippy::cast_precision_loss, reason = "runs are few")]
    fn distance(&self, from: usize, at: usize, end: usize) -> f64 {
        let (left, right) = ((from, at), (at, end));
        let (m, n) = ((at - from) as f64, (end - at) as f64);
        // The mean over all pairs: every pair is twice in its block.
        let within = |range, count: f64| self.block(range, range) / (count * (count - 1.0));
        let energy = 2.0 * self.block(left, right) / (m * n) - within(left, m) - within(right, n);
        m * n / (m + n) * energy
    }
}
