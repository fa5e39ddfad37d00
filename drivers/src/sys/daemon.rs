//! Helper processes that live as long as a mount or a pool: FUSE daemons. Each is watched, reaped, and dies with us.
//!
//! PR_SET_PDEATHSIG fires when the *thread* that started the child ends, not the process. So each daemon is started by
//! a watcher thread of its own, which stays until the daemon has ended: it keeps the daemon's last words, reaps it and
//! keeps its bill (CPU time, largest resident set).

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, pidfd_send_signal};

use crate::driver::DaemonUsage;
use crate::error::{Attempt as _, Error, ErrorKind, Result};

mod watch;

use watch::{
    Shared, command, cpu_clock, last_line, parse_peak_rss, start_and_watch, wait_readable,
};

/// A daemon and its watcher. Dropping it kills and reaps the daemon; [`Daemon::stop`] asks politely first.
#[derive(Debug)]
pub struct Daemon {
    program: PathBuf,
    pid: Pid,
    pidfd: OwnedFd,
    shared: Arc<Shared>,
    watcher: Option<JoinHandle<()>>,
}

impl Daemon {
    /// Starts `program`, which must stay in the foreground. It runs in its own process group (a Ctrl-C at the terminal
    /// is for us to act on), in `/` (it keeps no mount busy), and is killed when this process ends, however it ends.
    ///
    /// # Errors
    /// `Missing` when the program is not there, otherwise the errno that stopped it.
    pub fn spawn(program: &Path, args: &[&OsStr], env: &[(&str, &OsStr)]) -> Result<Self> {
        Self::spawn_in(Path::new("/"), program, args, env, false)
    }

