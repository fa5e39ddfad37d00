//! The command line of `layerbench conform`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{FormatArgs, OutArgs, SubjectsArgs, WorkArgs};

/// The least level whose failures fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Only promises containers break without
    Must,
    /// Also those drivers are known to differ in
    Should,
    /// Every one
    Informs,
}

/// What has no meaning for random sequences.
const FIXED: [&str; 8] = [
    "cases",
    "themes",
    "levels",
    "list",
    "known",
    "junit",
    "userns",
    "only_differs",
];

#[derive(Debug, Args)]
pub(crate) struct ConformArgs {
    #[command(flatten)]
    pub(crate) subjects: SubjectsArgs,
    /// Only cases with this in their name, or with this catalogue id (WO1, C17); repeat for several
    #[arg(long = "case", value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) cases: Vec<String>,
    /// Only this theme: stacking, whiteouts, copy-up...; repeat for several
    #[arg(long = "theme", value_name = "THEME")]
    pub(crate) themes: Vec<String>,
    /// Only this level: must, should, informs; repeat for several
    #[arg(long = "level", value_name = "LEVEL")]
    pub(crate) levels: Vec<String>,
    /// Name the selected cases instead of asking them
    #[arg(long)]
    pub(crate) list: bool,
    /// In a user namespace with 65536 ids and none of root's privileges (without root, that is always so, with one id)
    #[arg(long)]
    pub(crate) userns: bool,
    /// Random sequences of operations for so long (10m), instead of the cases: the driver against a model after every step
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with_all = FIXED)]
    pub(crate) random: Option<Duration>,
    /// The seed of --random
    #[arg(long, default_value_t = 1, env = "LAYERBENCH_SEED")]
    pub(crate) seed: u64,
    /// Plays one sequence again, as --random prints it
    #[arg(long, value_name = "TEXT", conflicts_with_all = FIXED, conflicts_with = "random")]
    pub(crate) replay: Option<String>,
    /// Instead of the cases: the same changes on every driver, exported and applied on every other
    #[arg(long, conflicts_with_all = FIXED, conflicts_with_all = ["random", "replay"])]
    pub(crate) exchange: bool,
    /// Show only cases that do not pass everywhere, with the reasons
    #[arg(long)]
    pub(crate) only_differs: bool,
    /// The least level whose failures end the command with code 1
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "must")]
    pub(crate) fail_on: FailOn,
    /// Failures that are known (TOML: driver, case, link): they do not fail the run, and fail it once they are mended
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,
    /// The time one case may take: then it is broken, and a driver that still hangs is given up [default: 2m; 10m where
    /// the processor is emulated]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) case_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) print: FormatArgs,
    /// Write the answers as JUnit XML to this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl ConformArgs {
    /// Whether random sequences are wanted instead of the cases.
    pub(crate) fn is_random(&self) -> bool {
        self.random.is_some() || self.replay.is_some()
    }
}

/// A time as people write it: `90s`, `4m`, `1h 30s`; more than none.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "it is not a time such as 90s, 4m or 1h".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| bad())?;
    let span = Duration::try_from(span).map_err(|_| bad())?;
    if span.is_zero() { Err(bad()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("4m").unwrap(), Duration::from_secs(240));
        assert_eq!(duration("1h 30s").unwrap(), Duration::from_secs(3630));
        for bad in ["", "4", "-3m", "soon", "0s"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
