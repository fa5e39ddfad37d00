//! Verdicts: four words for a ratio and its interval, never a bare p.

use super::pair::Paired;

/// Differences below this do not matter to anyone, however sure.
pub const PRACTICAL: f64 = 0.05;

/// The share of differences reported that may be false.
pub const FALSE_DISCOVERY: f64 = 0.05;

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Surely better, by more than matters.
    Better,
    /// Surely the same, within what matters.
    Equivalent,
    /// Surely worse, by more than matters.
    Worse,
    /// None of these can be said.
    Inconclusive(Why),
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Fewer than six rounds have no 95 % interval.
    TooFewRounds,
    /// The interval holds both what matters and what does not.
    WideInterval,
    /// The interval is clear, but among so many comparisons such a one is expected by chance.
    ManyComparisons,
    /// It surely differs, but the interval reaches into what does not matter. This is "found" without a verdict.
    PerhapsLittle,
    /// Rounds that timed out have no ratio; with them it would be further from what is to be shown.
    TimedOut,
    /// In its unit the difference is smaller than what can be measured of one operation.
    BelowFloor,
}

impl Verdict {
    /// The verdict on a comparison. `adjusted_p` is its p within the family; `margin` what a difference must clear, 0.05
    /// for 5 %; `more_is_better` for rates.
    ///
    /// A noisy machine widens the margin, so that less is called different; it never makes more be called equal: that
    /// is judged by [`PRACTICAL`] alone.
    pub fn of(pair: &Paired, adjusted_p: f64, margin: f64, more_is_better: bool) -> Self {
        let Some(interval) = pair.interval.filter(|interval| interval.level >= 0.95) else {
            return Self::Inconclusive(Why::TooFewRounds);
        };
        let limit = 1.0 + margin;
        let (more, less) = (interval.low > limit, interval.high < 1.0 / limit);
        if interval.low >= 1.0 / (1.0 + PRACTICAL) && interval.high <= 1.0 + PRACTICAL {
            Self::Equivalent
        } else if !more && !less {
            // Where twins differ by more than what matters, so may these two for no reason.
            let outside = margin <= PRACTICAL || pair.ratio > limit || pair.ratio < 1.0 / limit;
            let apart = outside && (interval.low > 1.0 || interval.high < 1.0);
            Self::Inconclusive(if apart && adjusted_p <= FALSE_DISCOVERY {
                Why::PerhapsLittle
            } else {
                Why::WideInterval
            })
        } else if adjusted_p > FALSE_DISCOVERY {
            Self::Inconclusive(Why::ManyComparisons)
        } else if more == more_is_better {
            Self::Better
        } else {
            Self::Worse
        }
    }

    /// The verdict when rounds were left out because the subject, or the other, timed out in them: their true cost is
    /// higher than any seen, so only a verdict that they would strengthen stands.
    pub fn without(self, timed_out: usize, other_timed_out: usize) -> Self {
        match self {
            Self::Worse if other_timed_out == 0 => self,
            Self::Better if timed_out == 0 => self,
            _ if timed_out + other_timed_out > 0 => Self::Inconclusive(Why::TimedOut),
            _ => self,
        }
    }

    /// The verdict when the two differ by `difference` in their unit and less than `floor` cannot be told from nothing.
    pub fn above(self, difference: f64, floor: f64) -> Self {
        match self {
            Self::Better | Self::Worse if difference.abs() < floor => {
                Self::Inconclusive(Why::BelowFloor)
            }
            _ => self,
        }
    }

    /// Whether a difference was found, by however much: the ratio is surely not 1.
    pub fn differs(self) -> bool {
        matches!(
            self,
            Self::Better | Self::Worse | Self::Inconclusive(Why::PerhapsLittle)
        )
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Equivalent => "equivalent",
            Self::Worse => "worse",
            Self::Inconclusive(_) => "inconclusive",
        }
    }

    /// A sign that says the same without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Better => "▲",
            Self::Equivalent => "=",
            Self::Worse => "▼",
            Self::Inconclusive(_) => "?",
        }
    }
}

