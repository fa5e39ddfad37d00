//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod claims;
mod compare;
mod conform;
mod doctor;
#[cfg(test)]
mod documented;
mod environment;
mod export;
mod format;
mod gate;
mod history;
mod manual;
mod publish;
mod registry;
mod shared;
mod vm;

pub(crate) use claims::{Answered, ClaimsArgs};
pub(crate) use compare::CompareArgs;
pub(crate) use conform::{ConformArgs, FailOn, duration};
pub(crate) use doctor::DoctorArgs;
pub(crate) use environment::{parse, whence};
pub(crate) use export::{ExportArgs, OTAVA};
pub(crate) use format::{Format, FormatArgs, rows, table};
pub(crate) use gate::{GateArgs, GateFailOn};
pub(crate) use history::{FilterArgs, HistoryArgs, RunArg, TrendArgs};
pub(crate) use manual::{CompletionsArgs, ManArgs};
pub(crate) use publish::PublishArgs;
pub(crate) use registry::{RegistryArgs, without_secrets};
pub(crate) use shared::{InArgs, OutArgs, SubjectsArgs};
pub(crate) use vm::{Accelerator, FetchArgs, VmArgs, VmCommand, VmPrepareArgs, VmRunArgs};

/// Which container storage driver should this host use, and is it correct?
#[derive(Debug, Parser)]
#[command(
    name = "layerbench",
    version,
    max_term_width = 120,
    after_help = "Exit codes: 0 done, 1 a case failed or a gate confirmed a regression, 2 usage, 3 a gate is inconclusive, 4 nothing selected, 6 a driver cannot run here, 65 bad image or records, 66 no such file, 70 a fault of layerbench, 71 the system refused, 77 no permission, 130 interrupted. See docs/cli.md."
)]
pub(crate) struct Cli {
    /// Say more on standard error; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Conformance, workloads and report, over every driver this host supports
    Run(RunArgs),
    /// The conformance suite: what holds, what differs, what fails, on every driver this host supports
    Conform(ConformArgs),
    /// Workloads only
    Bench(RunArgs),
    /// Render a report from records
    Report(ReportArgs),
    /// The runs an output directory keeps
    History(HistoryArgs),
    /// What differs between two runs, or two subjects of one, and how sure that is
    Compare(CompareArgs),
    /// Where the numbers of the runs that are kept changed, and by how much
    Trend(TrendArgs),
    /// What this host supports, what is missing, what makes numbers less certain, and the commands that mend it
    Doctor(DoctorArgs),
    /// Whether a change may pass: a fresh run against a baseline, two programs in turns, or two subjects
    Gate(GateArgs),
    /// Write a run as CSV, OpenMetrics, annotations... for other programs
    Export(ExportArgs),
    /// A static site of runs: an index, a page for each run and for each two, a feed; without names of hosts, users and paths
    Publish(PublishArgs),
    /// The drivers, their options, the workloads and the cases
    List(ListArgs),
    /// Every case as a Markdown page: promise, why, who else tests it, what breaks it, and the answers of a run
    Catalogue(CatalogueArgs),
    /// Published statements about storage drivers: which hold on this host, with number, interval and evidence
    Claims(ClaimsArgs),
    /// Generate or inspect images
    Image {
        #[command(subcommand)]
        command: ImageCommand,
    },
    /// Run a command of the host on a mounted container layer ($LAYERBENCH_ROOT)
    Exec(ExecArgs),
    /// This program in a virtual machine with another kernel and the real OpenZFS: nothing is installed, no root needed
    Vm {
        #[command(subcommand)]
        command: VmCommand,
    },
    /// Remove what dead runs left: directories, mounts, loop devices, pools, processes
    Sweep(SweepArgs),
    /// Print what lets a shell complete layerbench's command line
    Completions(CompletionsArgs),
    /// Write the manual pages, one for each command
    Man(ManArgs),
    /// The process whose calls `run` and `bench` count: takes its job from standard input
    #[command(hide = true)]
    Count,
}

/// Whether there is a counted pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Counts {
    /// Before the rounds
    Yes,
    /// No: times only
    No,
    /// And no rounds: what noise cannot touch, in a fraction of the time
    Only,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) subjects: SubjectsArgs,
    /// Only cases with this in their name, or with this catalogue id (WO1, C17); of run only; repeat for several
    #[arg(long = "case", value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) cases: Vec<String>,
    /// Only this workload; repeat for several
    #[arg(long = "workload", value_name = "NAME")]
    pub(crate) workloads: Vec<String>,
    /// How much is measured: smoke, gate, quick, default, publish, or one of the settings file
    #[arg(
        long,
        value_name = "NAME",
        default_value = "default",
        env = "LAYERBENCH_PROFILE"
    )]
    pub(crate) profile: String,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Rounds, instead of the profile's number and time budget
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: Option<u32>,
    /// As many rounds as fit this time (with --rounds: at most so many): 90s, 20m, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time_budget: Option<std::time::Duration>,
    /// As many rounds as find a difference of this size with 80 % chance (with --rounds: at most so many): 5%
    #[arg(long, value_name = "PERCENT", value_parser = effect)]
    pub(crate) target_effect: Option<f64>,
    /// Say what would be measured, and measure nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The seed of every random choice
    #[arg(long, default_value_t = 1, env = "LAYERBENCH_SEED")]
    pub(crate) seed: u64,
    /// An image: OCI layout, OCI archive or docker-save archive, PATH[:REFERENCE]; docker://HOST/NAME[:TAG|@DIGEST]; or tiny,
    /// default, large
    #[arg(long, value_name = "IMAGE", env = "LAYERBENCH_IMAGE")]
    pub(crate) image: Option<String>,
    /// The counted pass, untimed: system calls, device traffic, space and inodes of each phase [default: yes, but no where the
    /// profile has a time budget of its own]
    #[arg(long, value_enum, value_name = "WHEN", env = "LAYERBENCH_COUNTS")]
    pub(crate) counts: Option<Counts>,
    #[command(flatten)]
    pub(crate) output: OutArgs,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// Where profiles and limits of one's own are.
