//! Limits: how much worse something may get, `WORKLOAD[/PHASE][:METRIC]=PERCENT`.
//!
//! Each part may hold `*` for any text; a part that is not there stands for all. The most specific limit counts, and of
//! equally specific ones the last: those of the command line come after those of the file.

use crate::series::Key;

/// One limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// As it was written, without the value.
    pub name: String,
    workload: String,
    phase: Option<String>,
    metric: Option<String>,
    /// How much worse: 0.05 for 5 %; `None`: as much as it likes.
    pub allowed: Option<f64>,
}

/// All limits, in the order of their weight.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits(Vec<Limit>);

/// What can be named.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Workloads with their phases.
    pub workloads: Vec<(String, Vec<String>)>,
    /// Metrics.
    pub metrics: Vec<String>,
}

/// A part of a limit that names nothing there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The limit.
    pub limit: String,
    /// `workload`, `phase`, `metric`.
    pub part: &'static str,
    /// What was written.
    pub given: String,
    /// What could have been.
    pub known: Vec<String>,
}

impl Limit {
    /// Reads `start/total:time` and `5%` (or `off`).
    ///
    /// # Errors
    /// A sentence saying what is wrong.
    pub fn parse(name: &str, value: &str) -> Result<Self, String> {
        let name = name.trim();
        let (path, metric) = match name.split_once(':') {
            Some((path, metric)) => (path, Some(metric)),
            None => (name, None),
        };
        let (workload, phase) = match path.split_once('/') {
            Some((workload, phase)) => (workload, Some(phase)),
            None => (path, None),
        };
        let parts = [Some(workload), phase, metric];
        let bad = |part: &str| {
            part.is_empty() || part.contains([':', '/', '=']) || part.contains(char::is_whitespace)
        };
        if parts.into_iter().flatten().any(bad) {
            return Err(format!(
                "{name:?} is not WORKLOAD[/PHASE][:METRIC], such as start:time, copy-up/append-first or *:allocated"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            workload: workload.to_owned(),
            phase: phase.map(str::to_owned),
            metric: metric.map(|metric| alias(metric).to_owned()),
            allowed: allowed(value).ok_or_else(|| {
                format!("{value:?} is not a limit such as 5%, 0.5% or off (for {name})")
            })?,
        })
    }

    /// Reads `start/total:time=5%`.
    ///
    /// # Errors
    /// A sentence saying what is wrong.
    pub fn parse_whole(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} has no value: start:time=5% is a limit"))?;
        Self::parse(name, value)
    }

    fn fits(&self, key: &Key) -> bool {
        let part = |pattern: &Option<String>, text: &str| {
            pattern.as_deref().is_none_or(|pattern| like(pattern, text))
        };
        like(&self.workload, &key.workload)
            && part(&self.phase, &key.phase)
            && part(&self.metric, &key.metric)
    }

    /// How much of it is said: whole names weigh more than patterns, patterns more than nothing.
    fn weight(&self) -> u8 {
        let weight = |part: &str| match part {
            "*" => 0,
            _ if part.contains('*') => 1,
            _ => 2,
        };
        let parts = [
            Some(&self.workload),
            self.phase.as_ref(),
            self.metric.as_ref(),
        ];
        parts.into_iter().flatten().map(|part| weight(part)).sum()
    }
}

/// `5%`, `0.5 %`; `off`: `Some(None)`; what is neither: `None`.
fn allowed(text: &str) -> Option<Option<f64>> {
    let text = text.trim();
    if text == "off" {
        return Some(None);
    }
    let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (percent.is_finite() && (0.0..=10_000.0).contains(&percent)).then_some(Some(percent / 100.0))
}

/// The short names of the latencies that people write.
fn alias(metric: &str) -> &str {
    match metric {
        "p50" => "latency-p50",
        "p95" => "latency-p95",
        "p99" => "latency-p99",
        other => other,
    }
}

impl Limits {
    /// Limits in the order they were given.
    pub fn new(mut limits: Vec<Limit>) -> Self {
        // Stable: of equal weight the last stays last.
        limits.sort_by_key(Limit::weight);
        Self(limits)
    }

    /// The limit that counts for something measured.
    pub fn of(&self, key: &Key) -> Option<&Limit> {
        self.0.iter().rev().find(|limit| limit.fits(key))
    }

    /// All of them.
    pub fn all(&self) -> &[Limit] {
        &self.0
    }

