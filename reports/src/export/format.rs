//! The formats by name.

use super::{annotations, bencher, csv, github_benchmark, job_summary, openmetrics};
use crate::error::Result;
use crate::metric::Direction;
use crate::record::Results;
use crate::trend::Filter;

/// A format that one run is written in.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// As the command line takes it.
    pub name: &'static str,
    /// What it is, and who reads it.
    pub about: &'static str,
    /// Writes a run; the filter says which numbers are wanted.
    pub write: fn(&Results, &Filter) -> Result<String>,
}

/// Every format of one run.
pub const ALL: &[Format] = &[
    Format {
        name: "csv",
        about: "every record, one a row: spreadsheets, R, pandas",
        write: |results, filter| Ok(csv::csv(results, filter)),
    },
    Format {
        name: "openmetrics",
        about: "OpenMetrics 1.0 text: Prometheus, node_exporter's textfile collector",
        write: |results, filter| Ok(openmetrics::text(results, filter)),
    },
    Format {
        name: "bencher",
        about: "Bencher Metric Format: bencher run --adapter json",
        write: bencher::json,
    },
    Format {
        name: "github-benchmark",
        about: "github-action-benchmark, tool customSmallerIsBetter: what is better when less",
        write: |results, filter| github_benchmark::json(results, filter, Direction::Less),
    },
    Format {
        name: "github-benchmark-bigger",
        about: "github-action-benchmark, tool customBiggerIsBetter: rates and throughputs",
        write: |results, filter| github_benchmark::json(results, filter, Direction::More),
    },
    Format {
        name: "annotations",
        about: "GitHub workflow commands: an error for each failed case, a warning for what did not finish",
        write: |results, _| Ok(annotations::text(results, None)),
    },
    Format {
        name: "job-summary",
        about: "Markdown: GitHub job summaries, comments",
        write: |results, _| Ok(job_summary::markdown(results)),
    },
    Format {
        name: "junit",
        about: "JUnit XML: the conformance answers, for any CI",
        write: |results, _| crate::junit::junit(results),
    },
];

impl Format {
    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|format| format.name == name)
    }
}
