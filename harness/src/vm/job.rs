//! One tool at work for the cache: its words go to a log, its time is limited, and Ctrl-C ends it with all it started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drivers::sys::daemon::Daemon;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{exit, interrupt};

const LOOK: Duration = Duration::from_millis(200);
/// How much of a log is shown when its tool fails.
const LAST_LINES: usize = 12;

/// What is to be done.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// `unpack the packages`: for the error.
    pub(super) what: &'a str,
    /// Where it works.
    pub(super) dir: &'a Path,
    /// What it says is kept here.
    pub(super) log: PathBuf,
    /// The time it may take.
    pub(super) limit: Duration,
    /// Its environment, beside ours.
    pub(super) variables: Vec<(&'a str, &'a OsStr)>,
}

impl Job<'_> {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// With the last lines of its log, when it fails, takes too long or is interrupted.
    pub(super) fn run<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> anyhow::Result<()> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        // The shell only leads what is said to the log, and becomes the program.
        let mut line: Vec<&OsStr> = vec![
            "-c".as_ref(),
            "log=$1; shift; exec \"$@\" >\"$log\" 2>&1".as_ref(),
            "sh".as_ref(),
            self.log.as_os_str(),
            program.as_os_str(),
        ];
        line.extend(args.iter().map(AsRef::as_ref));
        let daemon = Daemon::spawn_in(self.dir, "/bin/sh".as_ref(), &line, &self.variables, false)?;
        let deadline = Instant::now() + self.limit;
        while !daemon.ended_within(LOOK) {
            let late = Instant::now() >= deadline;
            if late || interrupt::requested() {
                end(daemon);
                return Err(if late {
                    self.failed(&format!(
                        "{name} did not end within {} s",
                        self.limit.as_secs()
                    ))
                } else {
                    exit::coded(exit::INTERRUPTED, format!("interrupted: {}", self.what))
                });
            }
        }
        match daemon.require_success(self.what.to_owned()) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failed(&format!("{name} failed"))),
        }
    }

    /// Shows the end of the log, and says which it is.
    fn failed(&self, why: &str) -> anyhow::Error {
        crate::progress::say(&last_lines(&self.log, LAST_LINES));
        exit::coded(
            exit::OS,
            format!(
                "could not {}: {why}: {:?}; all it said is in {}",
                self.what,
                last_lines(&self.log, 1),
                self.log.display(),
            ),
        )
    }
}

/// Ends a tool and all it started.
fn end(mut daemon: Daemon) {
    if let Some(group) = Pid::from_raw(daemon.pid().cast_signed()) {
        // ESRCH: it ended meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
    daemon.kill();
}

/// The end of a text file, for people.
pub(super) fn last_lines(path: &Path, count: usize) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A program of the host.
///
/// # Errors
/// With the package that brings it.
pub(super) fn program(name: &str, package: &str) -> anyhow::Result<PathBuf> {
    drivers::Host::detect().tool(name).ok_or_else(|| {
        exit::coded(
            exit::MISSING,
            format!("{name} is not installed, and a guest cannot be prepared without it: apt-get install {package}"),
        )
    })
}

/// What a short question to a tool is answered.
pub(super) fn ask<S: AsRef<OsStr>>(
    program: &Path,
    args: &[S],
    limit: Duration,
) -> anyhow::Result<String> {
    let args: Vec<&OsStr> = args.iter().map(AsRef::as_ref).collect();
    let bytes = drivers::sys::command::run(program, &args, limit)?;
    String::from_utf8(bytes).with_context(|| format!("{} did not print UTF-8", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(dir: &Path, limit: Duration) -> Job<'_> {
        Job {
            what: "build it",
            dir,
            log: dir.join("log"),
            limit,
            variables: vec![("WORD", "said".as_ref())],
        }
    }

    #[test]
    fn a_tool_that_fails_is_quoted_and_one_that_hangs_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let sh = Path::new("/bin/sh");
        let patient = job(dir.path(), Duration::from_secs(60));
        patient.run(sh, &["-c", "echo $WORD; pwd"]).unwrap();
        let log = std::fs::read_to_string(&patient.log).unwrap();
        assert!(log.starts_with("said\n"), "{log}");
        let failed = patient
            .run(sh, &["-c", "echo lost >&2; exit 3"])
            .unwrap_err();
        assert!(failed.to_string().contains("lost"), "{failed}");
        // Its child, which holds the log open, ends with it.
        let hasty = job(dir.path(), Duration::from_millis(1));
        let late = hasty.run(sh, &["-c", "sleep 600; true"]).unwrap_err();
        assert!(late.to_string().contains("did not end within"), "{late}");
    }

    #[test]
    fn a_missing_program_names_its_package() {
        let error = program("no-such-tool", "the-package")
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("apt-get install the-package"), "{error}");
    }
}
