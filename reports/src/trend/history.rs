//! Runs gathered into series: one point a run, for each host and set-up apart.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, changes, is_restless};
use super::divide::ENOUGH;
use crate::analysis::Analysis;
use crate::headline;
use crate::metric::{Direction, Repeats, direction, repeats};
use crate::record::{Facts, Results, Subject};
use crate::series::{Key, Series};
use crate::stats::{Paired, family};

/// The share of false ones among the changes shown, over all series of a group.
pub const FALSE_SHARE: f64 = 0.05;

/// Which series are wanted; an empty list means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `time`, `allocated`.
    pub metrics: Vec<String>,
    /// `pull`.
    pub workloads: Vec<String>,
    /// What the subject's name contains.
    pub subjects: Vec<String>,
    /// Every metric of every phase; else the headline numbers and what noise cannot touch.
    pub all: bool,
}

impl Filter {
    /// Whether a series is wanted; `headline` ones are whatever their metric.
    pub fn takes(&self, subject: &str, key: &Key, headline: bool) -> bool {
        let one = |list: &[String], value: &str| list.is_empty() || list.iter().any(|x| x == value);
        let named = self.subjects.is_empty() || self.subjects.iter().any(|s| subject.contains(s));
        let chosen = self.all
            || headline
            || !self.metrics.is_empty()
            || repeats(&key.metric) < Repeats::Noisily;
        named
            && chosen
            && one(&self.metrics, &key.metric)
            && one(&self.workloads, &key.workload)
            && direction(&key.metric) != Direction::Neither
    }
}

/// One run, as a point of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Its name.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// Of layerbench.
    pub version: String,
    /// The commit it was built from; empty when unknown.
    pub commit: String,
    /// Of the host.
    pub kernel: String,
}

/// What the values of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Ratios to the control of the same run: the machine's speed cancels.
    Control,
    /// The values themselves, which noise touches.
    Own,
    /// The values themselves, which repeat exactly.
    Exact,
}

/// One run's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Index into [`Group::runs`].
    pub run: usize,
    /// The ratio, or the value in the series' unit.
    pub value: f64,
}

/// One series over the runs.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The subject as the command line takes it.
    pub subject: String,
    /// What was measured.
    pub key: Key,
    /// The unit of the records.
    pub unit: String,
    /// What the points are.
    pub basis: Basis,
    /// In the order of time.
    pub points: Vec<Point>,
    /// Where it changed.
    pub changes: Vec<Change>,
    /// One of the headline numbers.
    pub headline: bool,
}

impl Trend {
    /// Whether there are enough runs to tell a change from noise.
    pub fn is_short(&self) -> bool {
        self.basis != Basis::Exact && self.points.len() < ENOUGH
    }
}

/// The runs of one host with one set-up: what may be compared.
#[derive(Debug, Clone)]
pub struct Group {
    /// The host's fingerprint; empty when unknown.
    pub host: String,
    /// `profile quick, image default`.
    pub setup: String,
    /// In the order of time.
    pub runs: Vec<RunInfo>,
    /// In the order of the newest run that has them.
    pub trends: Vec<Trend>,
    /// Series whose change does not outweigh that so many were looked at; their changes are left out.
    pub withheld: usize,
}

/// Both kinds of values of one run: the ratio where there is a control, and the value itself.
#[derive(Debug, Clone, Copy)]
struct Values {
    run: usize,
    ratio: Option<f64>,
    own: f64,
}

#[derive(Debug, Default)]
struct Raw {
    unit: String,
    headline: bool,
    values: Vec<Values>,
}

#[derive(Debug, Default)]
struct Gathered {
    host: String,
    setup: String,
    runs: Vec<RunInfo>,
    series: BTreeMap<(String, Key), Raw>,
}

/// Takes runs in, one after the other in the order of time, and keeps only their points.
#[derive(Debug, Default)]
pub struct History {
    filter: Filter,
    groups: BTreeMap<(String, String), Gathered>,
}

