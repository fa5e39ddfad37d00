//! A change between two runs: where, how much, how sure.

use super::divide::{self, Pooled};
use super::history::Basis;
use crate::metric::{Direction, direction};
use crate::number::{alone, three};
use crate::stats::student;

/// Steps below this share are found in long, quiet histories, and help nobody.
pub const WORTH: f64 = 0.01;

/// A change of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The first point of the new level.
    pub at: usize,
    /// How much.
    pub size: Size,
    /// Two-sided p of the t-test, times the places looked at; 0 where the number is exact.
    pub p: f64,
}

/// How much a series changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// So many times as much as before.
    Times {
        /// The ratio of the new level to the old one.
        ratio: f64,
        /// Lower end of its 95 % interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// From one exact number to another.
    Step {
        /// Before.
        before: f64,
        /// After.
        after: f64,
    },
}

impl Size {
    /// `1.12x slower [1.09, 1.15]`, `16.0 KiB to 20.0 KiB`.
    pub fn words(self, metric: &str, unit: &str) -> String {
        let (ratio, low, high) = match self {
            Self::Step { before, after } => {
                return format!("{} to {}", alone(unit, before), alone(unit, after));
            }
            Self::Times { ratio, low, high } => (ratio, low, high),
        };
        let less = ratio < 1.0;
        let word = match (unit, direction(metric), less) {
            ("s", _, false) | (_, Direction::More, true) => "slower",
            ("s", _, true) | (_, Direction::More, false) => "faster",
            (_, _, false) => "more",
            (_, _, true) => "less",
        };
        let [ratio, low, high] = if less {
            [1.0 / ratio, 1.0 / high, 1.0 / low]
        } else {
            [ratio, low, high]
        };
        format!("{}x {word} [{}, {}]", three(ratio), three(low), three(high))
    }

    /// Whether it is for the worse.
    pub fn is_worse(self, metric: &str) -> bool {
        let more = match self {
            Self::Times { ratio, .. } => ratio > 1.0,
            Self::Step { before, after } => after > before,
        };
        more == (direction(metric) == Direction::Less)
    }
}

/// The changes of a series: of numbers that repeat exactly, every one; of others, those that noise does not explain.
pub fn changes(values: &[f64], basis: Basis) -> Vec<Change> {
    if basis == Basis::Exact {
        return values
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] != pair[1])
            .map(|(before, pair)| Change {
                at: before + 1,
                size: Size::Step {
                    before: pair[0],
                    after: pair[1],
                },
                p: 0.0,
            })
            .collect();
    }
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let splits = divide::splits(&logs);
    let at: Vec<usize> = splits.iter().map(|split| split.at).collect();
    splits
        .iter()
        .enumerate()
        .filter_map(|(index, split)| {
            let (before, after) = divide::levels(&logs, &at, index);
            let step = Pooled::new(before, after)?;
            let reach = student::quantile(0.975, step.freedom) * step.error;
            let change = Change {
                at: split.at,
                size: Size::Times {
                    ratio: step.difference.exp(),
                    low: (step.difference - reach).exp(),
                    high: (step.difference + reach).exp(),
                },
                p: split.p,
            };
            (step.difference.abs() >= WORTH.ln_1p()).then_some(change)
        })
        .collect()
}

/// Whether numbers that should repeat exactly do not: they change too often for each change to mean something.
pub fn is_restless(values: &[f64]) -> bool {
    let steps = values.windows(2).filter(|pair| pair[0] != pair[1]).count();
    steps > 2 && steps * 4 > values.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers_change_when_they_change() {
        let found = changes(&[4096.0, 4096.0, 8192.0, 8192.0], Basis::Exact);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at, 2);
        assert_eq!(
            found[0].size.words("allocated", "B"),
            "4.00 KiB to 8.00 KiB"
        );
        assert!(found[0].size.is_worse("allocated"));
        assert!(changes(&[0.0, 0.0], Basis::Exact).is_empty());
        assert!(is_restless(&[1.0, 2.0, 1.0, 2.0, 1.0]));
        assert!(!is_restless(&[1.0, 1.0, 1.0, 2.0, 2.0]));
    }

    #[test]
    fn sizes_are_told_in_the_direction_they_have() {
        let size = Size::Times {
            ratio: 0.5,
            low: 0.4,
            high: 0.8,
        };
        assert_eq!(size.words("time", "s"), "2.00x faster [1.25, 2.50]");
        assert_eq!(size.words("rate", "1/s"), "2.00x slower [1.25, 2.50]");
        assert_eq!(size.words("allocated", "B"), "2.00x less [1.25, 2.50]");
        assert!(!size.is_worse("time") && size.is_worse("rate"));
    }
}
