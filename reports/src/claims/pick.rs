//! Which series a check looks at.

use crate::analysis::Analysis;
use crate::series::{Key, Series};

/// How the value of a parameter is chosen among those measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This text.
    Is(&'static str),
    /// The smallest number.
    Least,
    /// The largest number.
    Most,
}

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The subject's own.
    Own,
    /// That of its control: the same work in a plain directory of the same store.
    Control,
    /// The same number of the subject it is compared with.
    Other,
    /// That of the other's control.
    OtherControl,
}

/// One series of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The workload.
    pub workload: &'static str,
    /// The phase.
    pub phase: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// The parameters that choose among several.
    pub params: &'static [(&'static str, Choice)],
    /// Whose number is taken; it is always the subject's own that is looked for.
    pub whose: Whose,
}

impl Pick {
    /// The subject's own number.
    pub const fn new(workload: &'static str, phase: &'static str, metric: &'static str) -> Self {
        Self {
            workload,
            phase,
            metric,
            params: &[],
            whose: Whose::Own,
        }
    }

    /// With these parameters.
    pub const fn with(mut self, params: &'static [(&'static str, Choice)]) -> Self {
        self.params = params;
        self
    }

    /// Somebody else's.
    pub const fn of(mut self, whose: Whose) -> Self {
        self.whose = whose;
        self
    }

    /// The subject's keys that fit, the parameter `varied` left open.
    pub(super) fn keys<'a>(
        &self,
        analysis: &'a Analysis<'_>,
        subject: &str,
        varied: Option<&str>,
    ) -> Vec<&'a Key> {
        let own = analysis.series.iter().filter(|s| s.subject == subject);
        let mut fit: Vec<&Key> = own
            .map(|s| &s.key)
            .filter(|key| {
                (
                    key.workload.as_str(),
                    key.phase.as_str(),
                    key.metric.as_str(),
                ) == (self.workload, self.phase, self.metric)
            })
            .collect();
        for (name, choice) in self.params {
            if Some(*name) == varied {
                continue;
            }
            let numbers = || fit.iter().filter_map(|key| number(key, name));
            let wanted = match choice {
                Choice::Is(text) => {
                    fit.retain(|key| key.params.get(*name).is_some_and(|v| v == text));
                    continue;
                }
                Choice::Least => numbers().min_by(f64::total_cmp),
                Choice::Most => numbers().max_by(f64::total_cmp),
            };
            fit.retain(|key| wanted.is_some() && number(key, name) == wanted);
        }
        fit
    }

    /// The series of a key of the subject, or that of whoever it is compared with.
    pub(super) fn series<'a>(
        &self,
        analysis: &'a Analysis<'_>,
        subject: &str,
        other: Option<&str>,
        key: &Key,
    ) -> Option<&'a Series> {
        match self.whose {
            Whose::Own => analysis.get(subject, key),
            Whose::Control => analysis.control_of(subject, key),
            Whose::Other => analysis.get(other?, key),
            Whose::OtherControl => analysis.control_of(other?, key),
        }
    }

    /// `copy-up append-first time (cache warm, largest size)`.
    pub fn words(&self, varied: Option<&str>) -> String {
        let mut words = match self.whose {
            Whose::Own => String::new(),
            Whose::Control => "the control's ".to_owned(),
            Whose::Other => "the other's ".to_owned(),
            Whose::OtherControl => "the other's control's ".to_owned(),
        };
        words.extend([self.workload, " ", self.phase, " ", self.metric]);
        let params: Vec<String> = self
            .params
            .iter()
            .filter(|(name, _)| Some(*name) != varied)
            .map(|(name, choice)| match choice {
                Choice::Is(text) => format!("{name} {text}"),
                Choice::Least => format!("smallest {name}"),
                Choice::Most => format!("largest {name}"),
            })
            .collect();
        if !params.is_empty() {
            words.extend([" (", &params.join(", "), ")"]);
        }
        words
    }
}

/// A parameter as a number.
pub(super) fn number(key: &Key, name: &str) -> Option<f64> {
    key.params.get(name)?.parse().ok()
}
