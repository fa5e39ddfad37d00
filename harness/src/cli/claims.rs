//! The command line of `claims`.

use clap::{Args, ValueEnum};

use super::{FormatArgs, RunArg};

#[derive(Debug, Args)]
pub(crate) struct ClaimsArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Only this statement: its number, or a part of its name; repeat for several
    #[arg(long = "claim", value_name = "CLAIM")]
    pub(crate) claims: Vec<String>,
    /// Only statements with this answer; repeat for several
    #[arg(long, value_enum, value_name = "ANSWER")]
    pub(crate) only: Vec<Answered>,
    /// With source, rule, and what each number was read from
    #[arg(long)]
    pub(crate) details: bool,
    /// The statements alone, of no run
    #[arg(long, conflicts_with_all = ["records", "only", "details", "json", "format"])]
    pub(crate) list: bool,
    /// Print a Markdown page of all of them
    #[arg(long, conflicts_with_all = ["claims", "only", "details", "json", "format"])]
    pub(crate) markdown: bool,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
}

/// What a run may say of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Answered {
    /// It holds here
    Confirmed,
    /// It does not
    Refuted,
    /// There is not enough evidence
    Inconclusive,
    /// There is nothing here that it is about
    NotApplicable,
}
