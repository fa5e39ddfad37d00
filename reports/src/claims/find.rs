//! Looking for the series of one subject, and saying why there is none.

use super::pick::{Pick, Whose};
use super::verdict::Verdict;
use crate::analysis::Analysis;
use crate::finish::unfinished;
use crate::series::{Key, Series};

/// On whom a check is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) subject: &'a str,
    pub(super) other: Option<&'a str>,
}

/// Why a check says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
}

impl Stop {
    /// There is not enough to go by.
    pub(super) fn nothing(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            reason: reason.into(),
        }
    }

    /// It cannot be asked of this subject.
    pub(super) fn inapplicable(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::NotApplicable,
            reason: reason.into(),
        }
    }
}

impl<'a> Sought<'a> {
    /// The one series that a pick means, with the subject's own key.
    pub(super) fn one(&self, pick: &Pick) -> Result<(&'a Key, &'a Series), Stop> {
        let keys = pick.keys(self.analysis, self.subject, None);
        match keys[..] {
            [key] => Ok((key, self.measured(pick, key)?)),
            [] => Err(self.absent(pick)),
            [first, second, ..] => Err(Stop::nothing(format!(
                "several series fit {}: {}; {}",
                pick.words(None),
                first.params_text(),
                second.params_text()
            ))),
        }
    }

    /// The series of each value of the parameter `varied`, in its order.
    pub(super) fn each(&self, pick: &Pick, varied: &str) -> Result<Vec<(f64, &'a Series)>, Stop> {
        let keys = pick.keys(self.analysis, self.subject, Some(varied));
        let mut found = Vec::new();
        for key in keys {
            if let Some(value) = super::pick::number(key, varied).filter(|value| *value > 0.0) {
                found.push((value, self.measured(pick, key)?));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        if let Some(pair) = found.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Stop::nothing(format!(
                "several series fit {} at {varied} {}",
                pick.words(Some(varied)),
                pair[0].0
            )));
        }
        if found.is_empty() {
            return Err(self.absent(pick));
        }
        Ok(found)
    }

    /// The series of a key, or of whoever it is compared with; rounds that ran into a time limit would be longer than
    /// any seen, so that no interval can be had.
    fn measured(&self, pick: &Pick, key: &'a Key) -> Result<&'a Series, Stop> {
        let series = pick
            .series(self.analysis, self.subject, self.other, key)
            .ok_or_else(|| match pick.whose {
                Whose::Own | Whose::Other => self.absent(pick),
                Whose::Control | Whose::OtherControl => Stop::inapplicable(format!(
                    "the control does no {} {}",
                    key.workload, key.phase
                )),
            })?;
        let out = unfinished(self.analysis, &series.subject, &series.key);
        let limits = out.filter(|dnf| dnf.after_seconds.is_some()).count();
        if limits > 0 {
            return Err(Stop::nothing(format!(
                "{} ran into a time limit in {} {}",
                series.subject, key.workload, key.phase
            )));
        }
        Ok(series)
    }

    /// Why a series is not there.
    fn absent(&self, pick: &Pick) -> Stop {
        let results = self.analysis.results;
        let who = match pick.whose {
            Whose::Other => self.other.unwrap_or(self.subject),
            _ => self.subject,
        };
        let given_up = results.dnf.iter().find(|dnf| {
            dnf.subject == who
                && dnf.workload == pick.workload
                && dnf.phase.as_deref().is_none_or(|phase| phase == pick.phase)
        });
        if let Some(dnf) = given_up {
            return Stop::nothing(format!(
                "{who} did not finish {} {}: {}",
                pick.workload, pick.phase, dnf.reason
            ));
        }
        let wanted = pick.words(None);
        let asked = results
            .run
            .workloads
            .iter()
            .any(|w| w.name == pick.workload);
        Stop::nothing(if !asked {
            format!("{} was not measured: --workload {0}", pick.workload)
        } else if COUNTED.contains(&pick.metric) {
            format!("no {wanted} of {who}: --counts yes may count it")
        } else {
            format!("no {wanted} of {who}")
        })
    }
}

/// Metrics that many phases have in the counted pass only.
pub(super) const COUNTED: [&str; 7] = [
    "allocated",
    "inodes",
    "device-written",
    "device-read",
    "device-requests",
    "page-cache",
    "syscalls",
];
