//! Metrics that noise cannot move, compared by their values.
//!
//! No test and no family: an exact metric is the same or it is not. What moves a little from round to round (a journal's
//! commit falls into one phase or the next) is different only when every round of B lies beyond every round of A, by
//! more than the rounds of each differ among themselves.

use std::collections::BTreeMap;

use super::row::Method;
use crate::metric::Repeats;
use crate::stats::quantile::median;

/// By how much a nearly exact metric may move: its documented repeatability.
pub const NEARLY: f64 = 0.01;

/// Bytes that one commit of a filesystem's journal may put into one phase or the next.
const JOURNAL_BYTES: f64 = 16_384.0;
/// The same in requests, and other things that are counted.
const JOURNAL_REQUESTS: f64 = 4.0;

/// What one value on a side must differ by, in parts and in what a journal moves: more than was ever seen of equal
/// programs, because one value does not show how well it repeats. A gate asks again before it believes it.
const ALONE: f64 = 0.05;
const ALONE_FLOORS: f64 = 8.0;

/// What the values say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// No difference that matters.
    Same,
    /// B is beyond A: above it or below.
    Moved {
        /// Above.
        up: bool,
    },
    /// It does not repeat well enough; why.
    Unclear(String),
}

/// Values by round.
type Rounds = BTreeMap<u32, f64>;

/// Compares; `margin` is what may be lost without a word, `band` what equal subjects were seen to differ by.
pub(super) fn judge(
    a: &Rounds,
    b: &Rounds,
    repeats: Repeats,
    unit: &str,
    margin: f64,
    band: f64,
) -> (Found, Method) {
    let mut common = a
        .iter()
        .filter_map(|(round, a)| Some((a, b.get(round)?)))
        .peekable();
    // A round's number decides its random choices, so the same round did the same work.
    let same_rounds = common.peek().is_some() && common.all(|(a, b)| within(*a, *b, 0.0));
    if repeats == Repeats::Exactly {
        if same_rounds {
            return (Found::Same, Method::Exact);
        }
        if let (Some(x), Some(y)) = (constant(a), constant(b)) {
            let found = if within(x, y, margin) {
                Found::Same
            } else {
                Found::Moved { up: y > x }
            };
            return (found, Method::Exact);
        }
    }
    (nearly(a, b, unit, margin, band), Method::NearlyExact)
}

fn nearly(a: &Rounds, b: &Rounds, unit: &str, margin: f64, band: f64) -> Found {
    let (Some(x), Some(y)) = (Range::of(a), Range::of(b)) else {
        return Found::Unclear("there is no value".to_owned());
    };
    let floor = if unit == "B" {
        JOURNAL_BYTES
    } else {
        JOURNAL_REQUESTS
    };
    let margin = margin.max(NEARLY);
    let close = |x: f64, y: f64| within(x, y, margin) || (x - y).abs() <= floor;
    if close(x.low, y.high) && close(x.high, y.low) {
        return Found::Same;
    }
    if a.len() < 2 || b.len() < 2 {
        let (x, y) = (x.middle, y.middle);
        let far =
            !within(x, y, margin.max(ALONE).max(band)) && (x - y).abs() > ALONE_FLOORS * floor;
        return if far {
            Found::Moved { up: y > x }
        } else {
            Found::Unclear("one value does not show how well it repeats".to_owned())
        };
    }
    let own = x.spread().max(y.spread());
    let beyond = |low: f64, high: f64| {
        low > high && !within(low, high, margin.max(own).max(band)) && low - high > floor
    };
    if beyond(y.low, x.high) {
        Found::Moved { up: true }
    } else if beyond(x.low, y.high) {
        Found::Moved { up: false }
    } else if close(x.middle, y.middle) {
        Found::Same
    } else if own > margin {
        Found::Unclear("it moves too much from round to round to be called exact".to_owned())
    } else {
        Found::Unclear("equal subjects differ as much here".to_owned())
    }
}

/// The value that all rounds have.
fn constant(rounds: &Rounds) -> Option<f64> {
    let range = Range::of(rounds)?;
    within(range.low, range.high, 0.0).then_some(range.low)
}

/// Whether neither is more than `margin` above the other; rounding in the last digits counts as equal.
fn within(x: f64, y: f64, margin: f64) -> bool {
    let (low, high) = (x.min(y), x.max(y));
    high - low <= low.abs() * margin + high.abs() * 1e-12
}

