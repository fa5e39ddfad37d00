//! A user's session with the program, and what must be true after every line of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::Value;

/// Far more than any line takes, on a machine that is busy with other tests too; bounds a hang.
const LIMIT: Timespec = Timespec {
    tv_sec: 900,
    tv_nsec: 0,
};

/// Runs it to its end; one that hangs is killed.
fn ended(command: &mut Command) -> Output {
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = piped.stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    let process = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut end = [PollFd::new(&process, PollFlags::IN)];
            if retry_on_intr(|| poll(&mut end, Some(&LIMIT))).unwrap() == 0 {
                pidfd_send_signal(&process, Signal::KILL).unwrap();
            }
        });
        child.wait_with_output().unwrap()
    })
}

/// A user's session: a directory for output and one for work, both gone afterwards.
pub(crate) struct Session {
    dir: tempfile::TempDir,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::Builder::new()
                .prefix("layerbench-cli-")
                .tempdir_in("/var/tmp")
                .unwrap(),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program with a line of arguments, ready to be started.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        self.start(env!("CARGO_BIN_EXE_layerbench"), line)
    }

    /// Another program, ready to be started.
    pub(crate) fn program(&self, program: &str, line: &[&str]) -> Command {
        self.start(program, line)
    }

    /// Another program, to its end.
    pub(crate) fn tool(&self, program: &str, line: &[&str]) -> Output {
        ended(&mut self.start(program, line))
    }

    /// Runs a line where a tool is hidden, in a mount namespace of its own.
    pub(crate) fn without_tool(&self, tool: &str, line: &[&str]) -> Output {
        let script = "mount --bind /dev/null \"$(readlink -f \"$0\")\" && exec \"$@\"";
        let binary = env!("CARGO_BIN_EXE_layerbench");
        self.tool(
            "unshare",
            &[&["-m", "sh", "-c", script, tool, binary][..], line].concat(),
        )
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the test is the user who starts the program"
    )]
    fn start(&self, program: &str, line: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(line)
            .current_dir(self.dir.path())
            .env("LAYERBENCH_WORK", self.path("work"))
            // It doubles the time of a run; the tests in counts.rs ask for it.
            .env("LAYERBENCH_COUNTS", "no");
        command
    }

    pub(crate) fn run(&self, line: &[&str]) -> Output {
        let output = ended(&mut self.command(line));
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{line:?} panicked: {err}");
        output
    }

    /// Runs a line that must end with `code`, and gives its standard output and standard error.
    pub(crate) fn expect(&self, code: i32, line: &[&str]) -> (String, String) {
        let output = self.run(line);
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert_eq!(output.status.code(), Some(code), "{line:?}\n{out}\n{err}");
        (out, err)
    }

    /// Nothing of this session is mounted, attached or running, and its work directory is empty. What a killed process
    /// held is released by the kernel in its own time: that is waited for, with a bound.
    pub(crate) fn assert_clean(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: 10_000_000,
        };
        while !self.left().is_empty() && Instant::now() < deadline {
            poll(&mut [], Some(&pause)).unwrap();
        }
        assert_eq!(self.left(), Vec::<String>::new());
    }

    fn left(&self) -> Vec<String> {
        let needle = self.dir.path().to_string_lossy().into_owned();
        let mut left = Vec::new();
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        left.extend(
            mounts
                .lines()
                .filter(|line| line.contains(&needle))
                .map(str::to_owned),
        );
        for entry in std::fs::read_dir("/sys/block").unwrap().flatten() {
            let backing = std::fs::read_to_string(entry.path().join("loop/backing_file"));
            left.extend(backing.into_iter().filter(|path| path.contains(&needle)));
        }
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            // Every process of a run inherits LAYERBENCH_WORK.
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if String::from_utf8_lossy(&environment).contains(&needle) {
                left.push(format!("process {}", entry.file_name().display()));
            }
        }
        if let Ok(entries) = std::fs::read_dir(self.path("work")) {
            left.extend(
                entries
                    .flatten()
                    .map(|entry| entry.path().display().to_string()),
            );
        }
        left
    }
}

/// The drivers that can run here.
pub(crate) static READY: LazyLock<Vec<String>> = LazyLock::new(|| {
    let (doctor, _) = Session::new().expect(0, &["doctor", "--json"]);
    let doctor: Value = serde_json::from_str(&doctor).unwrap();
    let ready = |driver: &&Value| driver["ready"] == true;
    let drivers = doctor["drivers"].as_array().unwrap().iter().filter(ready);
    drivers
        .map(|driver| driver["driver"].as_str().unwrap().to_owned())
        .collect()
});

/// One line, saying who speaks.
pub(crate) fn assert_one_line(err: &str) {
    assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    assert!(err.starts_with("layerbench: "), "{err}");
}
