//! Trends for programs.

use serde_json::{Value, json};

use super::change::Size;
use super::history::{Basis, Group, Trend};

/// All groups as one JSON array.
pub fn json(groups: &[Group]) -> Value {
    groups.iter().map(group).collect()
}

fn group(group: &Group) -> Value {
    let runs: Vec<Value> = group
        .runs
        .iter()
        .map(|run| {
            json!({
                "id": run.id,
                "started": run.started,
                "version": run.version,
                "commit": run.commit,
                "kernel": run.kernel,
            })
        })
        .collect();
    let trends: Vec<Value> = group.trends.iter().map(|t| trend(t, group)).collect();
    json!({
        "host": group.host,
        "setup": group.setup,
        "runs": runs,
        "series": trends,
        "withheld": group.withheld,
    })
}

fn trend(trend: &Trend, group: &Group) -> Value {
    let id = |point: usize| &group.runs[trend.points[point].run].id;
    let changes: Vec<Value> = trend
        .changes
        .iter()
        .map(|change| {
            let mut value = json!({
                "before": id(change.at - 1),
                "since": id(change.at),
                "p": change.p,
                "worse": change.size.is_worse(&trend.key.metric),
            });
            let size = match change.size {
                Size::Times { ratio, low, high } => {
                    json!({"ratio": ratio, "low": low, "high": high})
                }
                Size::Step { before, after } => json!({"from": before, "to": after}),
            };
            value["size"] = size;
            value
        })
        .collect();
    let points: Vec<Value> = trend
        .points
        .iter()
        .enumerate()
        .map(|(at, point)| json!({"run": id(at), "value": point.value}))
        .collect();
    json!({
        "subject": trend.subject,
        "workload": trend.key.workload,
        "phase": trend.key.phase,
        "metric": trend.key.metric,
        "params": trend.key.params,
        "unit": trend.unit,
        "values": match trend.basis {
            Basis::Control => "ratio to control",
            Basis::Own => "own",
            Basis::Exact => "exact",
        },
        "short": trend.is_short(),
        "points": points,
        "changes": changes,
    })
}
