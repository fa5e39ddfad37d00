//! Comma-separated values as Apache Otava's importer reads them: one row a run, one column a series. The importer wants a
//! number in every cell, so only series that every run has are written.

use std::fmt::Write as _;

use super::csv::field;
use crate::trend::{Group, Trend};

/// The group as CSV, and how many series are left out because a run lacks them.
pub fn csv(group: &Group) -> (String, usize) {
    let whole: Vec<&Trend> = group
        .trends
        .iter()
        .filter(|trend| trend.points.len() == group.runs.len())
        .collect();
    let mut text = "time,run,version,commit,kernel".to_owned();
    for trend in &whole {
        text.extend([",", &field(&column(trend))]);
    }
    text.push('\n');
    for (at, run) in group.runs.iter().enumerate() {
        let about = [
            &run.started,
            &run.id,
            &run.version,
            &run.commit,
            &run.kernel,
        ];
        text.push_str(&about.map(|value| field(value)).join(","));
        for trend in &whole {
            let _ = write!(text, ",{}", trend.points[at].value);
        }
        text.push('\n');
    }
    (text, group.trends.len() - whole.len())
}

/// `overlay2@ext4/pull/unpack/time/size=4096`.
fn column(trend: &Trend) -> String {
    let key = &trend.key;
    let mut name = format!(
        "{}/{}/{}/{}",
        trend.subject, key.workload, key.phase, key.metric
    );
    for (param, value) in &key.params {
        let _ = write!(name, "/{param}={value}");
    }
    name
}
