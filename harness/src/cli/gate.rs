//! The command line of `layerbench gate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{FormatArgs, SettingsArgs, WorkArgs};

/// What else than a regression fails the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFailOn {
    /// Only what is confirmed
    Regression,
    /// Also what could not be judged (code 3)
    Inconclusive,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["baseline", "interleave", "subject"]))]
pub(crate) struct GateArgs {
    /// A fresh run against this one: records.jsonl or results.json, the directory that holds it, or a run's name
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<PathBuf>,
    /// Two layerbench programs that take turns in one session: the strongest comparison of two versions
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    pub(crate) interleave: Vec<PathBuf>,
    /// This subject ...
    #[arg(long, value_name = "SUBJECT", requires = "against")]
    pub(crate) subject: Option<String>,
    /// ... against this one, in one session
    #[arg(long, value_name = "SUBJECT", requires = "subject")]
    pub(crate) against: Option<String>,
    /// Judge this run instead of a fresh one; nothing is measured again then
    #[arg(long = "run", value_name = "RUN", conflicts_with = "interleave")]
    pub(crate) ready: Option<PathBuf>,
    /// How much worse something may get: WORKLOAD[/PHASE][:METRIC]=PERCENT, with * for any text; repeat for several
    #[arg(long = "limit", value_name = "LIMIT")]
    pub(crate) limits: Vec<String>,
    /// With --interleave: both programs are asked the conformance suite too, or the cases whose name contains this
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["baseline", "subject"])]
    pub(crate) conformance: Option<String>,
    /// Judge only what noise cannot move: bytes, inodes, requests, system calls, and conformance
    #[arg(long)]
    pub(crate) noise_free: bool,
    /// Compare ratios to the control also when the baseline is of another machine
    #[arg(long)]
    pub(crate) ratios: bool,
    /// What else than a confirmed regression fails
    #[arg(long, value_enum, value_name = "WHAT", default_value = "regression")]
    pub(crate) fail_on: GateFailOn,
    /// A subject: DRIVER[@BACKING][,OPTION=VALUE]...; repeat for several [default: those of the baseline, or all supported]
    #[arg(long = "driver", value_name = "SUBJECT", conflicts_with = "subject")]
    pub(crate) drivers: Vec<String>,
    /// Only this workload; repeat for several [default: those of the baseline, or all]
    #[arg(long = "workload", value_name = "NAME")]
    pub(crate) workloads: Vec<String>,
    /// How much is measured [default: as in the baseline, or gate]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Rounds [default: as in the baseline, or the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: Option<u32>,
    /// Fresh rounds for what is flagged; 0: nothing is measured again [default: as many as before but at least 12 for times, 3 for what noise cannot move]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) again: Option<u32>,
    /// The seed of every random choice [default: as in the baseline, or 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The image, as for run [default: as in the baseline, or the profile's]
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// Where what is measured and the outcome go, in gate/TIME
    #[arg(
        long,
        value_name = "DIR",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
    /// Print Markdown: short for --format markdown
    #[arg(long, conflicts_with_all = ["json", "format"])]
    pub(crate) markdown: bool,
    /// Write the outcome as JUnit XML to this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}
