//! The words of the suite: a case, how much a driver owes it, what it belongs to, and what may come of it.

use crate::context::Context;
use crate::faults::Fault;

/// One promise.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file's name: `unlinked_lower_file_stays_gone`.
    pub name: &'static str,
    /// What is promised, as a sentence.
    pub promise: &'static str,
    /// What goes wrong for a user where it is broken.
    pub why: &'static str,
    /// The clause or bug it comes from.
    pub origin: &'static str,
    /// The behaviours and lessons of the [catalogue](crate::catalogue) it asks for, by id: `WO1`, `C17`.
    pub covers: &'static [&'static str],
    /// How much a driver owes it.
    pub level: Level,
    /// What it belongs to in the matrix.
    pub theme: Theme,
    /// The capability its assertion turns on, by field name, if any.
    pub capability: Option<&'static str>,
    /// Faults under which it fails: proof that it can.
    pub broken_by: &'static [Fault],
    /// Asks the driver.
    pub run: fn(&mut Context<'_>) -> Verdict,
}

/// What a case answers: `?` on anything the driver does ends the case with a [`Stop`].
pub type Verdict = Result<Outcome, Stop>;

/// How much a driver owes a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Containers break without it.
    Must,
    /// Expected, but drivers are known to differ.
    Should,
    /// Worth knowing.
    Informs,
}

impl Level {
    /// Every level, the strictest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Informs];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Informs => "informs",
        }
    }
}

/// Groups of promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Layer stacking.
    Stacking,
    /// Whiteouts and opaque directories.
    Whiteouts,
    /// The first write to a lower file: data and metadata.
    CopyUp,
    /// Hard links of lower files.
    HardLinks,
    /// Extended attributes, capabilities, ACLs and labels.
    Attributes,
    /// Renames of what lies in lower layers.
    Renames,
    /// Inode and device numbers, listings, watches.
    Identity,
    /// Open descriptors, mappings, locks, and what a descriptor can do.
    OpenFiles,
    /// Devices, fifos and sockets.
    SpecialFiles,
    /// The rules of POSIX, asked of files that come from a lower layer.
    Posix,
    /// Sharing and accounting of space.
    Sharing,
    /// Changes, export, apply.
    Changes,
    /// Names, references, removal, restarts.
    LifeCycle,
    /// Several at once.
    Concurrency,
    /// Limits on space and inodes.
    Quota,
    /// Crashes, failing devices and what is left after them.
    Crash,
    /// Odd and hostile archives.
    Archives,
}

impl Theme {
    /// Every theme, in the order of the matrix.
    pub const ALL: [Self; 17] = [
        Self::Stacking,
        Self::Whiteouts,
        Self::CopyUp,
        Self::HardLinks,
        Self::Attributes,
        Self::Renames,
        Self::Identity,
        Self::OpenFiles,
        Self::SpecialFiles,
        Self::Posix,
        Self::Sharing,
        Self::Changes,
        Self::LifeCycle,
        Self::Concurrency,
        Self::Quota,
        Self::Crash,
        Self::Archives,
    ];

    /// The word used in test names and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stacking => "stacking",
            Self::Whiteouts => "whiteouts",
            Self::CopyUp => "copy-up",
            Self::HardLinks => "hard-links",
            Self::Attributes => "attributes",
            Self::Renames => "renames",
            Self::Identity => "identity",
            Self::OpenFiles => "open-files",
            Self::SpecialFiles => "special-files",
            Self::Posix => "posix",
            Self::Sharing => "sharing",
            Self::Changes => "changes",
            Self::LifeCycle => "life-cycle",
            Self::Concurrency => "concurrency",
            Self::Quota => "quota",
            Self::Crash => "crash",
            Self::Archives => "archives",
        }
    }
}

/// What a case expects of an operation on which it uses `?`.
const WORKS: &str = "the operation works";

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The promise holds as on a plain filesystem.
    Pass,
    /// It does not, and nothing declared that; or something was declared and did not show.
    Fail {
        /// What should have been seen.
        expected: String,
        /// What was seen.
        actual: String,
    },
    /// It differs as declared, with the reason and the number if there is one.
    Deviates(String),
    /// The driver or the host cannot be asked, with the reason.
    NotApplicable(String),
    /// The harness could not ask, with the error.
    Broken(String),
}

impl Outcome {
    /// The word used in reports: `pass`, `fail`, `deviates`, `not-applicable`, `broken`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::Deviates(_) => "deviates",
            Self::NotApplicable(_) => "not-applicable",
            Self::Broken(_) => "broken",
        }
    }

    /// Whether a run with this outcome is in order.
    pub fn is_ok(&self) -> bool {
        matches!(
            self,
            Self::Pass | Self::Deviates(_) | Self::NotApplicable(_)
        )
    }

    /// The reason, number or contradiction behind it; empty for a pass.
    pub fn reason(&self) -> String {
        match self {
            Self::Pass => String::new(),
            Self::Fail { expected, actual } => format!("expected {expected}; got {actual}"),
            Self::Deviates(why) | Self::NotApplicable(why) | Self::Broken(why) => why.clone(),
        }
    }

    /// Whether it failed by an error where none was allowed, and not by anything that was asserted.
    pub fn is_mere_error(&self) -> bool {
        matches!(self, Self::Fail { expected, .. } if expected == WORKS)
    }

    /// A failure.
    pub fn fail(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self::Fail {
            expected: expected.into(),
            actual: actual.into(),
        }
    }
}

/// Ends a case early. An error of the driver, or of a system call in a mounted container, becomes a failure: a case
/// only uses `?` where the operation has to work.
#[derive(Debug)]
pub struct Stop(pub Outcome);

impl Stop {
    /// The promise is broken.
    pub fn fail(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self(Outcome::fail(expected, actual))
    }

    /// The driver or the host cannot be asked.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self(Outcome::NotApplicable(why.into()))
    }

    /// The case itself went wrong.
    pub fn broken(why: impl Into<String>) -> Self {
        Self(Outcome::Broken(why.into()))
    }
}

impl From<drivers::Error> for Stop {
    fn from(error: drivers::Error) -> Self {
        // A store that is too small says nothing of the driver.
        if error.kind() == drivers::ErrorKind::NoSpace {
            return Self::broken(error.to_string());
        }
        Self::fail(WORKS, error.to_string())
    }
}
