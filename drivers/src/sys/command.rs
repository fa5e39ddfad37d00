//! Child processes: tools that are run to their end under a time limit, with their words kept for the error.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// What is killed ends at once, unless the kernel waits for something on its behalf, as for a pool that lost its disk.
const KILLED_LIMIT: Duration = Duration::from_secs(10);

/// Held shared while a process is started. Between fork and exec a child has copies of all descriptors of this process,
/// close-on-exec or not, and an unmount in another thread is then EBUSY without any fault of its own.
static STARTING: RwLock<()> = RwLock::new(());

/// Starts a process; every child of this crate is started here.
pub(super) fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let _shared = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Does something that holds copies of descriptors, like the start of a process.
pub(super) fn while_starting<T>(work: impl FnOnce() -> T) -> T {
    let _shared = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Does something while no process is being started.
pub(crate) fn between_starts<T>(work: impl FnOnce() -> T) -> T {
    let _alone = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Tries something again while it fails with `busy`, for 100 ms at most.
pub(crate) fn patiently<T>(
    busy: Errno,
    attempt: impl Fn() -> Result<T, Errno>,
) -> Result<T, Errno> {
    for _ in 0..50 {
        match attempt() {
            Err(errno) if errno == busy => {}
            other => return other,
        }
        // Nothing tells when a descriptor is closed: look again in a moment.
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 2_000_000,
        };
        match poll(&mut [], Some(&moment)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    attempt()
}

/// What a tool left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, trimmed.
    pub stderr: String,
}

/// Runs a tool to its end; past `limit` it is killed.
///
/// # Errors
/// `Missing` when it is not there, `TimedOut`. A tool that fails is not an error here; see [`run`].
pub fn output(program: &Path, args: &[&OsStr], limit: Duration) -> Result<Output> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts processes"
    )]
    let mut command = Command::new(program);
    // Tools speak the language that is parsed here, and a Ctrl-C at the terminal is not for them: its group is another.
    command
        .args(args)
        .env("LC_ALL", "C")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawn(&mut command).map_err(|e| {
        let error = Error::io("run", program, e);
        if error.kind() == ErrorKind::NotFound {
            error.with_kind(ErrorKind::Missing)
        } else {
            error
        }
    })?;
    // Both pipes are drained while it runs, so it cannot block on a full one.
    let stdout = drained(child.stdout.take());
    let stderr = drained(child.stderr.take());
    let status = wait(&mut child, program, limit);
    if status.is_err() && matches!(child.try_wait(), Ok(None)) {
        // It keeps its pipes open for as long as the kernel holds it.
        return status.map(|status| Output {
            status,
            stdout: Vec::new(),
            stderr: String::new(),
        });
    }
    let (stdout, stderr) = (
        stdout.join().unwrap_or_default(),
        stderr.join().unwrap_or_default(),
    );
    Ok(Output {
        status: status?,
        stdout,
        stderr: String::from_utf8_lossy(&stderr).trim().to_owned(),
    })
}

/// Reads a pipe to its end, in a thread of its own.
fn drained(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe
            && let Err(error) = pipe.read_to_end(&mut bytes)
        {
            tracing::debug!("the words of a tool are cut short: {error}");
        }
        bytes
    })
}

/// Runs a tool that must succeed, and gives its standard output.
///
/// # Errors
/// As [`output`]; `Daemon` with its last words when it fails.
pub fn run(program: &Path, args: &[&OsStr], limit: Duration) -> Result<Vec<u8>> {
    let output = output(program, args, limit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let line: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    Err(Error::new(
        ErrorKind::Daemon,
        format!("run {} {}", program.display(), line.join(" ")),
    )
    .because(format!("{}: {}", output.status, gist(&output.stderr))))
}

/// What a tool complains of, on one line: without the usage that many print after it.
fn gist(stderr: &str) -> String {
    let lines: Vec<&str> = stderr
        .lines()
        .take_while(|line| !line.trim_start().to_ascii_lowercase().starts_with("usage:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ").chars().take(400).collect()
}

/// Runs a command of the user's on the caller's terminal, in the caller's process group, for as long as it takes.
/// `started` is told its process id.
///
/// # Errors
/// `NotFound` or `PermissionDenied` when it cannot be started.
pub fn interactive(
    program: &OsStr,
    args: &[OsString],
    variables: &[(&str, &OsStr)],
    started: impl FnOnce(u32),
) -> Result<ExitStatus> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts processes"
    )]
    let mut command = Command::new(program);
    command.args(args).envs(variables.iter().copied());
    let op = "run";
    let mut child = spawn(&mut command).attempt(op, Path::new(program))?;
    started(child.id());
    child.wait().attempt(op, Path::new(program))
}

