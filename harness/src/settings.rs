//! `layerbench.toml`: profiles, limits and workloads of one's own.
//!
//! ```toml
//! [profile.nightly]              # layerbench bench --profile nightly
//! based-on = "default"           # a built-in profile; what is not said here is as there
//! rounds = 20                    # with a time budget: at most so many
//! time-budget = "20m"            # or "none"
//! conformance-time = "50s"       # of the suite on each driver, or "none"
//! image = "tiny"                 # tiny, default, large, or a path
//! scale = { starts = 3 }         # how much each workload does
//!
//! [limit]                        # what `layerbench gate` lets through
//! "start:time" = "5%"
//!
//! [noise]                        # from where on a cell counts as disturbed
//! steal = 0.1                    # a share of 1; "none" lifts a limit
//!
//! [[workload]]                   # commands of one's own, run in the image: docs/workloads/own.md
//! name = "redis"
//! run = ["redis-server", "--port", "0", "--unixsocket", "/tmp/redis.sock"]
//! ready = "Ready to accept connections"
//! ```
//! A key or a value that means nothing is an error with its line: a misspelt limit would guard nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use workloads::Own;

use crate::cli::SettingsArgs;
use crate::profile::{self, Profile};
use crate::{exit, noise};

mod own;
mod parse;

/// The file that is read when none is named.
const FILE: &str = "layerbench.toml";

/// Profiles and limits of one's own.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Where they come from; none when there is no such file.
    pub(crate) path: Option<PathBuf>,
    /// By name.
    profiles: BTreeMap<String, Profile>,
    /// From where on the noise watch flags a cell.
    pub(crate) noise: noise::Limits,
    /// Workloads of the user's own, in the order of the file.
    pub(crate) workloads: Vec<Own>,
    /// What the gate lets through, in the order of the names.
    pub(crate) limits: Vec<Limit>,
}

/// A limit of the gate, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    /// `start:time`.
    pub(crate) name: String,
    /// `5%`.
    pub(crate) text: String,
    /// Its line in the file, counted from 1.
    pub(crate) line: usize,
}

impl Settings {
    /// Reads the file that is named, or that of the current directory if there is one.
    ///
    /// # Errors
    /// No input, when the file that is named is not there; usage, for what means nothing in it.
    pub(crate) fn load(args: &SettingsArgs) -> anyhow::Result<Self> {
        match &args.file {
            Some(path) => Self::read(path),
            None if Path::new(FILE).exists() => Self::read(FILE.as_ref()),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read the settings {}", path.display()))?;
        let settings = parse::parse(&text).map_err(|wrong| {
            let at = format!("{}, line {}", path.display(), wrong.line(&text));
            exit::coded(exit::USAGE, format!("{at}: {}", wrong.what))
        })?;
        Ok(Self {
            path: Some(path.to_owned()),
            ..settings
        })
    }

    /// All profiles: the built-in ones as the file leaves them, then its own.
    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let built_in = profile::NAMES.into_iter().filter_map(|name| {
            let own = self.profiles.get(name).cloned();
            own.or_else(|| profile::built_in(name))
        });
        let own = self.profiles.values();
        let own = own.filter(|profile| !profile::NAMES.contains(&profile.name.as_str()));
        built_in.chain(own.cloned()).collect()
    }

    /// The profile of that name: of the file, or a built-in one.
    ///
    /// # Errors
    /// Usage, when there is none.
    pub(crate) fn profile(&self, name: &str) -> anyhow::Result<Profile> {
        let all = self.profiles();
        let known: Vec<&str> = all.iter().map(|profile| profile.name.as_str()).collect();
        let missing = format!(
            "there is no profile {name:?}: there are {}; [profile.{name}] in {FILE} would make one",
            known.join(", ")
        );
        all.into_iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| exit::coded(exit::USAGE, missing))
    }
}
