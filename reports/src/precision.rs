//! How far values spread, and so how small a difference can be found: for planning, before there are results.

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::stats::quantile::{deviation, quantile};

/// For each workload the standard deviation of a round's log ratio to the control that three of four of its comparisons
/// of wall time do not exceed. From two rounds on, but only a first idea below six: a standard deviation of six values is
/// itself known to about a third.
pub fn spread(analysis: &Analysis<'_>) -> BTreeMap<String, f64> {
    let mut by_workload: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (series, _) in analysis.comparisons() {
        let control = analysis.control_of(&series.subject, &series.key);
        let Some(control) = control.filter(|_| series.key.metric == "time") else {
            continue;
        };
        let logs: Vec<f64> = series
            .rounds
            .iter()
            .filter_map(|(round, value)| {
                let base = control.rounds.get(round)?;
                (*value > 0.0 && *base > 0.0).then(|| (value / base).ln())
            })
            .collect();
        if let Some(deviation) = deviation(&logs) {
            let workload = series.key.workload.clone();
            by_workload.entry(workload).or_default().push(deviation);
        }
    }
    by_workload
        .into_iter()
        .filter_map(|(workload, all)| Some((workload, quantile(&all, 0.75)?)))
        .collect()
}
