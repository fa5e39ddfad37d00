//! Where a number must lie for a statement to hold.

use super::verdict::Verdict;

/// A range of numbers, its ends included; an end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The least that confirms.
    pub from: f64,
    /// The greatest that confirms.
    pub to: f64,
}

impl Band {
    /// From `least` on.
    pub const fn above(least: f64) -> Self {
        Self {
            from: least,
            to: f64::INFINITY,
        }
    }

    /// Up to `most`.
    pub const fn below(most: f64) -> Self {
        Self {
            from: f64::NEG_INFINITY,
            to: most,
        }
    }

    /// Between the two.
    pub const fn within(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// What an interval says: confirmed if it lies wholly inside, refuted if wholly outside.
    pub fn judge(self, low: f64, high: f64) -> Verdict {
        if low >= self.from && high <= self.to {
            Verdict::Confirmed
        } else if high < self.from || low > self.to {
            Verdict::Refuted
        } else {
            Verdict::Inconclusive
        }
    }

    /// `at least 10`, `at most 1.05`, `0.95 to 1.05`, each end in the words of `show`.
    pub fn words(self, show: impl Fn(f64) -> String) -> String {
        match (self.from.is_finite(), self.to.is_finite()) {
            (true, true) if self.from == self.to => format!("exactly {}", show(self.from)),
            (true, true) => format!("{} to {}", show(self.from), show(self.to)),
            (true, false) => format!("at least {}", show(self.from)),
            (false, true) => format!("at most {}", show(self.to)),
            (false, false) => "any".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_interval_decides() {
        let band = Band::within(0.95, 1.05);
        assert_eq!(band.judge(0.96, 1.04), Verdict::Confirmed);
        assert_eq!(band.judge(0.95, 1.05), Verdict::Confirmed);
        assert_eq!(band.judge(1.06, 1.2), Verdict::Refuted);
        assert_eq!(band.judge(0.5, 0.94), Verdict::Refuted);
        assert_eq!(band.judge(0.9, 1.0), Verdict::Inconclusive);
        assert_eq!(band.judge(0.5, 2.0), Verdict::Inconclusive);
        assert_eq!(Band::above(10.0).judge(10.0, 99.0), Verdict::Confirmed);
        assert_eq!(Band::above(10.0).judge(9.9, 99.0), Verdict::Inconclusive);
        assert_eq!(Band::below(10.0).judge(10.1, 99.0), Verdict::Refuted);
        assert_eq!(
            Band::above(1.0).judge(f64::NAN, f64::NAN),
            Verdict::Inconclusive
        );
    }

    #[test]
    fn a_band_reads_as_words() {
        let words = |band: Band| band.words(|x| x.to_string());
        assert_eq!(words(Band::above(2.0)), "at least 2");
        assert_eq!(words(Band::below(2.0)), "at most 2");
        assert_eq!(words(Band::within(0.0, 0.0)), "exactly 0");
        assert_eq!(words(Band::within(1.0, 2.0)), "1 to 2");
    }
}
