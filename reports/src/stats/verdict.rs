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
            Self::Inconclusive(Why::WideInterval)
        } else if adjusted_p > FALSE_DISCOVERY {
            Self::Inconclusive(Why::ManyComparisons)
        } else if more == more_is_better {
            Self::Better
        } else {
            Self::Worse
        }
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
        assert_eq!(of(1.01, 1.2), Verdict::Inconclusive(Why::WideInterval));
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
}
