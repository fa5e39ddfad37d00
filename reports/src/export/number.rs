//! One number for each thing a subject did: the middle of its rounds, with its interval, and the ratio to the control.

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::headline;
use crate::record::{Results, Subject};
use crate::series::{Key, Series};
use crate::stats::{Paired, signed_rank};
use crate::trend::Filter;

/// What one subject needed for one thing.
#[derive(Debug, Clone)]
pub struct Number {
    /// The subject as the command line takes it.
    pub subject: String,
    /// Its driver.
    pub driver: String,
    /// What was measured.
    pub key: Key,
    /// The unit of the records.
    pub unit: String,
    /// The median over the rounds.
    pub value: f64,
    /// The 95 % interval of the middle; none below six rounds.
    pub interval: Option<(f64, f64)>,
    /// Rounds it was measured in.
    pub rounds: usize,
    /// Against the control.
    pub ratio: Option<Paired>,
}

impl Number {
    /// `overlay2@xfs pull unpack (depth 16)`: without the metric, which formats keep apart.
    pub fn name(&self) -> String {
        let params = self.key.params_text();
        let behind = if params.is_empty() {
            String::new()
        } else {
            format!(" ({params})")
        };
        format!(
            "{} {} {}{behind}",
            self.subject, self.key.workload, self.key.phase
        )
    }
}

/// The numbers of the subjects under test that the filter takes, in the order of the records.
pub fn numbers(results: &Results, filter: &Filter) -> Vec<Number> {
    let analysis = Analysis::new(results);
    let shown: BTreeSet<Key> = headline::rows(&analysis)
        .into_iter()
        .map(|row| row.key)
        .collect();
    let subjects = analysis.subjects();
    let of = |series: &Series| {
        let subject = subjects.iter().find(|s| s.name == series.subject)?;
        let taken = filter.takes(&subject.spec(), &series.key, shown.contains(&series.key));
        taken.then(|| number(&analysis, subject, series))
    };
    analysis.series.iter().filter_map(of).collect()
}

fn number(analysis: &Analysis<'_>, subject: &Subject, series: &Series) -> Number {
    let values = series.values();
    let value = series.median();
    let control = analysis.control_of(&subject.name, &series.key);
    Number {
        subject: subject.spec(),
        driver: subject.driver.clone(),
        key: series.key.clone(),
        unit: series.unit.clone(),
        value,
        // The interval is that of the Hodges-Lehmann centre, which is nearly the median; it holds both.
        interval: signed_rank::interval(&values)
            .filter(|range| range.level >= 0.95)
            .map(|range| (range.low.min(value), range.high.max(value))),
        rounds: values.len(),
        ratio: control.and_then(|control| Paired::new(&series.rounds, &control.rounds)),
    }
}
