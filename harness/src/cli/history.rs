//! The command line of what reads the runs that are kept.

use std::path::PathBuf;

use clap::Args;

/// One run that is there.
#[derive(Debug, Args)]
pub(crate) struct RunArg {
    /// records.jsonl or results.json, the directory that holds it, or a run by the beginning of its name [default: the
    /// newest run of --in]
    #[arg(value_name = "RUN")]
    pub(crate) records: Option<PathBuf>,
    /// The output directory whose runs are meant
    #[arg(
        long = "in",
        value_name = "OUT",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) root: PathBuf,
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
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
