//! How a headline number is found among all that was measured.

use super::table::TABLE;

/// How the value of a parameter is chosen among those measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    /// The least number.
    Least,
    /// The greatest number.
    Most,
    /// This text, or no such parameter.
    Is(&'static str),
    /// The first of these that was measured.
    First(&'static [&'static str]),
}

/// One headline number.
#[derive(Debug)]
pub(super) struct Pick {
    /// By which a use names it: `copy-up`.
    pub(super) id: &'static str,
    pub(super) workload: &'static str,
    /// Empty: any.
    pub(super) phase: &'static str,
    pub(super) metric: &'static str,
    pub(super) params: &'static [(&'static str, Choice)],
    /// `{size}` and the like stand for the chosen parameter.
    pub(super) label: &'static str,
    /// For the terminal's narrow column.
    pub(super) short: &'static str,
}

/// The workload that a headline number comes from; `None` for an id that is none.
pub fn known(id: &str) -> Option<&'static str> {
    let pick = TABLE.iter().find(|pick| pick.id == id)?;
    Some(pick.workload)
}

/// What a headline number is called, with `…` for what each run chooses (a size, a number of files).
pub(crate) fn called(id: &str) -> Option<String> {
    let pick = TABLE.iter().find(|pick| pick.id == id)?;
    let mut text = String::new();
    for part in pick.label.split('{') {
        match part.split_once('}') {
            Some((_, rest)) => text.extend(["…", rest]),
            None => text.push_str(part),
        }
    }
    Some(text)
}
