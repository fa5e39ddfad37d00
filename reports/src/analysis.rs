//! Results with all that statistics say of them: series, comparisons with the control, noise bands, verdicts.
//!
//! Every document is made of this, so that no two of them can disagree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::emulated::is_timed;
use crate::finish::timed_out;
use crate::headline;
use crate::metric::{Direction, direction, floor};
use crate::record::{Record, Results, Role, Subject, Support};
use crate::repeats::{self, Repeats};
use crate::series::{Key, Series, gather};
use crate::stats::pair::difference;
use crate::stats::quantile::quantile;
use crate::stats::verdict::PRACTICAL;
use crate::stats::{Paired, Verdict, family};

/// A series against its control's.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The ratio and its interval.
    pub pair: Paired,
    /// p after the correction for the family.
    pub adjusted: f64,
    /// What a difference must clear: 5 %, or the noise band where that is wider.
    pub margin: f64,
    /// What is to be said of it.
    pub verdict: Verdict,
    /// Rounds without a ratio because the subject timed out in them: the true ratio is higher.
    pub timed_out: usize,
}

/// Comparisons with the control whose p was corrected together; by the place of the series.
#[derive(Debug, Default)]
pub struct Family(BTreeMap<usize, Compared>);

/// What a ratio does not hold.
struct Measured {
    /// In the unit.
    difference: f64,
    /// Rounds in which the subject timed out.
    timed_out: usize,
    /// Rounds in which the control did.
    other: usize,
}

/// What a twin showed: the machine's noise as a comparison sees it.
#[derive(Debug, Clone)]
pub struct Noise {
    /// Comparisons of a twin with its original.
    pub compared: usize,
    /// Those with p of 0.05 or less; about one in twenty is due.
    pub alarms: usize,
}

/// Results, analysed.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// The results themselves.
    pub results: &'a Results,
    /// Every series, in order of appearance.
    pub series: Vec<Series>,
    /// The noise band (0.08 for 8 %) by workload and metric.
    pub bands: BTreeMap<(String, String), f64>,
    /// The twins' comparisons; `None` without a twin.
    pub noise: Option<Noise>,
    compared: Family,
    index: HashMap<String, Own>,
}

/// Where the series of one subject are.
#[derive(Debug, Default)]
struct Own {
    by_key: HashMap<Key, usize>,
    by_workload: HashMap<String, Vec<usize>>,
}

impl<'a> Analysis<'a> {
    /// Analyses results; of blocks that were measured twice, the quieter measurement.
    pub fn new(results: &'a Results) -> Self {
        Self::with(results, Repeats::Used)
    }

    /// Analyses results with or without what was measured again.
    pub fn with(results: &'a Results, repeats: Repeats) -> Self {
        let left_out = repeats::left_out(results, repeats);
        let emulated = results.emulated_subjects();
        let counts = |record: &&Record| {
            let untold = is_timed(&record.unit) && emulated.contains(record.subject.as_str());
            !untold && !left_out.contains(&(record.workload.as_str(), record.round))
        };
        let series = gather(results.records.iter().filter(counts));
        let mut index: HashMap<String, Own> = HashMap::new();
        for (at, one) in series.iter().enumerate() {
            let own = index.entry(one.subject.clone()).or_default();
            own.by_key.insert(one.key.clone(), at);
            let workload = own.by_workload.entry(one.key.workload.clone());
            workload.or_default().push(at);
        }
        let mut analysis = Self {
            results,
            series,
            bands: BTreeMap::new(),
            noise: None,
            compared: Family::default(),
            index,
        };
        analysis.measure_noise();
        // Verdicts are given on the headline numbers, so these are the family.
        let rows = headline::rows(&analysis).into_iter();
        analysis.compared = analysis.compare(&rows.map(|row| row.key).collect());
        analysis
    }