    /// As [`Daemon::spawn`], but in the working directory `dir`, which it keeps busy; and, if `held_to_limits`, without
    /// CAP_SYS_RESOURCE, so that no limit of a filesystem is overridden.
    ///
    /// # Errors
    /// As [`Daemon::spawn`].
    pub fn spawn_in(
        dir: &Path,
        program: &Path,
        args: &[&OsStr],
        env: &[(&str, &OsStr)],
        held_to_limits: bool,
    ) -> Result<Self> {
        let command = command(dir, program, args, env, held_to_limits);
        let shared = Arc::new(Shared::default());
        let (sender, started) = mpsc::channel();
        let watched = Arc::clone(&shared);
        let watcher = std::thread::Builder::new()
            .name("daemon-watcher".to_owned())
            .spawn(move || start_and_watch(command, &sender, &watched))
            .attempt("start a thread to watch", program)?;
        let (pid, pidfd) = started
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("its watcher ended")))
            .map_err(|e| {
                let error = Error::io("start", program, e);
                if error.kind() == ErrorKind::NotFound {
                    error.with_kind(ErrorKind::Missing)
                } else {
                    error
                }
            })?;
        Ok(Self {
            program: program.to_owned(),
            pid,
            pidfd,
            shared,
            watcher: Some(watcher),
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until the daemon ends, at most `limit`, and says whether it has ended. Also the way to pause between two
    /// tries: there is no sense in a pause that outlives the daemon.
    pub fn ended_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match wait_readable(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(left)) {
                Ok(ready) => return ready > 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Cannot happen to a descriptor of our own; the caller's bound holds all the same.
                Err(_) => return false,
            }
        }
    }

    /// Waits until something happens to `other`, until the daemon ends, or for `limit`.
    ///
    /// # Errors
    /// The errno of poll.
    pub fn wait_beside(&self, other: &PollFd<'_>, limit: Duration) -> Result<()> {
        let mut events = [other.clone(), PollFd::new(&self.pidfd, PollFlags::IN)];
        match wait_readable(&mut events, Some(limit)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(Error::io("watch", &self.program, error))
            }
            _ => Ok(()),
        }
    }

    /// Refuses when the daemon has not ended, or not with success.
    ///
    /// # Errors
    /// `Daemon`, with its status and last words; `TimedOut`.
    pub fn require_success(&self, op: impl Into<std::borrow::Cow<'static, str>>) -> Result<()> {
        if !self.ended_within(Duration::ZERO) {
            return Err(Error::new(ErrorKind::TimedOut, op)
                .because(format!("{} has not ended", self.program.display())));
        }
        let (status, words) = self.epitaph();
        if status == ExitStatus::default().to_string() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Daemon, op).because(format!(
            "{} (process {}) has ended: {status}; it said last: {words:?}",
            self.program.display(),
            self.pid()
        )))
    }

    /// Refuses when the daemon is dead, with its status and last words.
    ///
    /// # Errors
    /// `Daemon`.
    pub fn require_alive(&self, op: impl Into<std::borrow::Cow<'static, str>>) -> Result<()> {
        if !self.ended_within(Duration::ZERO) {
            return Ok(());
        }
        let (status, words) = self.epitaph();
        Err(Error::new(ErrorKind::Daemon, op)
            .because(format!(
                "{} (process {}) has ended: {status}; it said last: {words:?}",
                self.program.display(),
                self.pid()
            ))
            .hint("open the driver again"))
    }

    /// The last line it wrote to its standard error.
    pub fn last_words(&self) -> String {
        last_line(&self.shared.lock().last_words)
    }

    /// How an ended daemon ended. Its watcher needs a moment to reap it.
    fn epitaph(&self) -> (String, String) {
        let state = self.shared.lock();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, Duration::from_secs(2), |state| state.ended.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let status = state
            .ended
            .map_or_else(|| "not reaped yet".to_owned(), |e| e.status.to_string());
        (status, last_line(&state.last_words))
    }

    /// Ends it with TERM, and with KILL when it has not ended within `limit`. It is reaped when this returns.
    ///
    /// # Errors
    /// `TimedOut` when only KILL ended it: it may have had work left to do.
    pub fn stop(mut self, limit: Duration) -> Result<()> {
        // ESRCH: it has ended already.
        let _ = pidfd_send_signal(&self.pidfd, Signal::TERM);
        let polite = self.ended_within(limit);
        self.kill();
        if polite {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::TimedOut, "stop")
                .path(&self.program)
                .because(format!("it did not end within {limit:?} and was killed")))
        }
    }

    /// Ends it with KILL, and reaps it.
    pub fn kill(&mut self) {
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
        if let Some(watcher) = self.watcher.take() {
            // The watcher ends with the daemon, and has no panic of its own.
            drop(watcher.join());
        }
    }

    /// Sends KILL without reaping: for when it hangs and holds others up. Everything that waits for it then fails.
    pub fn give_up(&self) {
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    /// What it has cost so far.
    pub fn usage(&self) -> DaemonUsage {
        if let Some(ended) = self.shared.lock().ended {
            return DaemonUsage {
                cpu: ended.cpu,
                live_cpu: Duration::ZERO,
                peak_rss_bytes: ended.peak_rss_bytes,
                alive: 0,
            };
        }
        let cpu = cpu_clock(self.pid).unwrap_or_default();
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        DaemonUsage {
            cpu,
            live_cpu: cpu,
            peak_rss_bytes: parse_peak_rss(&status).unwrap_or_default(),
            alive: 1,
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Daemon {
        Daemon::spawn(
            Path::new("/bin/sh"),
            &["-c".as_ref(), script.as_ref()],
            &[("LAYERBENCH_RUN", "test".as_ref())],
        )
        .unwrap()
    }

    #[test]
    fn a_dead_daemon_is_an_error_with_its_last_words() {
        let daemon = shell("echo first >&2; echo lost the disk >&2; exit 3");
        assert!(daemon.ended_within(Duration::from_secs(10)));
        let error = daemon.require_alive("mount").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Daemon);
        let text = error.to_string();
        assert!(
            text.contains("lost the disk") && text.contains('3'),
            "{text}"
        );
        assert_eq!(daemon.usage().alive, 0);
    }

    #[test]
    fn a_daemon_is_billed_and_stopped() {
        let daemon = shell("echo ready >&2; exec sleep 60");
        daemon.require_alive("mount").unwrap();
        let usage = daemon.usage();
        assert_eq!(usage.alive, 1);
        assert!(usage.peak_rss_bytes > 0);
        let pid = daemon.pid();
        daemon.stop(Duration::from_secs(10)).unwrap();
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn one_that_ignores_term_is_killed_and_one_whose_thread_ends_lives_on() {
        let dir = tempfile::tempdir().unwrap();
        let deaf = dir.path().join("deaf");
        let script = format!("trap '' TERM; : >'{}'; exec sleep 60", deaf.display());
        let daemon = std::thread::spawn(move || shell(&script)).join().unwrap();
        // The thread that asked for it is gone; the daemon must not be.
        assert!(!daemon.ended_within(Duration::from_millis(100)));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !deaf.exists() {
            assert!(!daemon.ended_within(Duration::from_millis(5)));
            assert!(Instant::now() < deadline, "the shell was never at work");
        }
        let error = daemon.stop(Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn an_absent_program_is_told() {
        let error = Daemon::spawn(Path::new("/nonexistent/fused"), &[], &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
        assert_eq!(
            parse_peak_rss("Name:\tx\nVmHWM:\t  2048 kB\n"),
            Some(2 << 20)
        );
    }
}
