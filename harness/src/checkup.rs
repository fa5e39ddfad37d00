//! What on this host makes numbers less certain, what it does to them, and the command that mends it.
//!
//! [`Seen::look`] reads the host, [`warnings`] judges what was seen. A warning is not an error: everything can be
//! measured all the same, and the noise watch of a run tells what came of it.

mod seen;
mod warnings;

pub(crate) use seen::Seen;
pub(crate) use warnings::warnings;

/// One thing that could be better.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Warning {
    /// A short name: `governor`.
    pub(crate) check: &'static str,
    /// What is so: `the governor is powersave`.
    pub(crate) seen: String,
    /// What it does to numbers.
    pub(crate) effect: &'static str,
    /// The command that mends it, or what to do where no command does.
    pub(crate) mend: String,
}