    /// The subjects under test that could run, in order.
    pub fn subjects(&self) -> Vec<&'a Subject> {
        self.with_role(Role::Subject)
    }

    /// The controls.
    pub fn controls(&self) -> Vec<&'a Subject> {
        self.with_role(Role::Control)
    }

    /// What one subject measured of one thing.
    pub fn get(&self, subject: &str, key: &Key) -> Option<&Series> {
        self.place(subject, key).map(|at| &self.series[at])
    }

    fn place(&self, subject: &str, key: &Key) -> Option<usize> {
        self.index.get(subject)?.by_key.get(key).copied()
    }

    /// All that one subject measured of a workload, in order of appearance.
    pub fn of<'b>(
        &'b self,
        subject: &str,
        workload: &str,
    ) -> impl Iterator<Item = &'b Series> + use<'a, 'b> {
        let own = self.index.get(subject);
        let places = own.and_then(|own| own.by_workload.get(workload));
        let places = places.map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|at| &self.series[*at])
    }

    /// A subject's series against its control's.
    pub fn against_control(&self, subject: &str, key: &Key) -> Option<&Compared> {
        self.in_family(&self.compared, subject, key)
    }

    /// A subject's series against its control's, as one of a family of comparisons.
    pub fn in_family<'b>(
        &self,
        family: &'b Family,
        subject: &str,
        key: &Key,
    ) -> Option<&'b Compared> {
        family.0.get(&self.place(subject, key)?)
    }

    /// The control's series that a subject's is compared with.
    ///
    /// The control did the same with the same parameters. It may lack a parameter (a plain directory has no depth), or
    /// give its own driver's name as the value (it is a target of its own); any other difference, such as a cold against
    /// a warm cache, makes the two incomparable.
    pub fn control_of(&self, subject: &str, key: &Key) -> Option<&Series> {
        let name = self
            .results
            .subjects
            .iter()
            .find(|s| s.name == subject)?
            .control
            .as_deref()?;
        if let Some(same) = self.get(name, key) {
            return Some(same);
        }
        let driver = &self
            .results
            .subjects
            .iter()
            .find(|s| s.name == name)?
            .driver;
        let mut fit = self.of(name, &key.workload).filter(|s| {
            let other = &s.key;
            (&other.phase, &other.metric) == (&key.phase, &key.metric)
                && other
                    .params
                    .iter()
                    .all(|(name, value)| value == driver || key.params.get(name) == Some(value))
        });
        match (fit.next(), fit.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The workloads in the order of the run, then any others found in the records.
    pub fn workloads(&self) -> Vec<String> {
        let planned = self.results.run.workloads.iter().map(|w| &w.name);
        let seen = self.series.iter().map(|s| &s.key.workload);
        let mut known = HashSet::new();
        let names = planned.chain(seen).filter(|name| known.insert(*name));
        names.cloned().collect()
    }

    /// The question a workload answers.
    pub fn question(&self, workload: &str) -> String {
        let known = self
            .results
            .run
            .workloads
            .iter()
            .find(|w| w.name == workload);
        known.map_or_else(
            || format!("What does {workload} cost?"),
            |w| w.question.clone(),
        )
    }

    /// Comparisons in the family.
    pub fn family_size(&self) -> usize {
        self.compared.0.len()
    }

    /// All comparisons with a control that get a verdict: those of the headline numbers.
    pub fn comparisons(&self) -> impl Iterator<Item = (&Series, &Compared)> {
        let compared = self.compared.0.iter();
        compared.map(|(at, compared)| (&self.series[*at], compared))
    }

    fn with_role(&self, role: Role) -> Vec<&'a Subject> {
        self.results
            .subjects
            .iter()
            .filter(|s| s.role == role && s.support == Support::Ready)
            .collect()
    }

    fn measure_noise(&mut self) {
        let mut distances: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        let (mut compared, mut alarms) = (0, 0);
        for twin in self.with_role(Role::Twin) {
            let Some(original) = twin.twin_of.as_deref() else {
                continue;
            };
            for series in self.series.iter().filter(|s| s.subject == twin.name) {
                let other = self.get(original, &series.key);
                let Some(pair) = other.and_then(|other| Paired::new(&series.rounds, &other.rounds))
                else {
                    continue;
                };
                compared += 1;
                alarms += usize::from(pair.p <= 0.05);
                let group = (series.key.workload.clone(), series.key.metric.clone());
                distances
                    .entry(group)
                    .or_default()
                    .push(pair.ratio.ln().abs());
            }
        }
        self.bands = distances
            .into_iter()
            .filter_map(|(group, distances)| Some((group, quantile(&distances, 0.95)?.exp() - 1.0)))
            .collect();
        self.noise = (compared > 0).then_some(Noise { compared, alarms });
    }

    /// Compares what each subject measured of these with its control's; p is corrected for all of them together.
    pub fn compare(&self, shown: &BTreeSet<Key>) -> Family {
        let subjects: BTreeSet<&str> = self.subjects().iter().map(|s| s.name.as_str()).collect();
        let mut pairs: Vec<(usize, Paired, Measured)> = Vec::new();
        for (at, series) in self.series.iter().enumerate() {
            if !subjects.contains(series.subject.as_str())
                || !shown.contains(&series.key)
                || direction(&series.key.metric) == Direction::Neither
            {
                continue;
            }
            let Some(control) = self.control_of(&series.subject, &series.key) else {
                continue;
            };
            if let Some(pair) = Paired::new(&series.rounds, &control.rounds) {
                let measured = Measured {
                    difference: difference(&series.rounds, &control.rounds).unwrap_or(0.0),
                    timed_out: timed_out(self, &series.subject, &series.key).len(),
                    other: timed_out(self, &control.subject, &control.key).len(),
                };
                pairs.push((at, pair, measured));
            }
        }
        let p_values: Vec<f64> = pairs.iter().map(|(_, pair, _)| pair.p).collect();
        let mut all = BTreeMap::new();
        for ((at, pair, measured), adjusted) in pairs.into_iter().zip(family::adjust(&p_values)) {
            let key = &self.series[at].key;
            let margin = self.margin(key);
            let more = direction(&key.metric) == Direction::More;
            let verdict = Verdict::of(&pair, adjusted, margin, more)
                .above(measured.difference, floor(&key.metric))
                .without(measured.timed_out, measured.other);
            all.insert(
                at,
                Compared {
                    pair,
                    adjusted,
                    margin,
                    verdict,
                    timed_out: measured.timed_out,
                },
            );
        }
        Family(all)
    }

    /// What a difference in a key must clear: 5 %, or the noise band of its workload and metric where that is wider.
    pub fn margin(&self, key: &Key) -> f64 {
        let band = self.bands.get(&(key.workload.clone(), key.metric.clone()));
        band.copied().unwrap_or(0.0).max(PRACTICAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One subject with the given records and its control with others: phase, parameter.
    fn results(subject: &[(&str, &str)], control: &[(&str, &str)]) -> Results {
        let head = |name: &str, driver: &str, role: &str| {
            format!(
                r#"{{"kind":"subject","name":"{name}","driver":"{driver}","role":"{role}","control":"plain@x","options":{{}},"support":{{"status":"ready"}},"facts":[],"capabilities":{{}}}}"#
            )
        };
        let mut lines = vec![
            r#"{"kind":"run","schema":1,"version":"","commit":"","seed":1,"profile":"","rounds":1,"started":"","command_line":[],"config":{},"image":{},"workloads":[]}"#.to_owned(),
            head("d@x", "d", "subject"),
            head("plain@x", "plain", "control"),
        ];
        for (name, records) in [("d@x", subject), ("plain@x", control)] {
            lines.extend(records.iter().flat_map(|(phase, params)| {
                (0..6).map(move |round| format!(
                    r#"{{"kind":"record","subject":"{name}","driver":"","workload":"w","phase":"{phase}","metric":"time","unit":"s","round":{round},"position":0,"value":1.5,"params":{{{params}}}}}"#
                ))
            }));
        }
        Results::from_lines(&lines.join("\n")).unwrap()
    }

    /// How many of the subject's series found their control.
    fn found(subject: &[(&str, &str)], control: &[(&str, &str)]) -> usize {
        let results = results(subject, control);
        let analysis = Analysis::new(&results);
        let own = analysis.series.iter().filter(|s| s.subject == "d@x");
        own.filter(|s| analysis.control_of("d@x", &s.key).is_some())
            .count()
    }

    #[test]
    fn a_control_is_found_by_what_it_did() {
        let new = ("p", r#""target":"layer-new""#);
        let lower = ("p", r#""target":"layer-lower""#);
        assert_eq!(found(&[new, lower], &[("p", r#""target":"plain""#)]), 2);
        assert_eq!(found(&[("p", r#""depth":"16""#)], &[("p", "")]), 1);
        assert_eq!(
            found(
                &[("p", r#""size":"1""#), ("p", r#""size":"2""#)],
                &[("p", r#""size":"1""#)]
            ),
            1
        );
        assert_eq!(found(&[("p", "")], &[("q", "")]), 0);
    }

    #[test]
    fn cold_is_never_compared_with_warm() {
        let (cold, warm) = (("p", r#""cache":"cold""#), ("p", r#""cache":"warm""#));
        assert_eq!(found(&[cold], &[warm]), 0);
        assert_eq!(found(&[cold, warm], &[warm]), 1);
        assert_eq!(found(&[cold, warm], &[cold, warm]), 2);
    }

    #[test]
    fn two_controls_that_fit_are_none() {
        let plain = r#""target":"plain""#;
        let both = [("p", plain), ("p", "")];
        assert_eq!(found(&[("p", r#""target":"layer""#)], &both), 0);
    }
}
