//! A share found by simulation, with the error that simulating so few times leaves.

use std::fmt;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    hits: u32,
    trials: u32,
}

impl Share {
    /// Counts one more.
    pub(crate) fn add(&mut self, hit: bool) {
        self.hits += u32::from(hit);
        self.trials += 1;
    }

    /// In percent.
    pub(crate) fn percent(self) -> f64 {
        100.0 * f64::from(self.hits) / f64::from(self.trials.max(1))
    }

    /// Its standard error in percent points; for shares near 0 and 1 that of one hit more or less.
    pub(crate) fn error(self) -> f64 {
        let n = f64::from(self.trials.max(1));
        let p = ((f64::from(self.hits) + 0.5) / (n + 1.0)).clamp(0.0, 1.0);
        100.0 * (p * (1.0 - p) / n).sqrt()
    }

    /// Whether it lies between two percentages, give or take two standard errors.
    pub(crate) fn within(self, low: f64, high: f64) -> bool {
        let give = 2.0 * self.error();
        (low - give..=high + give).contains(&self.percent())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ± {:.1}", self.percent(), self.error())
    }
}