    /// Whether all parts name something: a misspelt limit would guard nothing. `p50` of a workload that times no single
    /// operations is that of its `time`, whose values are medians already.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&mut self, names: &Names) -> Result<(), Unmatched> {
        for limit in &mut self.0 {
            let unmatched = |part, given: &str, known: Vec<String>| Unmatched {
                limit: limit.name.clone(),
                part,
                given: given.to_owned(),
                known,
            };
            let fit: Vec<_> = names
                .workloads
                .iter()
                .filter(|(name, _)| like(&limit.workload, name))
                .collect();
            if fit.is_empty() {
                let known = names.workloads.iter().map(|(name, _)| name.clone());
                return Err(unmatched("workload", &limit.workload, known.collect()));
            }
            if let Some(phase) = &limit.phase {
                let known: Vec<String> =
                    fit.iter().flat_map(|(_, phases)| phases.clone()).collect();
                if !known.iter().any(|name| like(phase, name)) {
                    return Err(unmatched("phase", phase, known));
                }
            }
            if let Some(metric) = &limit.metric
                && !names.metrics.iter().any(|name| like(metric, name))
            {
                return Err(unmatched("metric", metric, names.metrics.clone()));
            }
        }
        Ok(())
    }

    /// Lets `p50` mean `time` where none of these keys is a latency.
    pub fn settle<'a>(&mut self, keys: impl Iterator<Item = &'a Key> + Clone) {
        for limit in &mut self.0 {
            if limit.metric.as_deref() == Some("latency-p50")
                && limit.name.ends_with(":p50")
                && !keys.clone().any(|key| limit.fits(key))
            {
                limit.metric = Some("time".to_owned());
            }
        }
    }
}

/// Whether a text is as a pattern says; `*` stands for any text.
fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .any(|at| like(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(workload: &str, phase: &str, metric: &str) -> Key {
        Key {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            metric: metric.to_owned(),
            params: Default::default(),
        }
    }

    fn limits(texts: &[&str]) -> Limits {
        Limits::new(
            texts
                .iter()
                .map(|text| Limit::parse_whole(text).unwrap())
                .collect(),
        )
    }

    #[test]
    fn the_most_specific_limit_counts_and_then_the_last() {
        let limits = limits(&[
            "start/total:time=2%",
            "start=10%",
            "*=50 %",
            "start:time=7%",
            "start=20%",
            "write-*:allocated=off",
        ]);
        let of = |workload, phase, metric| limits.of(&key(workload, phase, metric)).unwrap();
        assert_eq!(of("start", "total", "time").allowed, Some(0.02));
        assert_eq!(of("start", "mount", "time").allowed, Some(0.07));
        assert_eq!(of("start", "mount", "cpu").allowed, Some(0.2));
        assert_eq!(of("pull", "pull", "time").allowed, Some(0.5));
        assert_eq!(of("write-heavy", "x", "allocated").allowed, None);
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for bad in [
            "start",
            "start=5",
            "start=-1%",
            "start=x%",
            "=5%",
            "start:=5%",
            "a/b/c=5%",
            "a:b:c=5%",
            "start=NaN%",
            "start=inf%",
            "sta rt=5%",
        ] {
            assert!(Limit::parse_whole(bad).is_err(), "{bad}");
        }
        assert_eq!(Limit::parse_whole("a=0%").unwrap().allowed, Some(0.0));
    }

    #[test]
    fn a_part_that_names_nothing_is_told_with_what_there_is() {
        let names = Names {
            workloads: vec![("start".to_owned(), vec!["total".to_owned()])],
            metrics: vec!["time".to_owned(), "latency-p50".to_owned()],
        };
        let check = |text| limits(&[text]).check(&names);
        assert_eq!(check("start/total:time=5%"), Ok(()));
        assert_eq!(check("s*:p50=5%"), Ok(()));
        assert_eq!(check("strat=5%").unwrap_err().part, "workload");
        assert_eq!(check("start/totl=5%").unwrap_err().known, ["total"]);
        assert_eq!(check("start:tmie=5%").unwrap_err().part, "metric");
    }

    #[test]
    fn p50_is_the_time_where_no_single_operation_is_timed() {
        let keys = [key("start", "total", "time")];
        let mut limits = limits(&["start:p50=3%"]);
        assert_eq!(limits.of(&keys[0]), None);
        limits.settle(keys.iter());
        assert_eq!(limits.of(&keys[0]).unwrap().allowed, Some(0.03));
    }
}
