//! Other metrics of the work that the headline numbers stand for.

use crate::analysis::Analysis;
use crate::headline::Row;
use crate::metric::words;
use crate::series::Key;

/// One metric, or a few that answer the same question.
pub(super) struct View {
    /// As it stands in the URL.
    pub(super) id: &'static str,
    /// As it is offered.
    pub(super) title: &'static str,
    metrics: &'static [&'static str],
}

#[rustfmt::skip]
pub(super) const VIEWS: [View; 7] = [
    View { id: "p99", title: "99th percentile of latency", metrics: &["latency-p99"] },
    View { id: "durable", title: "time until durable", metrics: &["durable"] },
    View { id: "cpu", title: "CPU time", metrics: &["cpu"] },
    View { id: "space", title: "space taken", metrics: &["allocated"] },
    View { id: "device", title: "bytes written to the device", metrics: &["device-written"] },
    View { id: "inodes", title: "inodes", metrics: &["inodes"] },
    View { id: "memory", title: "memory", metrics: &["memory", "daemon-memory", "page-cache"] },
];

/// The most rows of a workload of which no headline number has the metric.
const MOST: usize = 4;

impl View {
    /// The rows of this view: where a headline number's work has the metric, that; else the first few of the workload.
    pub(super) fn rows(&self, analysis: &Analysis<'_>, headline: &[Row]) -> Vec<Row> {
        let mut found: Vec<Row> = Vec::new();
        for workload in analysis.workloads() {
            let before = found.len();
            for row in headline.iter().filter(|row| row.key.workload == workload) {
                for metric in self.metrics {
                    let key = Key {
                        metric: (*metric).to_owned(),
                        ..row.key.clone()
                    };
                    // "Space an idle container takes" names a metric, not the work.
                    if row.key.metric == *metric || row.key.metric == "time" {
                        self.push(analysis, &mut found, key, &row.label);
                    } else {
                        self.push(analysis, &mut found, key, &work(&row.key));
                    }
                }
            }
            if found.len() == before {
                for key in self.others(analysis, &workload) {
                    let label = work(&key);
                    self.push(analysis, &mut found, key, &label);
                }
            }
        }
        found
    }

    fn push(&self, analysis: &Analysis<'_>, found: &mut Vec<Row>, key: Key, label: &str) {
        let subjects = analysis.subjects();
        let measured = subjects
            .iter()
            .any(|s| analysis.get(&s.name, &key).is_some());
        if !measured || found.iter().any(|row| row.key == key) {
            return;
        }
        let label = match self.metrics {
            [_] => label.to_owned(),
            _ => format!("{label}: {}", words(&key.metric)),
        };
        found.push(Row {
            label,
            short: String::new(),
            id: "",
            key,
        });
    }

    fn others(&self, analysis: &Analysis<'_>, workload: &str) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for series in &analysis.series {
            let key = &series.key;
            if key.workload == workload
                && self.metrics.contains(&key.metric.as_str())
                && !keys.contains(key)
            {
                keys.push(key.clone());
            }
        }
        keys.truncate(MOST);
        keys
    }
}

fn work(key: &Key) -> String {
    let params = key.params_text();
    if params.is_empty() {
        key.phase.clone()
    } else {
        format!("{}, {params}", key.phase)
    }
}
