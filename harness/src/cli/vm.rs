//! The command line of `layerbench vm`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum VmCommand {
    /// The guests there are, and how far each is prepared
    List(VmArgs),
    /// Fetch a guest's packages, build its modules, assemble it: some minutes once, nothing when it is done
    Prepare(VmPrepareArgs),
    /// Run layerbench in a guest and keep what it records
    Run(VmRunArgs),
}

/// Where guests are kept.
#[derive(Debug, Args)]
pub(crate) struct VmArgs {
    /// The directory guests are kept in [default: layerbench/vm in the user's cache directory]
    #[arg(long, value_name = "DIR", env = "LAYERBENCH_VM_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

/// How packages are had.
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Where Debian's packages are fetched from [default: where the host's own apt does]
    #[arg(long, value_name = "URL", env = "LAYERBENCH_VM_MIRROR")]
    pub(crate) mirror: Option<String>,
    /// How many compilers at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct VmPrepareArgs {
    /// Guests by name (all if none): see layerbench vm list
    #[arg(value_name = "GUEST")]
    pub(crate) guests: Vec<String>,
    #[command(flatten)]
    pub(crate) place: VmArgs,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
    /// From the beginning, with the newest packages there are
    #[arg(long)]
    pub(crate) again: bool,
}

/// How a guest's processors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Accelerator {
    /// KVM where a guest comes up with it
    Auto,
    /// KVM
    Kvm,
    /// Emulation
    Tcg,
}

#[derive(Debug, Args)]
pub(crate) struct VmRunArgs {
    /// The guest; prepared first where it is not
    #[arg(long, value_name = "GUEST", default_value = crate::vm::ALL[0].name)]
    pub(crate) kernel: String,
    #[command(flatten)]
    pub(crate) place: VmArgs,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
    /// Where the results go
    #[arg(
        long,
        value_name = "DIR",
        default_value = "layerbench-out",
        env = "LAYERBENCH_OUT"
    )]
    pub(crate) out: PathBuf,
    /// Where the scratch disk lies while the guest runs
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    pub(crate) work: PathBuf,
    /// The time the guest may take
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// How the guest's processors are made
    #[arg(long, value_enum, default_value = "auto", value_name = "HOW")]
    pub(crate) accel: Accelerator,
    /// The guest's processors
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) cpus: u32,
    /// The guest's memory
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = memory)]
    pub(crate) memory: bytesize::ByteSize,
    /// What layerbench is to do there: conform --driver zfs
    #[arg(last = true, required = true, value_name = "ARGS")]
    pub(crate) arguments: Vec<String>,
}

/// With less, the guest's root, which is in memory, leaves nothing to work in.
const LEAST_MEMORY: u64 = 1 << 30;

fn memory(text: &str) -> Result<bytesize::ByteSize, String> {
    let size: bytesize::ByteSize = text.parse()?;
    if size.as_u64() < LEAST_MEMORY {
        return Err(format!(
            "a guest has at least {}",
            bytesize::ByteSize(LEAST_MEMORY)
        ));
    }
    Ok(size)
}
