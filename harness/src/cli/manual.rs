//! The command lines of `layerbench completions` and `layerbench man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The directory they go to, made if it is not there: layerbench.1, layerbench-run.1, ...
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