impl Why {
    /// The reason in two or three words.
    pub fn short(self) -> &'static str {
        match self {
            Self::TooFewRounds => "too few rounds",
            Self::WideInterval => "interval too wide",
            Self::ManyComparisons => "may be chance",
            Self::PerhapsLittle => "differs, perhaps by little",
            Self::TimedOut => "rounds timed out",
            Self::BelowFloor => "too small to measure",
        }
    }

    /// The reason as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TooFewRounds => "fewer than 6 rounds: no 95 % interval exists",
            Self::WideInterval => {
                "the interval holds both differences that matter and smaller ones"
            }
            Self::ManyComparisons => {
                "among so many comparisons one like this is expected by chance"
            }
            Self::PerhapsLittle => "they surely differ, but perhaps by less than what matters",
            Self::TimedOut => {
                "rounds that timed out have no ratio, so the true one is further out than this"
            }
            Self::BelowFloor => "the difference is smaller than what can be measured",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    fn pair(low: f64, high: f64, level: f64) -> Paired {
        Paired {
            rounds: 12,
            ratio: (low * high).sqrt(),
            interval: Some(Interval { low, high, level }),
            p: 0.001,
            detectable: None,
        }
    }

    #[test]
    fn each_verdict_has_its_interval() {
        let of = |low, high| Verdict::of(&pair(low, high, 0.95), 0.01, 0.05, false);
        assert_eq!(of(1.06, 1.3), Verdict::Worse);
        assert_eq!(of(0.5, 0.94), Verdict::Better);
        assert_eq!(of(0.97, 1.04), Verdict::Equivalent);
        assert_eq!(of(1.01, 1.04), Verdict::Equivalent);
        assert_eq!(of(1.01, 1.2), Verdict::Inconclusive(Why::PerhapsLittle));
        assert!(of(1.01, 1.2).differs() && of(1.06, 1.3).differs() && !of(1.01, 1.04).differs());
        assert_eq!(
            Verdict::of(&pair(1.01, 1.2, 0.95), 0.06, 0.05, false),
            Verdict::Inconclusive(Why::WideInterval)
        );
        assert_eq!(of(0.8, 1.2), Verdict::Inconclusive(Why::WideInterval));
    }

    #[test]
    fn direction_family_and_rounds_count() {
        let more = pair(1.2, 1.4, 0.95);
        assert_eq!(Verdict::of(&more, 0.01, 0.05, true), Verdict::Better);
        assert_eq!(
            Verdict::of(&more, 0.01, 0.5, true),
            Verdict::Inconclusive(Why::WideInterval),
            "noise does not make things equal"
        );
        assert_eq!(
            Verdict::of(&more, 0.06, 0.05, true),
            Verdict::Inconclusive(Why::ManyComparisons)
        );
        let few = pair(1.2, 1.4, 0.9375);
        assert_eq!(
            Verdict::of(&few, 0.01, 0.05, true),
            Verdict::Inconclusive(Why::TooFewRounds)
        );
    }

    #[test]
    fn rounds_that_timed_out_only_strengthen() {
        let out = Verdict::Inconclusive(Why::TimedOut);
        assert_eq!(Verdict::Worse.without(3, 0), Verdict::Worse);
        assert_eq!(Verdict::Worse.without(3, 1), out);
        assert_eq!(Verdict::Better.without(1, 0), out);
        assert_eq!(Verdict::Better.without(0, 2), Verdict::Better);
        assert_eq!(Verdict::Equivalent.without(0, 1), out);
        assert_eq!(Verdict::Equivalent.without(0, 0), Verdict::Equivalent);
    }

    #[test]
    fn a_difference_too_small_to_measure_is_no_verdict() {
        let small = Verdict::Inconclusive(Why::BelowFloor);
        assert_eq!(Verdict::Worse.above(9e-6, 1e-5), small);
        assert_eq!(Verdict::Better.above(-9e-6, 1e-5), small);
        assert_eq!(Verdict::Better.above(-2e-5, 1e-5), Verdict::Better);
        assert_eq!(Verdict::Equivalent.above(0.0, 1e-5), Verdict::Equivalent);
    }
}
