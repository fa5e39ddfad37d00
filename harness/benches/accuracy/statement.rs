//! A statement about layerbench's numbers, and whether it holds.

use std::collections::BTreeMap;

use reports::stats::Paired;

/// The worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Holds,
    /// The interval is on both sides of the limit.
    Open,
    Fails,
}

impl Answer {
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Open => "open",
            Self::Fails => "**does not hold**",
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) what: String,
    /// What was found.
    pub(crate) value: String,
    pub(crate) interval: String,
    /// Of how many.
    pub(crate) n: usize,
    pub(crate) limit: String,
    pub(crate) answer: Answer,
}

impl Statement {
    pub(crate) fn head() -> String {
        "| statement | found | 95 % interval | n | limit | |\n|---|---|---|---:|---|---|".to_owned()
    }

    pub(crate) fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} |",
            self.what,
            self.value,
            self.interval,
            self.n,
            self.limit,
            self.answer.word()
        )
    }

    /// `ours` is within `limit` (1.05) of `yardstick`, either way, by the interval of the Hodges-Lehmann ratio of pairs.
    pub(crate) fn within(what: String, ours: &Blocks, yardstick: &Blocks, limit: f64) -> Self {
        let pair = Paired::new(ours, yardstick);
        let interval = pair
            .as_ref()
            .and_then(|pair| pair.interval)
            .filter(|interval| interval.level >= 0.95);
        let answer = match interval {
            Some(i) if i.low >= 1.0 / limit && i.high <= limit => Answer::Holds,
            Some(i) if i.low > limit || i.high < 1.0 / limit => Answer::Fails,
            _ => Answer::Open,
        };
        Self {
            what,
            value: pair.as_ref().map_or_else(
                || "no pairs".to_owned(),
                |pair| format!("{:.3}", pair.ratio),
            ),
            interval: interval.map_or_else(
                || "fewer than 6 pairs have none".to_owned(),
                |i| format!("{:.3} to {:.3}", i.low, i.high),
            ),
            n: pair.map_or(0, |pair| pair.rounds),
            limit: format!("{:.3} to {limit:.2}", 1.0 / limit),
            answer,
        }
    }
}

/// Values by block.
pub(crate) type Blocks = BTreeMap<u32, f64>;
