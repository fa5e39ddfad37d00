//! What every storage driver must do: the conformance suite, shipped as a library.
//!
//! A **case** is one promise, in one file, naming where the promise comes from. It runs against any opened driver. What
//! a driver *declares* ([`drivers::Capabilities`]) flips an assertion, never skips it.

use std::path::Path;

use drivers::Driver;

/// One promise.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file's name: `unlinked_lower_file_stays_gone`.
    pub name: &'static str,
    /// What is promised, as a sentence.
    pub promise: &'static str,
    /// The clause or bug it comes from.
    pub origin: &'static str,
    /// How much a driver owes it.
    pub level: Level,
    /// What it belongs to in the matrix.
    pub theme: Theme,
    /// The capability its assertion turns on, by field name, if any.
    pub capability: Option<&'static str>,
    /// Asks the driver.
    pub run: fn(&mut Context<'_>) -> Outcome,
}

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

/// Groups of promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Layer stacking.
    Stacking,
    /// Whiteouts and opaque directories.
    Whiteouts,
    /// The first write to a lower file.
    CopyUp,
    /// Sharing and accounting of space.
    Sharing,
    /// Changes, export, apply.
    Changes,
    /// Names, references, removal.
    LifeCycle,
    /// Odd and hostile archives.
    Archives,
}

/// What a case is given: an opened driver, and directories of its own.
pub struct Context<'a> {
    /// The driver under test; other cases may have left layers in it, never under this case's names.
    pub driver: &'a dyn Driver,
    /// An empty directory of the host's filesystem, for mountpoints and for "victims" of hostile archives.
    pub scratch: &'a Path,
    /// Unique to this case: a prefix for keys.
    pub prefix: String,
    /// Opens the driver's root anew, as after a restart.
    pub reopen: &'a dyn Fn() -> drivers::Result<Box<dyn Driver>>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("driver", &self.driver)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// What came of it.
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

/// Every case, sorted by theme and name.
pub const ALL: &[&Case] = &[];
