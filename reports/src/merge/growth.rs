//! How a time grows with the work, which an emulated processor leaves as it is: the exponent of a power law.
//!
//! A **line** is the medians of one time against one numeric parameter, all other parameters the same. Its exponent is the
//! slope of the least squares line through their logarithms: 0 where the work does not matter, 1 where twice the work takes
//! twice the time. It takes three sizes over a factor of eight to be told.

use std::collections::BTreeMap;

use crate::record::{Facts, Results};
use crate::series::gather;

/// The least number of sizes.
const POINTS: usize = 3;
/// The least factor between the smallest and the largest.
const SPAN: f64 = 8.0;

/// What was timed against what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The parameter.
    pub param: String,
    /// All other parameters.
    pub rest: Facts,
}

/// How one subject's time grows along a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The exponent.
    pub exponent: f64,
    /// How many sizes it rests on.
    pub points: usize,
}

/// Every line that a subject of an emulated run has, by subject: the others stand beside it.
pub fn growths(results: &Results) -> BTreeMap<Line, BTreeMap<String, Growth>> {
    let emulated = results.emulated_subjects();
    let mut lines = lines(results);
    lines.retain(|_, by_subject| by_subject.keys().any(|s| emulated.contains(s.as_str())));
    lines
}

fn lines(results: &Results) -> BTreeMap<Line, BTreeMap<String, Growth>> {
    let mut points: BTreeMap<(Line, String), Vec<(f64, f64)>> = BTreeMap::new();
    for series in gather(results.records.iter().filter(|r| r.metric == "time")) {
        for (name, value) in &series.key.params {
            let (Ok(size), time) = (value.parse::<f64>(), series.median()) else {
                continue;
            };
            if !(size.is_finite() && size > 0.0 && time > 0.0) {
                continue;
            }
            let mut rest = series.key.params.clone();
            rest.remove(name);
            let line = Line {
                workload: series.key.workload.clone(),
                phase: series.key.phase.clone(),
                param: name.clone(),
                rest,
            };
            let of = points.entry((line, series.subject.clone())).or_default();
            of.push((size.ln(), time.ln()));
        }
    }
    let mut lines: BTreeMap<Line, BTreeMap<String, Growth>> = BTreeMap::new();
    for ((line, subject), points) in points {
        if let Some(growth) = slope(&points) {
            lines.entry(line).or_default().insert(subject, growth);
        }
    }
    lines
}

#[expect(clippy::cast_precision_loss, reason = "a handful of sizes")]
fn slope(points: &[(f64, f64)]) -> Option<Growth> {
    let n = points.len() as f64;
    let least = points.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
    let most = points.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
    if points.len() < POINTS || most - least < SPAN.ln() - 1e-9 {
        return None;
    }
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (above, below) = points.iter().fold((0.0, 0.0), |(a, b), p| {
        (a + (p.0 - x) * (p.1 - y), b + (p.0 - x).powi(2))
    });
    Some(Growth {
        exponent: above / below,
        points: points.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(points: &[(f64, f64)]) -> Option<f64> {
        let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        slope(&logs).map(|growth| (growth.exponent * 1e6).round() / 1e6)
    }

    #[test]
    fn the_exponent_is_that_of_the_law() {
        assert_eq!(of(&[(1.0, 3.0), (4.0, 12.0), (16.0, 48.0)]), Some(1.0));
        assert_eq!(of(&[(1.0, 3.0), (4.0, 3.0), (16.0, 3.0)]), Some(0.0));
        assert_eq!(of(&[(2.0, 5.0), (4.0, 20.0), (16.0, 320.0)]), Some(2.0));
    }

    #[test]
    fn two_sizes_or_a_small_span_tell_nothing() {
        assert_eq!(of(&[(1.0, 3.0), (16.0, 48.0)]), None);
        assert_eq!(of(&[(1.0, 3.0), (2.0, 6.0), (4.0, 12.0)]), None);
        assert_eq!(of(&[]), None);
    }
}
