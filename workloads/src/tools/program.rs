//! Running a program of the host, with an environment of its own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::sys::command;
use drivers::{Error, ErrorKind, Host, Result};

/// Far more than any of them takes; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(300);

/// A program that was found.
#[derive(Debug, Clone)]
pub(super) struct Program {
    env: PathBuf,
    path: PathBuf,
    search: OsString,
}

impl Program {
    /// Finds it on the host.
    ///
    /// # Errors
    /// `Unsupported`, with the command that installs it.
    pub(super) fn find(host: &Host, name: &str, debian: &str, fedora: &str) -> Result<Self> {
        let missing = |name: &str| {
            Error::new(ErrorKind::Unsupported, format!("run {name}"))
                .because("it is not installed")
                .hint(host.install(debian, fedora))
        };
        let search = std::env::join_paths(&host.path).unwrap_or_else(|_| "/usr/bin:/bin".into());
        Ok(Self {
            env: host.tool("env").ok_or_else(|| missing("env"))?,
            path: host.tool(name).ok_or_else(|| missing(name))?,
            search,
        })
    }

    /// Runs it to its end. It knows nothing of the user's settings: the environment is `home` and what is fixed here.
    ///
    /// # Errors
    /// `Daemon` with its last words when it fails; `TimedOut`.
    pub(super) fn run(&self, home: &Path, args: &[&OsStr]) -> Result<Vec<u8>> {
        let assignment = |name: &str, value: &OsStr| {
            let mut text = OsString::from(name);
            text.push("=");
            text.push(value);
            text
        };
        let fixed = [
            assignment("PATH", &self.search),
            assignment("HOME", home.as_os_str()),
            assignment("TMPDIR", home.as_os_str()),
            "LC_ALL=C".into(),
            "GIT_CONFIG_NOSYSTEM=1".into(),
            "GIT_TERMINAL_PROMPT=0".into(),
            "DEBIAN_FRONTEND=noninteractive".into(),
            // The same bytes whenever it is run.
            "SOURCE_DATE_EPOCH=1700000000".into(),
            "GIT_AUTHOR_DATE=1700000000 +0000".into(),
            "GIT_COMMITTER_DATE=1700000000 +0000".into(),
        ];
        let mut line: Vec<&OsStr> = vec!["-i".as_ref()];
        line.extend(fixed.iter().map(OsString::as_os_str));
        line.push(self.path.as_os_str());
        line.extend(args);
        command::run(&self.env, &line, LIMIT)
    }
}
