//! Workloads of the user's own: commands of the image, run inside a container's root and measured like the built-in ones.
//!
//! `[[workload]]` in the settings file names them. `setup` prepares, off the way of what is asked; `run` is the thing
//! itself, to its end or, where `ready` tells how a server says that it serves, until then; `load` is what is done to the
//! server; `cleanup` comes last. Each is a phase. The control does the same in a plain directory that holds a copy of the
//! image. With `volume`, everything is done twice: with that directory in the container's layer, and on a volume.
//!
//! **Predicts** what this very program costs on this driver: its start from cold or warm caches, what it writes, what its
//! layer takes in space. **Does not show** what an engine adds: there is a root of its own (chroot) with /proc, a small
//! /dev and /tmp, but no namespaces, no limits, no network but the host's.

mod commands;
mod copy;
mod files;
mod once;
mod ready;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use drivers::Result;
use serde::{Deserialize, Serialize};

use crate::Reach;
use crate::cell::Cell;
use crate::environment::CacheState;

pub(crate) use copy::ImageCopy;
pub use ready::Ready;
pub(crate) use ready::connect;

/// A workload that the settings describe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Lower case, words joined by `-`; not that of a built-in one.
    pub name: String,
    /// The question its chart answers.
    pub question: String,
    /// Which profiles take it unasked.
    pub reach: Reach,
    /// Program and arguments, run to their end before anything else.
    pub setup: Option<Vec<String>>,
    /// Program and arguments of what is measured.
    pub run: Vec<String>,
    /// How `run` tells that it serves; it is then stopped in the end. Without, it ends by itself.
    pub ready: Option<Ready>,
    /// Program and arguments, run to their end while `run` serves.
    pub load: Option<Vec<String>>,
    /// Program and arguments, run to their end after everything else.
    pub cleanup: Option<Vec<String>>,
    /// Variables of the environment; `PATH` is there anyway.
    pub env: BTreeMap<String, String>,
    /// The working directory, inside the root.
    pub dir: Option<PathBuf>,
    /// Whom all commands run as: `1000`, `1000:100` or a name of the image's; root without.
    pub user: Option<String>,
    /// What each command may take, in seconds.
    pub limit_seconds: u64,
    /// The states of the caches it is measured from.
    pub caches: Vec<CacheState>,
    /// Further files of the image, inside the root, that the state of the caches is proven by; programs are, anyway.
    pub files: Vec<PathBuf>,
    /// A directory inside the root that is once in the layer, once a volume.
    pub volume: Option<PathBuf>,
}

/// A phase, and what is timed.
type Phase = (&'static str, &'static str);

const CREATE: Phase = ("create", "making and mounting the container layer");
const SETUP: Phase = ("setup", "the command `setup`, to its end");
const RUN: Phase = ("run", "the command `run`, to its end");
const READY: Phase = ("ready", "from the start of `run` until it is ready");
const LOAD: Phase = ("load", "the command `load` while `run` serves, to its end");
const STOP: Phase = ("stop", "from the signal TERM until `run` has ended");
const CLEANUP: Phase = ("cleanup", "the command `cleanup`, to its end");
const REMOVE: Phase = ("remove", "unmounting and removing the container layer");
const LEFT: Phase = (
    "left",
    "what the container's layer holds in the end: space and inodes",
);
const TOTAL: Phase = (
    "total",
    "create, then `run` to its end or until it is ready: what is waited for",
);

impl Own {
    /// A workload of nothing but `run`, with the defaults of everything else.
    pub fn new(name: &str, run: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            question: format!("What does the workload {name} cost?"),
            reach: Reach::Full,
            setup: None,
            run,
            ready: None,
            load: None,
            cleanup: None,
            env: BTreeMap::new(),
            dir: None,
            user: None,
            limit_seconds: 60,
            caches: vec![CacheState::Warm],
            files: Vec::new(),
            volume: None,
        }
    }

    /// The phases it has.
    pub fn phases(&self) -> Vec<(&'static str, &'static str)> {
        let serves = self.ready.is_some();
        [
            (true, CREATE),
            (self.setup.is_some(), SETUP),
            (!serves, RUN),
            (serves, READY),
            (self.load.is_some(), LOAD),
            (serves, STOP),
            (self.cleanup.is_some(), CLEANUP),
            (true, LEFT),
            (true, REMOVE),
            (true, TOTAL),
        ]
        .into_iter()
        .filter_map(|(there, phase)| there.then_some(phase))
        .collect()
    }

    /// Every command it has.
    fn commands(&self) -> impl Iterator<Item = &Vec<String>> {
        let run = std::iter::once(&self.run);
        run.chain(&self.setup)
            .chain(&self.load)
            .chain(&self.cleanup)
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.limit_seconds.max(1))
    }

    /// Runs it once: in every state of the caches, in the layer and, if asked for, on a volume.
    ///
    /// # Errors
    /// `Unsupported` when the image has no such program, or this ground cannot do what it does; `Daemon` with its last
    /// output when a command fails; `TimedOut`.
    pub fn run(&self, cell: &mut Cell<'_>) -> Result<()> {
        once::all(self, cell)
    }
}
