//! One line of a comparison.

use serde::Serialize;

use crate::metric::{Direction, Repeats, direction, repeats};
use crate::series::Key;
use crate::stats::Verdict;

/// What a line says of B against A.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "why")]
pub enum Call {
    /// B is surely worse, by more than matters.
    Worse,
    /// B is surely better, by more than matters.
    Better,
    /// Another amount was done: neither good nor bad, but nothing else may be compared without knowing it.
    Changed,
    /// Surely no difference that matters.
    Equivalent,
    /// None of these can be said; why.
    Inconclusive(String),
}

impl Call {
    /// The word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Changed => "changed",
            Self::Equivalent => "equivalent",
            Self::Inconclusive(_) => "inconclusive",
        }
    }

    /// The same without colour or words.
    pub fn glyph(&self) -> &'static str {
        match self {
            Self::Worse => Verdict::Worse.glyph(),
            Self::Better => Verdict::Better.glyph(),
            Self::Changed => "≠",
            Self::Equivalent => Verdict::Equivalent.glyph(),
            Self::Inconclusive(_) => "?",
        }
    }

    /// Whether it is a difference.
    pub fn differs(&self) -> bool {
        matches!(self, Self::Worse | Self::Better | Self::Changed)
    }

    /// A certain difference of a metric: up or down.
    pub(super) fn moved(metric: &str, up: bool) -> Self {
        match direction(metric) {
            Direction::Neither => Self::Changed,
            Direction::More if up => Self::Better,
            Direction::Less if !up => Self::Better,
            Direction::More | Direction::Less => Self::Worse,
        }
    }
}

/// How a line was compared, from the most to the least trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The values themselves: noise cannot move them.
    Exact,
    /// The values, give or take what they move from round to round.
    NearlyExact,
    /// Round by round, within one session.
    Paired,
    /// Ratios to the control of each run; unpaired, so weaker.
    ToControl,
    /// The values of two runs of one machine; unpaired, and nothing cancels what the machine did. The weakest.
    Absolute,
    /// Not at all.
    None,
}

impl Method {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::NearlyExact => "nearly exact",
            Self::Paired => "paired by round",
            Self::ToControl => "ratio to control; unpaired, weaker",
            Self::Absolute => "absolute; unpaired, weakest",
            Self::None => "not compared",
        }
    }

    /// Whether noise has no part in it.
    pub fn is_noise_free(self) -> bool {
        matches!(self, Self::Exact | Self::NearlyExact)
    }
}

/// One subject, one thing measured, in A and in B.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The subject in B.
    pub subject: String,
    /// The subject in A, where it has another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// What was measured.
    #[serde(flatten)]
    pub key: Key,
    /// The unit of `a` and `b`; `x` for ratios to the control.
    pub unit: String,
    /// How it was compared.
    pub method: Method,
    /// The median in A.
    pub a: Option<f64>,
    /// The median in B.
    pub b: Option<f64>,
    /// How many times as much B takes; absent where A is 0 or nothing can be compared.
    pub ratio: Option<f64>,
    /// Its interval: low, high.
    pub interval: Option<[f64; 2]>,
    /// The confidence of the interval.
    pub level: Option<f64>,
    /// p, corrected for the other comparisons of its family.
    pub p: Option<f64>,
    /// p of this comparison alone.
    pub raw_p: Option<f64>,
    /// Rounds in A and in B; pairs where they are paired.
    pub n: [usize; 2],
    /// The smallest ratio that as many rounds as noisy as these find with 80 % chance.
    pub detectable: Option<f64>,
    /// What a difference must clear: 0.05 for 5 %.
    pub margin: f64,
    /// Whether it is of the first family: a headline number, or one with a limit of its own.
    pub first: bool,
    /// What is to be said.
    #[serde(flatten)]
    pub call: Call,
}

impl Row {
    /// `start/total time, cache warm, parallel 4`.
    pub fn what(&self) -> String {
        let Key {
            workload,
            phase,
            metric,
            ..
        } = &self.key;
        let params = self.key.params_text();
        let comma = if params.is_empty() { "" } else { ", " };
        format!("{workload}/{phase} {metric}{comma}{params}")
    }

    /// The subject, or both.
    pub fn who(&self) -> String {
        match &self.against {
            Some(against) => format!("{} against {against}", self.subject),
            None => self.subject.clone(),
        }
    }

    /// Whether a value of B above A's is good.
    pub fn more_is_better(&self) -> bool {
        direction(&self.key.metric) == Direction::More
    }

    /// The order in which people should read: what noise cannot have done first, then by what is sure, then by size.
    pub(super) fn rank(&self) -> (u8, bool, i64) {
        let free = self.method.is_noise_free();
        let class = match (&self.call, free) {
            (Call::Worse, true) => 0,
            (Call::Changed, _) => 1,
            (Call::Better, true) => 2,
            (Call::Worse, false) => 3,
            (Call::Better, false) => 4,
            (Call::Inconclusive(_), _) if self.method != Method::None => 5,
            (Call::Inconclusive(_), _) => 6,
            (Call::Equivalent, _) => 7,
        };
        let size = match (self.ratio, self.a, self.b) {
            (Some(ratio), ..) => ratio.ln().abs(),
            (None, Some(a), Some(b)) if a != b => f64::from(i16::MAX),
            _ => 0.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a sort key; casts of floats saturate"
        )]
        let size = -(size * 1e6) as i64;
        (class, !self.first, size)
    }

    /// Whether its metric repeats so well that noise has no part in it.
    pub fn should_repeat(&self) -> bool {
        repeats(&self.key.metric) != Repeats::Noisily
    }
}
