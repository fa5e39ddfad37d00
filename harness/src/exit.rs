//! Exit codes: part of the interface, documented in docs/cli.md.

use drivers::ErrorKind;

/// Everything asked for was done, and nothing failed.
pub(crate) const OK: u8 = 0;
/// A conformance case failed, or a gate confirmed that something got worse.
pub(crate) const FAILED: u8 = 1;
/// The command line cannot be understood: unknown flag, driver, case, workload or option.
pub(crate) const USAGE: u8 = 2;
/// A gate could not judge everything, and was told to fail then.
pub(crate) const INCONCLUSIVE: u8 = 3;
/// The filters left nothing to do.
pub(crate) const NOTHING: u8 = 4;
/// A driver that was asked for by name cannot run here; `doctor` says why.
pub(crate) const MISSING: u8 = 6;
/// An image, an archive or a record file is malformed, truncated, or not what its digest says.
pub(crate) const BAD_DATA: u8 = 65;
/// A named file or directory is not there.
pub(crate) const NO_INPUT: u8 = 66;
/// A fault of layerbench itself.
pub(crate) const INTERNAL: u8 = 70;
/// The operating system refused: full disk, failed mount, dead daemon, time-out.
pub(crate) const OS: u8 = 71;
/// The user may not do that.
pub(crate) const PERMISSION: u8 = 77;
/// Ended by Ctrl-C or SIGTERM; what was recorded so far is kept.
pub(crate) const INTERRUPTED: u8 = 130;

/// An error that knows its exit code, for failures that no driver error describes.
#[derive(Debug)]
pub(crate) struct Coded {
    /// The exit code.
    pub(crate) code: u8,
    message: String,
}

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Coded {}

/// Shorthand for an error with an exit code.
pub(crate) fn coded(code: u8, message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Coded {
        code,
        message: message.into(),
    })
}

/// Prints an error as one line and gives its exit code.
pub(crate) fn report(error: &anyhow::Error) -> u8 {
    let mut line = format!("layerbench: {error:#}").replace('\n', " ");
    if kind(error) == Some(ErrorKind::NoSpace) {
        let of_a_driver = error.downcast_ref::<drivers::Error>().is_some();
        line.push_str(if of_a_driver {
            " (make room, or give the backing stores more with --size)"
        } else {
            " (make room there)"
        });
    }
    crate::progress::say(&line);
    code(error)
}

fn code(error: &anyhow::Error) -> u8 {
    if let Some(coded) = error.downcast_ref::<Coded>() {
        return coded.code;
    }
    match kind(error) {
        Some(ErrorKind::BadInput) => BAD_DATA,
        Some(ErrorKind::NotFound) => NO_INPUT,
        Some(ErrorKind::Missing | ErrorKind::Unsupported) => MISSING,
        Some(ErrorKind::PermissionDenied) => PERMISSION,
        Some(_) => OS,
        None => INTERNAL,
    }
}

/// The family of a driver's error, or of a bare one of the system.
fn kind(error: &anyhow::Error) -> Option<ErrorKind> {
    if let Some(error) = error.downcast_ref::<drivers::Error>() {
        return Some(error.kind());
    }
    error
        .downcast_ref::<std::io::Error>()
        .map(drivers::error::kind_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_an_error_decides_the_code_also_under_context() {
        let error =
            anyhow::Error::new(drivers::Error::new(ErrorKind::NoSpace, "write")).context("pulling");
        assert_eq!(code(&error), OS);
        assert_eq!(code(&coded(NOTHING, "no case")), NOTHING);
        let error = std::io::Error::from_raw_os_error(13);
        assert_eq!(code(&anyhow::Error::new(error).context("x")), PERMISSION);
        assert_eq!(code(&anyhow::anyhow!("a bug")), INTERNAL);
    }
}
