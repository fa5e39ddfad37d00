//! Flags that several commands have in common.

use std::path::PathBuf;

use clap::Args;

/// Which drivers are at work.
#[derive(Debug, Args)]
pub(crate) struct SubjectsArgs {
    /// A subject: DRIVER[@BACKING][,OPTION=VALUE]...; repeat for several (all supported drivers if none)
    #[arg(
        long = "driver",
        value_name = "SUBJECT",
        env = "LAYERBENCH_DRIVER",
        value_delimiter = ' '
    )]
    pub(crate) drivers: Vec<String>,
    /// The backing store of subjects that name none: ext4, xfs, btrfs, tmpfs
    #[arg(long, value_name = "BACKING", env = "LAYERBENCH_BACKING")]
    pub(crate) backing: Option<String>,
}

/// Where a run keeps what it finds.
#[derive(Debug, Args)]
pub(crate) struct OutArgs {
    /// Where the results go
    #[arg(
        long,
        value_name = "DIR",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) out: PathBuf,
}

/// Where runs are looked for by name.
#[derive(Debug, Args)]
pub(crate) struct InArgs {
    /// The output directory whose runs are meant
    #[arg(
        long = "in",
        value_name = "OUT",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) root: PathBuf,
}