/// What the rounds of one side hold.
struct Range {
    low: f64,
    middle: f64,
    high: f64,
}

impl Range {
    fn of(rounds: &Rounds) -> Option<Self> {
        let values: Vec<f64> = rounds.values().copied().collect();
        Some(Self {
            low: values.iter().copied().reduce(f64::min)?,
            middle: median(&values)?,
            high: values.iter().copied().reduce(f64::max)?,
        })
    }

    /// From the smallest to the largest, in parts of the smallest.
    fn spread(&self) -> f64 {
        if within(self.low, self.high, 0.0) {
            0.0
        } else if self.low <= 0.0 {
            f64::INFINITY
        } else {
            self.high / self.low - 1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(values: &[f64]) -> Rounds {
        (0..).zip(values.iter().copied()).collect()
    }

    fn of(a: &[f64], b: &[f64], repeats: Repeats) -> Found {
        judge(&rounds(a), &rounds(b), repeats, "B", 0.0, 0.0).0
    }

    #[test]
    fn exact_metrics_differ_by_a_single_byte() {
        let exact = |a: &[f64], b: &[f64]| of(a, b, Repeats::Exactly);
        assert_eq!(exact(&[4096.0], &[4096.0]), Found::Same);
        assert_eq!(exact(&[4096.0], &[4097.0]), Found::Moved { up: true });
        assert_eq!(exact(&[0.0, 0.0], &[1.0]), Found::Moved { up: true });
        assert_eq!(exact(&[2.0], &[1.0]), Found::Moved { up: false });
    }

    #[test]
    fn rounds_of_one_number_did_the_same_work() {
        // Different from round to round, and the same on both sides.
        let values = [4096.0, 8192.0, 6144.0];
        assert_eq!(of(&values, &values, Repeats::Exactly), Found::Same);
        assert_eq!(of(&values, &values[..2], Repeats::Exactly), Found::Same);
    }

    #[test]
    fn what_moves_by_itself_is_no_change() {
        let kib = |values: &[f64]| values.iter().map(|x| x * 1024.0).collect::<Vec<_>>();
        let nearly = |a: &[f64], b: &[f64]| of(&kib(a), &kib(b), Repeats::Nearly);
        // The writes of SQLite's rollback journal in two runs of one program.
        assert!(matches!(
            nearly(&[616.0, 640.0, 568.0], &[556.0, 556.0, 560.0]),
            Found::Unclear(_)
        ));
        // A journal block more or less.
        assert_eq!(
            nearly(&[40.0, 36.0, 40.0], &[36.0, 36.0, 36.0]),
            Found::Same
        );
        assert_eq!(nearly(&[0.0, 0.0], &[4.0, 4.0]), Found::Same);
        assert_eq!(
            nearly(&[1000.0, 1004.0], &[1100.0, 1101.0]),
            Found::Moved { up: true }
        );
        assert_eq!(
            nearly(&[1000.0, 1004.0], &[900.0, 901.0]),
            Found::Moved { up: false }
        );
        assert!(matches!(nearly(&[1000.0], &[1025.0]), Found::Unclear(_)));
        assert_eq!(nearly(&[1000.0], &[1200.0]), Found::Moved { up: true });
        assert_eq!(
            nearly(&[0.0, 0.0], &[64.0, 68.0]),
            Found::Moved { up: true }
        );
    }

    #[test]
    fn a_metric_that_does_not_repeat_is_not_exact() {
        assert!(matches!(
            of(&[1e6, 1.2e6], &[1.1e6, 1.3e6], Repeats::Exactly),
            Found::Unclear(_)
        ));
    }

    #[test]
    fn limits_and_bands_give_room() {
        let (a, b) = (rounds(&[1e6, 1e6]), rounds(&[1.04e6, 1.04e6]));
        let with = |margin, band| judge(&a, &b, Repeats::Nearly, "B", margin, band).0;
        assert_eq!(with(0.0, 0.0), Found::Moved { up: true });
        assert_eq!(with(0.05, 0.0), Found::Same);
        assert!(matches!(with(0.0, 0.05), Found::Unclear(_)));
        let exact = judge(&a, &b, Repeats::Exactly, "B", 0.05, 0.0).0;
        assert_eq!(exact, Found::Same);
    }
}
