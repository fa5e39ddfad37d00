//! The command line of what reads the runs that are kept.

use std::path::PathBuf;

use clap::Args;

use super::{FormatArgs, InArgs};

/// One run that is there.
#[derive(Debug, Args)]
pub(crate) struct RunArg {
    /// records.jsonl or results.json, the directory that holds it, or a run by the beginning of its name [default: the
    /// newest run of --in]
    #[arg(value_name = "RUN")]
    pub(crate) records: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) within: InArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The output directory
    #[arg(
        value_name = "OUT",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// The output directory
    #[arg(
        value_name = "OUT",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Show series without a change too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
}

/// Which numbers are meant.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Only this metric: time, cpu, allocated, syscalls...; repeat for several [default: the headline numbers, and what
    /// noise cannot touch]
    #[arg(long = "metric", value_name = "METRIC")]
    pub(crate) metrics: Vec<String>,
    /// Only this workload; repeat for several
    #[arg(long = "workload", value_name = "NAME")]
    pub(crate) workloads: Vec<String>,
    /// Only subjects with this in their name; repeat for several
    #[arg(long = "subject", value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) subjects: Vec<String>,
}

impl FilterArgs {
    /// As the reports take it.
    pub(crate) fn filter(&self, all: bool) -> reports::trend::Filter {
        reports::trend::Filter {
            metrics: self.metrics.clone(),
            workloads: self.workloads.clone(),
            subjects: self.subjects.clone(),
            all,
        }
    }
}
