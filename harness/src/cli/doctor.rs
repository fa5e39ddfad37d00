//! The command line of `layerbench doctor`.

use std::path::PathBuf;

use clap::Args;

use super::FormatArgs;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) print: FormatArgs,
    /// The directory runs would be made in, on the disk to look at [default: as for run]
    #[arg(long, value_name = "DIR", env = "LAYERBENCH_WORK")]
    pub(crate) work: Option<PathBuf>,
}
