//! The assertions of cases: each ends the case with a [`Stop`] that says what was expected and what was seen.

use std::fmt::Debug;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use drivers::{Error, ErrorKind};

use crate::case::{Outcome, Stop, Verdict};

/// The assertions made in this process.
static MADE: AtomicU64 = AtomicU64::new(0);

/// How many assertions have been made in this process: each comparison of a whole tree is one.
pub fn made() -> u64 {
    MADE.load(Ordering::Relaxed)
}

/// Counts one.
pub(crate) fn count() {
    MADE.fetch_add(1, Ordering::Relaxed);
}

/// The result of one assertion.
pub type Checked = Result<(), Stop>;

/// A condition, in words.
///
/// # Errors
/// A failure, unless `holds`.
pub fn that(holds: bool, expected: impl Into<String>, actual: impl Into<String>) -> Checked {
    count();
    if holds {
        Ok(())
    } else {
        Err(Stop::fail(expected, actual))
    }
}

/// Two values are equal; `what` names them.
///
/// # Errors
/// A failure that shows both.
pub fn same<T: PartialEq + Debug>(what: &str, expected: T, actual: T) -> Checked {
    count();
    if expected == actual {
        Ok(())
    } else {
        Err(Stop::fail(
            format!("{what}: {expected:?}"),
            format!("{actual:?}"),
        ))
    }
}

/// An operation of the driver was refused with `kind`.
///
/// # Errors
/// A failure, when it worked or was refused for another reason.
pub fn refused<T>(what: &str, kind: ErrorKind, outcome: Result<T, Error>) -> Checked {
    count();
    match outcome {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(Stop::fail(
            format!("{what} is refused as {kind:?}"),
            format!("{:?}: {error}", error.kind()),
        )),
        Ok(_) => Err(Stop::fail(
            format!("{what} is refused as {kind:?}"),
            "it worked",
        )),
    }
}

/// A system call failed with `errno`.
///
/// # Errors
/// A failure, when it worked or failed otherwise.
pub fn errno<T>(
    what: &str,
    errno: rustix::io::Errno,
    outcome: Result<T, impl Into<io::Error>>,
) -> Checked {
    count();
    let wanted = errno.raw_os_error();
    match outcome.map_err(Into::into) {
        Err(error) if error.raw_os_error() == Some(wanted) => Ok(()),
        Err(error) => Err(Stop::fail(format!("{what}: {errno}"), error.to_string())),
        Ok(_) => Err(Stop::fail(format!("{what}: {errno}"), "it worked")),
    }
}

/// Turns an assertion by a declared capability: where the driver declares that it does what a plain filesystem does,
/// `shown` must be true; where it declares the contrary, `shown` must be false, and `deviation` is the reason.
///
/// # Errors
/// A failure, when what is declared does not show.
pub fn declared(
    capability: &str,
    declared: bool,
    shown: bool,
    deviation: impl Into<String>,
) -> Verdict {
    count();
    match (declared, shown) {
        (true, true) => Ok(Outcome::Pass),
        (false, false) => Ok(Outcome::Deviates(deviation.into())),
        (true, false) => Err(Stop::fail(
            format!("{capability} as declared"),
            deviation.into(),
        )),
        (false, true) => Err(Stop::fail(
            format!("a deviation, since {capability} is declared as false"),
            "what a plain filesystem does",
        )),
    }
}

/// The first findings, and how many more there are.
pub fn some(found: &[String]) -> String {
    const NAMED: usize = 3;
    let first = found[..found.len().min(NAMED)].join("; ");
    match found.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}

/// What came of a system call, for a reason: "FICLONE: Operation not supported (os error 95)".
pub fn words<T>(what: &str, outcome: &Result<T, rustix::io::Errno>) -> String {
    match outcome {
        Ok(_) => format!("{what}: no error"),
        Err(errno) => format!("{what}: {errno}"),
    }
}
