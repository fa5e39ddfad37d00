//! The headline rows of a run. A workload that the table does not list gets one by the fall-back: its phase `total`, else
//! the phase of its own name, else its first; wall time, else its first metric.

use std::collections::{HashMap, HashSet};

use super::pick::{Choice, Pick};
use super::table::TABLE;
use crate::analysis::Analysis;
use crate::number::size;
use crate::series::Key;

/// A headline number found in the results.
#[derive(Debug, Clone)]
pub struct Row {
    /// By which a use names it: `copy-up`; empty for one of the fall-back.
    pub id: &'static str,
    /// What was measured.
    pub key: Key,
    /// `Pull the image`.
    pub label: String,
    /// A word for a narrow column; empty: not shown there.
    pub short: String,
}

/// The headline rows that the results hold, in the order of the run's workloads.
pub fn rows(analysis: &Analysis<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let all = keys(analysis);
    for workload in analysis.workloads() {
        let keys = all.get(workload.as_str()).map_or(&[][..], Vec::as_slice);
        let before = rows.len();
        for pick in TABLE.iter().filter(|pick| pick.workload == workload) {
            if let Some(key) = find(keys, pick)
                && !rows.iter().any(|row| row.key == key)
            {
                rows.push(Row {
                    label: label(pick.label, &key),
                    id: pick.id,
                    short: pick.short.to_owned(),
                    key,
                });
            }
        }
        if rows.len() == before
            && let Some(key) = fall_back(keys, &workload)
        {
            rows.push(Row {
                label: format!("{workload}: {}", key.phase),
                id: "",
                short: workload,
                key,
            });
        }
    }
    rows
}

/// Keys that at least one subject under test has, by workload and in order of appearance.
fn keys<'a>(analysis: &'a Analysis<'_>) -> HashMap<&'a str, Vec<&'a Key>> {
    let subjects: HashSet<&str> = analysis
        .subjects()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let mut found: HashMap<&str, Vec<&Key>> = HashMap::new();
    let mut known: HashSet<&Key> = HashSet::new();
    for series in &analysis.series {
        if subjects.contains(series.subject.as_str()) && known.insert(&series.key) {
            let of = found.entry(&series.key.workload);
            of.or_default().push(&series.key);
        }
    }
    found
}

fn find(keys: &[&Key], pick: &Pick) -> Option<Key> {
    let mut fit: Vec<&Key> = keys.to_vec();
    fit.retain(|key| {
        key.metric == pick.metric && (pick.phase.is_empty() || key.phase == pick.phase)
    });
    for (name, choice) in pick.params {
        narrow(&mut fit, name, *choice);
    }
    fit.first().map(|key| (*key).clone())
}

/// Keeps the keys whose parameter has the chosen value.
fn narrow(fit: &mut Vec<&Key>, name: &str, choice: Choice) {
    let text = |key: &Key| key.params.get(name).cloned();
    let number = |key: &Key| text(key).and_then(|text| text.parse::<f64>().ok());
    let numbers: Vec<f64> = fit.iter().filter_map(|key| number(key)).collect();
    let wanted = match choice {
        Choice::Is(wanted) => return fit.retain(|key| text(key).is_none_or(|text| text == wanted)),
        Choice::First(texts) => {
            let measured =
                |wanted: &&&str| fit.iter().any(|key| text(key).as_deref() == Some(**wanted));
            let first = texts.iter().find(measured).copied();
            return fit.retain(|key| first.is_some() && text(key).as_deref() == first);
        }
        Choice::Least => numbers.into_iter().min_by(f64::total_cmp),
        Choice::Most => numbers.into_iter().max_by(f64::total_cmp),
    };
    fit.retain(|key| number(key) == wanted);
}

fn fall_back(of: &[&Key], workload: &str) -> Option<Key> {
    let timed = |phase: Option<&str>| {
        of.iter()
            .find(|key| key.metric == "time" && phase.is_none_or(|phase| key.phase == phase))
    };
    timed(Some("total"))
        .or_else(|| timed(Some(workload)))
        .or_else(|| timed(None))
        .or_else(|| of.first())
        .map(|key| (*key).clone())
}

fn label(template: &str, key: &Key) -> String {
    key.params
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            let value = if name == "size" {
                size(value)
            } else {
                value.clone()
            };
            text.replace(&format!("{{{name}}}"), &value)
        })
}
