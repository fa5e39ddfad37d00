//! Records gathered into series: what one subject measured of one thing, round by round.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::latency::Latencies;
use crate::record::{Cache, Facts, Record};
use crate::stats::quantile::median;

/// What is measured, whoever does it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// `copy-up`.
    pub workload: String,
    /// `append-first`.
    pub phase: String,
    /// `time`.
    pub metric: String,
    /// `size`, `depth`, `target`.
    pub params: Facts,
}

impl Key {
    /// The key of a record.
    pub fn of(record: &Record) -> Self {
        Self {
            workload: record.workload.clone(),
            phase: record.phase.clone(),
            metric: record.metric.clone(),
            params: record.params.clone(),
        }
    }

    /// The parameters as text: `depth 16, size 64 KiB`.
    pub fn params_text(&self) -> String {
        let text: Vec<String> = self
            .params
            .iter()
            .map(|(name, value)| match name.as_str() {
                "size" => format!("size {}", crate::number::size(value)),
                _ => format!("{name} {value}"),
            })
            .collect();
        text.join(", ")
    }
}

/// One subject's values of one thing.
#[derive(Debug, Clone)]
pub struct Series {
    /// The subject's name.
    pub subject: String,
    /// What was measured.
    pub key: Key,
    /// The unit of the values.
    pub unit: String,
    /// One value per round.
    pub rounds: BTreeMap<u32, f64>,
    /// All latencies of all rounds.
    pub latencies: Option<Latencies>,
    /// Values whose round was noisy.
    pub flagged: usize,
    /// What was known of the page cache, when it was the same in all rounds.
    pub cache: Option<Cache>,
}

impl Series {
    /// The values in the order of the rounds.
    pub fn values(&self) -> Vec<f64> {
        self.rounds.values().copied().collect()
    }

    /// The middle of the values; a series is never empty.
    pub fn median(&self) -> f64 {
        median(&self.values()).unwrap_or(0.0)
    }
}

/// Gathers records, in order of first appearance. Values that repeat within a round become their median.
pub fn gather<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Series> {
    // A key is made once for each series, not for each record: there may be a hundred thousand.
    let mut index: HashMap<(&str, &str, &str, &str, &Facts), usize> = HashMap::new();
    let mut all: Vec<(Series, Vec<(u32, f64)>)> = Vec::new();
    for record in records {
        let of = (
            record.subject.as_str(),
            record.workload.as_str(),
            record.phase.as_str(),
            record.metric.as_str(),
            &record.params,
        );
        let at = *index.entry(of).or_insert_with(|| {
            let series = Series {
                subject: record.subject.clone(),
                key: Key::of(record),
                unit: record.unit.clone(),
                rounds: BTreeMap::new(),
                latencies: None,
                flagged: 0,
                cache: record.cache,
            };
            all.push((series, Vec::new()));
            all.len() - 1
        });
        let (series, values) = &mut all[at];
        values.push((record.round, record.value));
        series.flagged += usize::from(!record.flags.is_empty());
        if series.cache != record.cache {
            series.cache = None;
        }
        if let Some(latencies) = &record.histogram {
            series.latencies.get_or_insert_default().merge(latencies);
        }
    }
    all.into_iter()
        .map(|(mut series, mut values)| {
            values.sort_by_key(|(round, _)| *round);
            let rounds = values.chunk_by(|a, b| a.0 == b.0);
            series.rounds = rounds.filter_map(of_round).collect();
            series
        })
        .collect()
}

/// A round with the middle of its values.
fn of_round(values: &[(u32, f64)]) -> Option<(u32, f64)> {
    if let [only] = values {
        return Some(*only);
    }
    let all: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    Some((values.first()?.0, median(&all)?))
}