/// Runs a program in a process group of its own, for as long as it takes, with all it prints in `log`. `started` is told
/// its process id.
///
/// # Errors
/// `NotFound` or `PermissionDenied` when it cannot be started.
pub fn logged(
    program: &Path,
    args: &[OsString],
    log: &std::fs::File,
    started: impl FnOnce(u32),
) -> Result<ExitStatus> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts processes"
    )]
    let mut command = Command::new(program);
    let op = "run";
    command
        .args(args)
        // A signal to the whole group would reach it beside the one that is handed on, and count as a second.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone().attempt(op, program)?)
        .stderr(log.try_clone().attempt(op, program)?);
    let mut child = spawn(&mut command).attempt(op, program)?;
    started(child.id());
    child.wait().attempt(op, program)
}

/// Runs a program inside a mounted root, by chroot, to its end; see [`super::rooted`] for what it gets.
///
/// # Errors
/// `NotFound` when it is not in the root, `TimedOut`.
pub fn run_in_root(
    root: &Path,
    program: &Path,
    args: &[impl AsRef<OsStr>],
    limit: Duration,
) -> Result<ExitStatus> {
    super::rooted::InRoot::new(root, program)
        .args(args)
        .status(limit)
}

/// Waits for a child, at most `limit`; past it the child is killed, with those it started, and reaped if it ends then.
fn wait(child: &mut Child, program: &Path, limit: Duration) -> Result<ExitStatus> {
    if !ends_within(child, limit)? {
        child.kill().attempt("kill", program)?;
        // The rest of its group would keep its pipes open. ESRCH: there is none.
        if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let late = Error::new(ErrorKind::TimedOut, "run").path(program);
        if !ends_within(child, KILLED_LIMIT)? {
            return Err(late
                .because(format!(
                    "it did not end within {limit:?}, nor when it was killed: it waits inside the kernel"
                ))
                .hint("the kernel's log may say for what: dmesg | tail"));
        }
        child.wait().attempt("reap", program)?;
        return Err(late.because(format!("it did not end within {limit:?}")));
    }
    child.wait().attempt("reap", program)
}

/// Whether a child ends within `limit`, without reaping it.
///
/// # Errors
/// The errno of pidfd_open or poll.
pub fn ends_within(child: &Child, limit: Duration) -> Result<bool> {
    let op = "wait for process";
    let Some(pid) = Pid::from_raw(child.id().cast_signed()) else {
        return Ok(true);
    };
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).attempt(op, child.id().to_string())?;
    let deadline = std::time::Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let timeout = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::io(op, child.id().to_string(), errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_hangs_is_killed_and_one_that_fails_is_quoted() {
        let sh = Path::new("/bin/sh");
        let slow = output(
            sh,
            &["-c".as_ref(), "sleep 60; true".as_ref()],
            Duration::from_millis(50),
        )
        .unwrap_err();
        assert_eq!(slow.kind(), ErrorKind::TimedOut);
        let failed = run(
            sh,
            &["-c".as_ref(), "echo no such pool >&2; exit 3".as_ref()],
            Duration::from_secs(10),
        )
        .unwrap_err();
        assert!(failed.to_string().contains("no such pool"), "{failed}");
        assert_eq!(gist("too\n small\n\nUsage: mkfs\n\t-x"), "too small");
        let absent =
            output(Path::new("/nonexistent/tool"), &[], Duration::from_secs(1)).unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::Missing);
    }
}
