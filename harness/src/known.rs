//! Known failures: a file that says which cases fail on which drivers, with a link to where that is being mended.
//!
//! ```toml
//! [[known]]
//! driver = "zfs"                       # a driver, or a subject: zfs, overlay2@xfs
//! case = "exchange_and_noreplace_work"
//! link = "https://example.org/issues/1"
//! ```
//! A known failure does not fail the run. One that no longer fails does: the file would hide the next failure.

use std::path::Path;

use anyhow::Context as _;
use reports::CaseResult;
use reports::record::Outcome;

use crate::{exit, select};

/// The file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    #[serde(default)]
    known: Vec<Entry>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    driver: String,
    case: String,
    link: String,
}

/// What a known failure has come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// It is not in the file.
    Unknown,
    /// It fails, as known; with the link.
    Fails(&'a str),
    /// It does not fail any more; with the link.
    Mended(&'a str),
}

impl Known {
    /// Reads the file.
    ///
    /// # Errors
    /// No input, bad data, or usage when a case or driver in it does not exist.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read the known failures {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let known: Self = toml::from_str(text).map_err(|error| {
            // Its own words draw the line; an error is one line.
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = 1 + text.as_bytes()[..at]
                .iter()
                .filter(|b| **b == b'\n')
                .count();
            let what = error.message().trim().replace('\n', ", ");
            exit::coded(exit::BAD_DATA, format!("line {line}: {what}"))
        })?;
        for entry in &known.known {
            if !conformance::ALL.iter().any(|case| case.name == entry.case) {
                return Err(select::unknown_case(&entry.case));
            }
            let spec: drivers::SubjectSpec = entry
                .driver
                .parse()
                .map_err(|e: drivers::Error| exit::coded(exit::USAGE, e.to_string()))?;
            drivers::backend(&spec.driver).map_err(|e| exit::coded(exit::USAGE, e.to_string()))?;
        }
        Ok(known)
    }

    /// What the file makes of an answer; `spec` is the subject as the command line takes it.
    pub(crate) fn judge(&self, result: &CaseResult, spec: &str) -> Verdict<'_> {
        let entry = self.known.iter().find(|entry| {
            entry.case == result.case && (entry.driver == result.driver || entry.driver == spec)
        });
        match (entry, result.outcome) {
            (None, _) => Verdict::Unknown,
            (Some(entry), Outcome::Fail | Outcome::Broken) => Verdict::Fails(&entry.link),
            (Some(entry), _) => Verdict::Mended(&entry.link),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[known]]\ndriver = \"zfs\"\ncase = \"image_never_changes\"\nlink = \"https://example.org/1\"\n";

    fn result(driver: &str, outcome: Outcome) -> CaseResult {
        CaseResult {
            subject: format!("{driver}@x"),
            driver: driver.to_owned(),
            case: "image_never_changes".to_owned(),
            outcome,
            reason: String::new(),
            promise: String::new(),
            origin: String::new(),
            level: reports::Level::Must,
            theme: String::new(),
            capability: None,
            expected: None,
            actual: None,
            seconds: 0.0,
        }
    }

    #[test]
    fn a_known_failure_is_forgiven_until_it_is_mended() {
        let known = Known::parse(ENTRY).unwrap();
        let judge = |driver, outcome| known.judge(&result(driver, outcome), driver);
        assert_eq!(judge("vfs", Outcome::Fail), Verdict::Unknown);
        assert_eq!(
            judge("zfs", Outcome::Fail),
            Verdict::Fails("https://example.org/1")
        );
        assert_eq!(
            judge("zfs", Outcome::Pass),
            Verdict::Mended("https://example.org/1")
        );
    }

    #[test]
    fn mistakes_in_the_file_are_told() {
        let wrong = |from: &str, to: &str| Known::parse(&ENTRY.replace(from, to)).unwrap_err();
        assert!(
            format!("{:#}", wrong("image_never_changes", "image_never_change_x"))
                .contains("image_never_changes")
        );
        assert!(wrong("\"zfs\"", "\"zsf\"").to_string().contains("zfs"));
        let error = wrong("link", "lnik").to_string();
        assert!(
            error.contains("lnik") && error.starts_with("line 4: "),
            "{error}"
        );
        assert!(Known::parse("").unwrap().known.is_empty());
    }
}
