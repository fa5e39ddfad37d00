//! Outcomes and levels in words and signs.

use maud::{Markup, html};

use crate::record::{Level, Outcome};

/// In the order of the legend.
pub(super) const OUTCOMES: [Outcome; 5] = [
    Outcome::Pass,
    Outcome::Deviates,
    Outcome::NotApplicable,
    Outcome::Fail,
    Outcome::Broken,
];

/// `✗ FAIL`, in its colour.
pub(super) fn badge(outcome: Outcome) -> Markup {
    html! { span class={ "v " (class(outcome)) } { (glyph(outcome)) " " (word(outcome)) } }
}

pub(super) fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Deviates => "deviates",
        Outcome::NotApplicable => "not-applicable",
        Outcome::Broken => "broken",
    }
}

pub(super) fn glyph(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✓",
        Outcome::Fail => "✗",
        Outcome::Deviates => "≈",
        Outcome::NotApplicable => "–",
        Outcome::Broken => "!",
    }
}

pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "FAIL",
        Outcome::Deviates => "deviates",
        Outcome::NotApplicable => "n/a",
        Outcome::Broken => "broken",
    }
}

pub(super) fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "the promise holds",
        Outcome::Fail => "it does not",
        Outcome::Deviates => "it differs as the driver declares",
        Outcome::NotApplicable => "it cannot be asked here",
        Outcome::Broken => "asking went wrong",
    }
}

/// The word of the command line, which is also the value of the filter.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Informs => "informs",
    }
}

/// What each level means, for the legend.
pub(super) const OWED: [(Level, &str); 3] = [
    (Level::Must, "containers break without it"),
    (Level::Should, "expected, but drivers are known to differ"),
    (Level::Informs, "worth knowing"),
];
