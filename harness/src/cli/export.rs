//! The command line of `layerbench export`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{FilterArgs, RunArg};

/// The one format that is made of many runs.
pub(crate) const OTAVA: &str = "otava-csv";

fn formats() -> PossibleValuesParser {
    let one = reports::export::format::ALL.iter();
    let one = one.map(|format| clap::builder::PossibleValue::new(format.name).help(format.about));
    let many = clap::builder::PossibleValue::new(OTAVA)
        .help("all runs of --in of one host, profile and image, for Apache Otava");
    PossibleValuesParser::new(one.chain([many]))
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// What is written
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(crate) format: String,
    /// Where to [default: standard output; job-summary: $GITHUB_STEP_SUMMARY, added at its end]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The file of your repository that annotations are attached to
    #[arg(long, value_name = "PATH")]
    pub(crate) annotate: Option<String>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Every metric of every phase
    #[arg(long)]
    pub(crate) all: bool,
}
