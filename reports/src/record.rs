//! The versioned format of what a run found: `results.json` and `records.jsonl`.
//!
//! Both hold the same things. `records.jsonl` is written while the run goes on, one tagged [`Line`] each, so that a crash
//! loses at most the line in flight; `results.json` is all of it as one object, [`Results`]. docs/results.md describes
//! every field. Rule: any change that an older reader would misread or refuse raises [`SCHEMA`]. Reading and writing, and
//! the readers of older versions, are in [`read`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::latency::Latencies;
use crate::merge::Part;

pub mod cell;
pub mod read;

pub use cell::{Block, CellInfo, Noise};

/// The version of the format that this library writes; it reads all from 1 on.
pub const SCHEMA: u32 = 2;

/// Names and values, sorted by name.
pub type Facts = BTreeMap<String, String>;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was asked for.
    pub run: Run,
    /// The machine: kernel, cpu, memory, disk. Nothing that identifies it or its user.
    pub host: Facts,
    /// Everything that was, or should have been, tested; controls and twins too.
    pub subjects: Vec<Subject>,
    /// Every cell, in the order of time: when it was measured, after what, and what else the machine did meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellInfo>,
    /// What was measured again, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// Every number, in the order it was made.
    pub records: Vec<Record>,
    /// Every answer of the conformance suite.
    pub cases: Vec<CaseResult>,
    /// What a subject did not finish.
    pub dnf: Vec<Dnf>,
    /// How the run ended; absent when it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// The runs these were merged from; none for a run as it was made. Never stored: it is made anew from the runs.
    #[serde(skip)]
    pub parts: Vec<Part>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`SCHEMA`]; repeated here because this is the first line of `records.jsonl`.
    pub schema: u32,
    /// `2026-11-21T19-30-00Z-5f3a9c01-7c2e`: the time, the host's fingerprint, a random part; empty where none was given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The version of layerbench.
    pub version: String,
    /// The commit it was built from; empty when unknown.
    pub commit: String,
    /// Every random choice comes from it.
    pub seed: u64,
    /// `smoke`, `quick`, `default`, `publish`.
    pub profile: String,
    /// Rounds planned.
    pub rounds: u32,
    /// RFC 3339, UTC.
    pub started: String,
    /// The arguments as given, the program's name first.
    pub command_line: Vec<String>,
    /// The effective settings.
    pub config: BTreeMap<String, serde_json::Value>,
    /// The image that was used: name, layers, bytes, files.
    pub image: Facts,
    /// The workloads planned, in the order reports show them.
    pub workloads: Vec<WorkloadInfo>,
}

/// What the report must know of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadInfo {
    /// `pull`.
    pub name: String,
    /// The question its chart answers.
    pub question: String,
    /// Its phases in order: name, and what is timed.
    pub phases: Vec<(String, String)>,
}

/// One thing under test, or a control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// `overlay2@xfs,metacopy=on`; for a driver that cannot run here, the driver's name.
    pub name: String,
    /// `overlay2`; `hostdir` for a control.
    pub driver: String,
    /// Why it takes part.
    pub role: Role,
    /// The subject that did the same work in a plain directory of the same backing store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// For a twin: the subject it is a second copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// `ext4`, `pool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing: Option<String>,
    /// The options asked for.
    pub options: Facts,
    /// Whether it could run.
    pub support: Support,
    /// What was in effect: versions, mount options, fall-backs with their reason. A key may repeat. The key `note` is
    /// a sentence that the report shows beside the subject's numbers, `fallback` a thing it had to do without.
    pub facts: Vec<(String, String)>,
    /// What the driver declared, by capability.
    pub capabilities: BTreeMap<String, serde_json::Value>,
}

impl Subject {
    /// The subject as the command line takes it: `overlay2@xfs,metacopy=on`. Its name may hold what was found, such as
    /// a version, which cannot be asked for.
    pub fn spec(&self) -> String {
        let mut text = self.driver.clone();
        if let Some(backing) = &self.backing {
            text.extend(["@", backing]);
        }
        for (name, value) in &self.options {
            text.extend([",", name, "=", value]);
        }
        text
    }
}

