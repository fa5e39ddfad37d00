//! The versioned format of what a run found: `results.json` and `records.jsonl`.
//!
//! Both hold the same things. `records.jsonl` is written while the run goes on, one tagged [`Line`] each, so that a crash
//! loses at most the line in flight; `results.json` is all of it as one object, [`Results`]. docs/results.md describes
//! every field. Rule: any change that an older reader would misread or refuse raises [`SCHEMA`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::latency::Latencies;

/// The version of the format that this library writes, and the only one it reads.
pub const SCHEMA: u32 = 1;

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
    /// Every number, in the order it was made.
    pub records: Vec<Record>,
    /// Every answer of the conformance suite.
    pub cases: Vec<CaseResult>,
    /// What a subject did not finish.
    pub dnf: Vec<Dnf>,
    /// How the run ended; absent when it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`SCHEMA`]; repeated here because this is the first line of `records.jsonl`.
    pub schema: u32,
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
    /// In `unit`; finite.
    pub value: f64,
    /// What the phase was done with: `size`, `depth`, `parallel`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Facts,
    /// What was known of the page cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
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
    /// Proven empty of the files concerned.
    Cold,
    /// Dropped, not proven.
    Dropped,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Line {
    /// The line as text, without the newline.
    ///
    /// # Errors
    /// `BadInput` for a number that JSON cannot hold (infinite, or none).
    pub fn to_json(&self) -> Result<String> {
        let finite = match self {
            Self::Record(record) => record.value.is_finite(),
            Self::Case(case) => case.seconds.is_finite(),
            Self::End(end) => end.seconds.is_finite(),
            Self::Run(_) | Self::Host(_) | Self::Subject(_) | Self::Dnf(_) => true,
        };
        if !finite {
            return Err(Error::new(
                ErrorKind::BadInput,
                "write a record: its number is not finite",
            ));
        }
        serde_json::to_string(self)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("write a record: {e}")))
    }
}

impl Results {
    /// Takes one line in.
    pub fn push(&mut self, line: Line) {
        match line {
            Line::Run(run) => {
                self.schema = run.schema;
                self.run = run;
            }
            Line::Host(host) => self.host = host.facts,
            // A subject named again replaces what was known of it: facts grow while a driver is open.
            Line::Subject(subject) => {
                match self.subjects.iter_mut().find(|s| s.name == subject.name) {
                    Some(known) => *known = subject,
                    None => self.subjects.push(subject),
                }
            }
            Line::Record(record) => self.records.push(record),
            Line::Case(case) => self.cases.push(case),
            Line::Dnf(dnf) => self.dnf.push(dnf),
            Line::End(end) => self.end = Some(end),
        }
    }

    /// Reads `records.jsonl`. A last line cut short by a crash is left out; any other bad line is an error.
    ///
    /// # Errors
    /// `BadInput` with the line's number; `Schema` when another version wrote it.
    pub fn from_lines(text: &str) -> Result<Self> {
        let mut results = Self::default();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if number == 0 {
                check_schema(line)?;
            }
            match serde_json::from_str(line) {
                Ok(line) => results.push(line),
                Err(_) if number > 0 && !line.ends_with('\n') => break,
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::BadInput,
                        format!("read line {} of the records: {error}", number + 1),
                    ));
                }
            }
        }
        if results.schema != SCHEMA {
            return Err(Error::new(
                ErrorKind::BadInput,
                "read the records: the first line must be the run (kind \"run\")",
            ));
        }
        Ok(results)
    }

    /// Reads `results.json`.
    ///
    /// # Errors
    /// `BadInput`; `Schema` when another version wrote it.
    pub fn from_json(text: &str) -> Result<Self> {
        check_schema(text)?;
        serde_json::from_str(text)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("read the results: {e}")))
    }

    /// `results.json`: indented, ends with a newline, the same bytes for the same results.
    ///
    /// # Errors
    /// `BadInput` when a value cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("write the results: {e}")))?;
        text.push('\n');
        Ok(text)
    }
}

/// Refuses another version by its number, before any field can be misread.
fn check_schema(text: &str) -> Result<()> {
    /// Only the version: all other fields are passed over.
    #[derive(Deserialize)]
    struct Version {
        schema: Option<u32>,
    }
    let version: Version = serde_json::from_str(text)
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("read the results: {e}")))?;
    match version.schema {
        Some(SCHEMA) => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::Schema,
            format!(
                "read the results: they have schema {other}, this layerbench reads schema {SCHEMA}; use the version that wrote them"
            ),
        )),
        None => Err(Error::new(
            ErrorKind::BadInput,
            "read the results: there is no schema number",
        )),
    }
}
