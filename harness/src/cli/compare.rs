//! The command line of `layerbench compare`.

use std::path::PathBuf;

use clap::Args;

use super::{FormatArgs, InArgs};

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The run to compare with: records.jsonl or results.json, the directory that holds it, or a run by the beginning of its
    /// name
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// The run to judge; without it, two subjects of A
    #[arg(value_name = "B", required_unless_present = "subject")]
    pub(crate) b: Option<PathBuf>,
    /// This subject of B ...
    #[arg(long, value_name = "SUBJECT", requires = "against")]
    pub(crate) subject: Option<String>,
    /// ... against this one of A
    #[arg(long, value_name = "SUBJECT", requires = "subject")]
    pub(crate) against: Option<String>,
    /// Show rows without a difference too
    #[arg(long)]
    pub(crate) all: bool,
    /// Compare ratios to the control also when the machines differ
    #[arg(long)]
    pub(crate) ratios: bool,
    #[command(flatten)]
    pub(crate) within: InArgs,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
    /// Print Markdown: short for --format markdown
    #[arg(long, conflicts_with_all = ["json", "format"])]
    pub(crate) markdown: bool,
}
