//! The tables that are printed: what each arm took, and each target against its ratio.

use std::collections::BTreeMap;

use reports::stats::{Paired, quantile};

/// What is said of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Met,
    NotMet,
    Undecided,
}

impl Answer {
    /// Met or not only when the whole interval is on one side.
    fn of(pair: &Paired, target: f64) -> Self {
        match pair.interval {
            Some(interval) if interval.level < 0.95 => Self::Undecided,
            Some(interval) if interval.high <= target => Self::Met,
            Some(interval) if interval.low > target => Self::NotMet,
            _ => Self::Undecided,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Undecided => "undecided",
        }
    }
}

/// Values of one thing by block, in seconds, and how to call them.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    pub(crate) values: &'a BTreeMap<u32, f64>,
}

/// The head of a table of comparisons.
pub(crate) fn head() -> String {
    "| ours | median | yardstick | median | ratio | 95 % interval | n | target | |\n\
     |---|---:|---|---:|---:|---|---:|---:|---|"
        .to_owned()
}

/// One comparison; without a target it only informs.
pub(crate) fn row(ours: &Column<'_>, yardstick: &Column<'_>, target: Option<f64>) -> String {
    let Some(pair) = Paired::new(ours.values, yardstick.values) else {
        return format!(
            "| {} | | {} | | | | 0 | | no pairs |",
            ours.name, yardstick.name
        );
    };
    let interval = pair.interval.map_or_else(String::new, |i| {
        let level = if i.level < 0.95 {
            format!(" (level {:.2})", i.level)
        } else {
            String::new()
        };
        format!("{:.3} to {:.3}{level}", i.low, i.high)
    });
    let (limit, answer) = target.map_or((String::new(), ""), |target| {
        (format!("<= {target}"), Answer::of(&pair, target).word())
    });
    format!(
        "| {} | {} | {} | {} | {:.3} | {interval} | {} | {limit} | {answer} |",
        ours.name,
        time(median(ours.values)),
        yardstick.name,
        time(median(yardstick.values)),
        pair.ratio,
        pair.rounds,
    )
}

/// The middle of the blocks' values, in seconds.
pub(crate) fn median(values: &BTreeMap<u32, f64>) -> f64 {
    let values: Vec<f64> = values.values().copied().collect();
    quantile::median(&values).unwrap_or(f64::NAN)
}

/// Seconds as read by people.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 1e-3 {
        format!("{:.1} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{seconds:.3} s")
    }
}
