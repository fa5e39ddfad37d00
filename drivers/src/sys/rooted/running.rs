//! A program that runs in a root: waited for, listened to, stopped.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, pidfd_send_signal};

use super::late;
use super::output::last_words;
use super::watch::{Shared, State};
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// How a program ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// The end of what it printed, to standard output and standard error alike: at most 64 KiB.
    pub output: String,
    /// From the start to its first byte of output; `None` when it printed nothing.
    pub first_output: Option<Duration>,
    /// From the start to its end.
    pub took: Duration,
    pub(super) program: PathBuf,
}

impl Ended {
    /// The last lines it printed, on one line of at most 400 characters.
    pub fn last_words(&self) -> String {
        last_words(&self.output)
    }

    /// Refuses one that did not end with success.
    ///
    /// # Errors
    /// `Daemon`, with its status and last words.
    pub fn require_success(&self) -> Result<()> {
        if self.status.success() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Daemon, "run")
            .path(&self.program)
            .because(format!(
                "{}; it said last: {:?}",
                self.status,
                self.last_words()
            )))
    }
}

/// A program that runs in a root. Dropping it kills and reaps it with all that it started; [`Running::stop`] asks first.
#[derive(Debug)]
pub struct Running {
    pub(super) program: PathBuf,
    pub(super) pid: Pid,
    pub(super) pidfd: OwnedFd,
    pub(super) shared: Arc<Shared>,
    pub(super) watcher: Option<JoinHandle<()>>,
}

impl Running {
    /// Its process id, as seen from outside the root.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn descriptor(&self) -> Result<OwnedFd> {
        self.pidfd.try_clone().attempt("join", &self.program)
    }

    /// What it has printed so far: the last 64 KiB.
    pub fn output(&self) -> String {
        self.shared.lock().output.tail()
    }

    /// From the start to the first byte it printed, if it printed any.
    pub fn first_output(&self) -> Option<Duration> {
        self.shared.lock().first_output
    }

    /// The first line it prints.
    ///
    /// # Errors
    /// `TimedOut`; `Daemon` when it ends without any output.
    pub fn first_line(&self, limit: Duration) -> Result<String> {
        self.until("get the first line of", limit, |state| {
            state.output.first_line(state.ended.is_some())
        })
    }

    /// Waits until it has printed `text` in a line, and says how long after the start that was. What it printed more than
    /// 64 KiB ago is not looked at.
    ///
    /// # Errors
    /// `TimedOut`, or `Daemon` when it ends without, each with its last words.
    pub fn ready(&self, text: &str, limit: Duration) -> Result<Duration> {
        self.shared.lock().output.look_for(text);
        self.until("get ready", limit, |state| {
            state.output.seen().then(|| self.shared.began.elapsed())
        })
    }

    fn until<T>(
        &self,
        op: &'static str,
        limit: Duration,
        look: impl Fn(&State) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = look(&state) {
                return Ok(found);
            }
            if let Some((status, _)) = state.ended {
                let why = format!(
                    "it ended first: {status}; it said last: {:?}",
                    state.output.last_words()
                );
                return Err(Error::new(ErrorKind::Daemon, op)
                    .path(&self.program)
                    .because(why));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(late(op, &self.program, limit, &state.output.last_words()));
            }
            let changed = &self.shared.changed;
            let woken = changed.wait_timeout(state, left);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until it ends, at most `limit`, and says whether it has. Also the way to pause between two tries to reach it.
    pub fn ended_within(&self, limit: Duration) -> bool {
        let state = self.shared.lock();
        let ended = |state: &mut State| state.ended.is_none();
        let waited = self.shared.changed.wait_timeout_while(state, limit, ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.ended.is_some()
    }

    /// Waits for its end; past `limit` it is killed.
    ///
    /// # Errors
    /// `TimedOut`, with its last words.
    pub fn wait(self, limit: Duration) -> Result<Ended> {
        self.end("run", limit)
    }

    /// Sends a signal and waits for its end; past `limit` it is killed. One that has no handler for TERM, INT, QUIT or HUP
    /// is killed at once: it would die of the signal, if it were not process 1 of its namespace.
    ///
    /// # Errors
    /// `TimedOut` when only KILL ended it: it may have had work left to do.
    pub fn stop(self, signal: Signal, limit: Duration) -> Result<Ended> {
        let deadly = [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP].contains(&signal);
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let handled = status.is_ok_and(|status| handles(&status, signal));
        let sent = if deadly && !handled {
            Signal::KILL
        } else {
            signal
        };
        // ESRCH: it has ended already.
        let _ = pidfd_send_signal(&self.pidfd, sent);
        self.end("stop", limit)
    }

    fn end(mut self, op: &'static str, limit: Duration) -> Result<Ended> {
        let in_time = self.ended_within(limit);
        self.kill();
        let state = self.shared.lock();
        let (Some((status, took)), true) = (state.ended, in_time) else {
            let words = state.output.last_words();
            return Err(late(op, &self.program, limit, &words));
        };
        Ok(Ended {
            status,
            output: state.output.tail(),
            first_output: state.first_output,
            took,
            program: self.program.clone(),
        })
    }

    /// Kills and reaps it. Once it has ended, nothing that it started is left either.
    fn kill(&mut self) {
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
        if let Some(watcher) = self.watcher.take() {
            // The watcher ends with the program, and has no panic of its own.
            drop(watcher.join());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether a process, by the text of its /proc/PID/status, has a handler for a signal (proc_pid_status(5): SigCgt).
fn handles(status: &str, signal: Signal) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// A process that is not there any more is an error of its own kind.
pub(super) fn no_id(program: &std::path::Path) -> Error {
    Error::io("watch", program, io::Error::other("it has no process id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_read_from_the_mask() {
        let status = "Name:\tx\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000004002\n";
        assert!(handles(status, Signal::TERM) && handles(status, Signal::INT));
        assert!(!handles(status, Signal::HUP) && !handles("", Signal::TERM));
    }
}
