//! Trends as rows, for documents and spreadsheets: a series each.

use super::history::{Basis, Group, Trend};
use crate::number::{alone, three};
use crate::table::Table;

/// The series of all groups; without a change only headline numbers, or `all`.
pub fn table(groups: &[Group], all: bool) -> Table {
    let head = [
        "subject",
        "host",
        "set-up",
        "workload",
        "phase",
        "metric",
        "parameters",
        "runs",
        "last",
        "changes",
    ];
    let mut rows = Vec::new();
    for group in groups {
        let shown = |trend: &&Trend| all || trend.headline || !trend.changes.is_empty();
        rows.extend(
            group
                .trends
                .iter()
                .filter(shown)
                .map(|trend| row(group, trend)),
        );
    }
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows,
    }
}

fn row(group: &Group, trend: &Trend) -> Vec<String> {
    let last = trend.points.last().map(|point| match trend.basis {
        Basis::Control => format!("{}x", three(point.value)),
        Basis::Own | Basis::Exact => alone(&trend.unit, point.value),
    });
    let changes: Vec<String> = trend
        .changes
        .iter()
        .map(|change| {
            let since = &group.runs[trend.points[change.at].run];
            format!(
                "{} since {} (layerbench {}, kernel {})",
                change.size.words(&trend.key.metric, &trend.unit),
                since.id,
                since.version,
                since.kernel
            )
        })
        .collect();
    vec![
        trend.subject.clone(),
        group.host.clone(),
        group.setup.clone(),
        trend.key.workload.clone(),
        trend.key.phase.clone(),
        trend.key.metric.clone(),
        trend.key.params_text(),
        trend.points.len().to_string(),
        last.unwrap_or_default(),
        changes.join("; "),
    ]
}