#[derive(Debug, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Profiles and limits of one's own [default: layerbench.toml of the current directory, if there is one]
    #[arg(long = "settings", value_name = "FILE", env = "LAYERBENCH_SETTINGS")]
    pub(crate) file: Option<PathBuf>,
}

/// Where a run works.
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// The directory runs are made in, on the disk to be measured [default: /var/tmp/layerbench, with the user id if not root]
    #[arg(long, value_name = "DIR", env = "LAYERBENCH_WORK")]
    pub(crate) work: Option<PathBuf>,
    /// The size of each backing store (a sparse file)
    #[arg(long, value_name = "SIZE", default_value = "10GiB", value_parser = store_size)]
    pub(crate) size: bytesize::ByteSize,
}

/// What an archive of an image may ask for before it is refused.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LimitArgs {
    /// The most entries a layer's archive may have
    #[arg(long, value_name = "N", default_value_t = drivers::Limits::default().entries)]
    pub(crate) limit_entries: u64,
    /// The most bytes of content a layer's archive may have, holes included
    #[arg(long, value_name = "SIZE", default_value_t = bytesize::ByteSize(drivers::Limits::default().bytes), value_parser = size)]
    pub(crate) limit_bytes: bytesize::ByteSize,
    /// The most bytes one byte of a compressed layer may become, for layers above 1 GiB
    #[arg(long, value_name = "N", default_value_t = drivers::Limits::default().ratio)]
    pub(crate) limit_ratio: u64,
}

impl LimitArgs {
    /// As the unpacker takes them.
    pub(crate) fn limits(self) -> drivers::Limits {
        drivers::Limits {
            entries: self.limit_entries,
            bytes: self.limit_bytes.as_u64(),
            ratio: self.limit_ratio,
            ..drivers::Limits::default()
        }
    }
}

/// Below this no filesystem can be made; and to tmpfs, 0 would mean "without limit".
const LEAST_STORE: u64 = 1 << 20;

/// A size as people write it.
fn size(text: &str) -> Result<bytesize::ByteSize, String> {
    text.parse()
        .map_err(|_| "it is not a size such as 512MiB or 10GiB".to_owned())
}

fn store_size(text: &str) -> Result<bytesize::ByteSize, String> {
    let size = size(text)?;
    if size.as_u64() < LEAST_STORE {
        return Err(format!(
            "a backing store has at least {}",
            bytesize::ByteSize(LEAST_STORE)
        ));
    }
    Ok(size)
}

/// A difference to be found, as a share: `5%` is 0.05.
fn effect(text: &str) -> Result<f64, String> {
    let percent: Option<f64> = text
        .strip_suffix('%')
        .and_then(|number| number.trim().parse().ok());
    match percent {
        Some(percent @ 0.1..=100.0) => Ok(percent / 100.0),
        _ => Err("it is not a difference such as 5%, from 0.1% to 100%".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// records.jsonl or results.json, the directory that holds it, or a run by the beginning of its name; several, of
    /// other hosts, kernels or options, are put side by side [default: the newest run of --in]
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) within: InArgs,
    /// An earlier run: cases answered otherwise than there are marked
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where the report goes [default: beside the records; of several runs, layerbench-report]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CatalogueArgs {
    /// records.jsonl, results.json or results.json.gz, the directory that holds it, or a run by the beginning of its name: of
    /// one run, or of runs under several kernels, the host's own first; without any, the cases alone
    #[arg(value_name = "RUN")]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) within: InArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Write a seeded image as an OCI layout
    Generate(GenerateArgs),
    /// Print layers, ids, sizes and history
    Inspect {
        /// OCI layout, OCI archive or docker-save archive, PATH[:REFERENCE]; docker://HOST/NAME[:TAG|@DIGEST]
        image: String,
        #[command(flatten)]
        print: FormatArgs,
        #[command(flatten)]
        registry: RegistryArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The directory to make
    pub(crate) directory: PathBuf,
    /// tiny, default or large
    #[arg(long, default_value = "default")]
    pub(crate) preset: String,
    /// The same seed gives the same bytes everywhere
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Bytes of file content, instead of the preset's
    #[arg(long, value_parser = size)]
    pub(crate) size: Option<bytesize::ByteSize>,
    /// Files, instead of the preset's
    #[arg(long)]
    pub(crate) files: Option<u32>,
    /// Layers, instead of the preset's
    #[arg(long)]
    pub(crate) layers: Option<u32>,
    /// Directory depth, instead of the preset's
    #[arg(long)]
    pub(crate) depth: Option<u32>,
    /// Share of files that repeat another's content, 0 to 1
    #[arg(long)]
    pub(crate) duplication: Option<f64>,
    /// Share of each file that compresses away, 0 to 1
    #[arg(long)]
    pub(crate) compressibility: Option<f64>,
    /// none, gzip or zstd
    #[arg(long)]
    pub(crate) compression: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    /// The subject: DRIVER[@BACKING][,OPTION=VALUE]...
    #[arg(long = "driver", value_name = "SUBJECT")]
    pub(crate) driver: String,
    /// The image, as for run; an empty container layer if none
    #[arg(long)]
    pub(crate) image: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// The directory runs were made in [default: as for run]
    #[arg(long, value_name = "DIR", env = "LAYERBENCH_WORK")]
    pub(crate) work: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