impl History {
    /// A history of what the filter takes.
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            groups: BTreeMap::new(),
        }
    }

    /// Adds a run, made on the host of that fingerprint.
    pub fn add(&mut self, id: &str, host: &str, results: &Results) {
        if results.records.is_empty() {
            return;
        }
        let run = &results.run;
        let group = self
            .groups
            .entry((host.to_owned(), comparable(results)))
            .or_default();
        group.host = host.to_owned();
        group.setup = format!("profile {}, image {}", run.profile, image(&run.image));
        let at = group.runs.len();
        group.runs.push(RunInfo {
            id: id.to_owned(),
            started: run.started.clone(),
            version: run.version.clone(),
            commit: run.commit.clone(),
            kernel: results.host.get("kernel").cloned().unwrap_or_default(),
        });
        let analysis = Analysis::new(results);
        let shown: BTreeSet<Key> = headline::rows(&analysis)
            .into_iter()
            .map(|row| row.key)
            .collect();
        for subject in analysis.subjects() {
            let own = analysis.series.iter().filter(|s| s.subject == subject.name);
            for series in own {
                let headline = shown.contains(&series.key);
                let spec = subject.spec();
                if self.filter.takes(&spec, &series.key, headline) {
                    let raw = group.series.entry((spec, series.key.clone())).or_default();
                    raw.unit.clone_from(&series.unit);
                    raw.headline |= headline;
                    raw.values.push(values(&analysis, subject, series, at));
                }
            }
        }
    }

    /// The groups, those with the most runs first, with the changes of every series.
    pub fn groups(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.into_values().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.runs.len()));
        groups
    }
}

/// What must be the same for two runs to be comparable.
fn comparable(results: &Results) -> String {
    let run = &results.run;
    let scale = run.config.get("scale");
    let of_image: Facts = run.image.clone();
    format!(
        "{} {of_image:?} {}",
        run.profile,
        scale.map(ToString::to_string).unwrap_or_default()
    )
}

fn image(facts: &Facts) -> String {
    let name = facts.get("name").or_else(|| facts.get("reference"));
    name.cloned().unwrap_or_else(|| "unnamed".to_owned())
}

fn values(analysis: &Analysis<'_>, subject: &Subject, series: &Series, run: usize) -> Values {
    let control = analysis.control_of(&subject.name, &series.key);
    let pair = control.and_then(|control| Paired::new(&series.rounds, &control.rounds));
    Values {
        run,
        ratio: pair.map(|pair| pair.ratio),
        own: series.median(),
    }
}

fn group(gathered: Gathered) -> Group {
    let mut trends: Vec<Trend> = gathered
        .series
        .into_iter()
        .map(|((subject, key), raw)| trend(subject, key, &raw))
        .collect();
    let least = |trend: &Trend| trend.changes.iter().map(|c| c.p).fold(1.0, f64::min);
    let tested: Vec<usize> = (0..trends.len())
        .filter(|at| trends[*at].basis != Basis::Exact && !trends[*at].is_short())
        .collect();
    let adjusted = family::adjust(
        &tested
            .iter()
            .map(|at| least(&trends[*at]))
            .collect::<Vec<_>>(),
    );
    let mut withheld = 0;
    for (at, adjusted) in tested.into_iter().zip(adjusted) {
        if adjusted > FALSE_SHARE && !trends[at].changes.is_empty() {
            trends[at].changes.clear();
            withheld += 1;
        }
    }
    Group {
        host: gathered.host,
        setup: gathered.setup,
        runs: gathered.runs,
        trends,
        withheld,
    }
}

fn trend(subject: String, key: Key, raw: &Raw) -> Trend {
    let own: Vec<f64> = raw.values.iter().map(|v| v.own).collect();
    let points = |value: fn(&Values) -> Option<f64>| -> Vec<Point> {
        let point = |v: &Values| Some((v.run, value(v)?));
        let known = raw.values.iter().filter_map(point);
        known.map(|(run, value)| Point { run, value }).collect()
    };
    let exact = repeats(&key.metric) == Repeats::Exactly && !is_restless(&own);
    let ratios = points(|v| v.ratio);
    let (basis, points) = if exact {
        (Basis::Exact, points(|v| Some(v.own)))
    } else if ratios.is_empty() {
        // A ratio needs values above 0.
        (Basis::Own, points(|v| Some(v.own).filter(|own| *own > 0.0)))
    } else {
        (Basis::Control, ratios)
    };
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    Trend {
        subject,
        unit: raw.unit.clone(),
        changes: changes(&values, basis),
        headline: raw.headline,
        key,
        basis,
        points,
    }
}