/// Why a subject takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is under test.
    Subject,
    /// The same work without any driver.
    Control,
    /// A second copy of a subject under another name: what differs between the two is noise.
    Twin,
}

/// Whether a subject could run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Support {
    /// It could.
    Ready,
    /// It could not.
    Missing {
        /// `kernel`, `tool`, `filesystem`, `permission`.
        reason: String,
        /// What exactly is absent.
        what: String,
        /// The command, or the step, that mends it.
        fix: String,
    },
}

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The subject's name.
    pub subject: String,
    /// Its driver.
    pub driver: String,
    /// `copy-up`.
    pub workload: String,
    /// `append-first`.
    pub phase: String,
    /// `time`, `allocated`.
    pub metric: String,
    /// `s`, `B`, `1/s`, `B/s`, `1`.
    pub unit: String,
    /// Counted from 0.
    pub round: u32,
    /// The place of the subject in its round, counted from 0.
    pub position: u32,
    /// The cell it was measured in: [`CellInfo::id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<u32>,
    /// In `unit`; finite.
    pub value: f64,
    /// What the phase was done with: `size`, `depth`, `parallel`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Facts,
    /// What was known of the page cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// Why the state that was wanted could not be proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_refused: Option<String>,
    /// What else the machine did meanwhile: `steal 12 %`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The distribution, where there were many operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Latencies>,
}

/// What was known of the page cache before a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// Proven empty of the files concerned, in every cache that can hold them.
    Cold,
    /// The kernel's page cache was dropped; another cache (a daemon's, the ARC) may still hold them, or it was not proven.
    Lukewarm,
    /// Read or written just before.
    Warm,
}

/// One answer of the conformance suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// The subject's name.
    pub subject: String,
    /// Its driver.
    pub driver: String,
    /// The case's name.
    pub case: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, unless it passed; else empty.
    pub reason: String,
    /// What is promised, as a sentence.
    pub promise: String,
    /// The clause or bug it comes from.
    pub origin: String,
    /// How much a driver owes it.
    pub level: Level,
    /// The group in the matrix: `copy-up`.
    pub theme: String,
    /// The capability the assertion turns on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// What should have been seen, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The promise holds.
    Pass,
    /// It does not, and nothing declared that.
    Fail,
    /// It differs as declared.
    Deviates,
    /// It cannot be asked of this driver or host.
    NotApplicable,
    /// The harness could not ask.
    Broken,
}

/// How much a driver owes a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Containers break without it.
    Must,
    /// Expected, but drivers are known to differ.
    Should,
    /// Worth knowing.
    Informs,
}

/// A workload, or a phase of it, that a subject did not finish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dnf {
    /// The subject's name.
    pub subject: String,
    /// The workload's name.
    pub workload: String,
    /// The phase that could not be done; absent when the whole workload stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// What the phase was to be done with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Facts,
    /// The round, counted from 0; absent when no round was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Stopped by a time limit after so many seconds: the true time is longer (censored), not unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<f64>,
    /// Why.
    pub reason: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// From start to end.
    pub seconds: f64,
    /// Stopped by a signal or a time limit before all was done.
    pub interrupted: bool,
}

/// One line of `records.jsonl`; `kind` says which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Run(Run),
    /// The machine.
    Host(HostLine),
    /// A subject, before its first record.
    Subject(Subject),
    /// A cell, after its numbers.
    Cell(CellInfo),
    /// What was measured again.
    Block(Block),
    /// A number.
    Record(Record),
    /// An answer.
    Case(CaseResult),
    /// Something not finished.
    Dnf(Dnf),
    /// The last line of a run that was not killed.
    End(End),
}

/// The machine, as a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostLine {
    /// See [`Results::host`].
    pub facts: Facts,
}
