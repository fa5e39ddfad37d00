//! The watcher's side of a [`Daemon`](super::Daemon): starts it, listens to it, reaps it, and reads its bill.
#![expect(
    unsafe_code,
    reason = "prctl in the child, wait4, and the CPU clock of another process"
)]

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use rustix::thread::CapabilitySet;

/// How much of a daemon's standard error is kept: its end.
const LAST_WORDS: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) last_words: Vec<u8>,
    pub(super) ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) cpu: Duration,
    pub(super) peak_rss_bytes: u64,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn command(
    dir: &Path,
    program: &Path,
    args: &[&OsStr],
    env: &[(&str, &OsStr)],
    held_to_limits: bool,
) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts processes that are not waited for"
    )]
    let mut command = Command::new(program);
    command
        .args(args)
        .env("LC_ALL", "C")
        .envs(env.iter().copied())
        .current_dir(dir)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only prctl and getppid are called, both async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            if held_to_limits {
                rustix::thread::remove_capability_from_bounding_set(CapabilitySet::SYS_RESOURCE)?;
            }
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have died before the call above.
            if rustix::process::getppid() == Some(parent) {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::ESRCH))
            }
        });
    }
    command
}

/// The watcher's whole life.
pub(super) fn start_and_watch(
    mut command: Command,
    sender: &mpsc::Sender<io::Result<(Pid, OwnedFd)>>,
    shared: &Shared,
) {
    let mut start = || {
        let mut child = crate::sys::command::spawn(&mut command)?;
        let opened = Pid::from_raw(child.id().cast_signed())
            .ok_or_else(|| io::Error::other("it has no process id"))
            .and_then(|pid| {
                let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
                Ok((pid, pidfd.try_clone()?, pidfd))
            });
        if opened.is_err() {
            // Nobody would ever know it: end it here.
            drop(child.kill());
            drop(child.wait());
        }
        opened.map(|(pid, ours, theirs)| (child, pid, ours, theirs))
    };
    let (mut child, pid, pidfd, theirs) = match start() {
        Ok(started) => started,
        Err(error) => {
            drop(sender.send(Err(error)));
            return;
        }
    };
    drop(sender.send(Ok((pid, theirs))));
    listen(&mut child, &pidfd, shared);
    let ended = reap(&mut child, pid);
    shared.lock().ended = Some(ended);
    shared.changed.notify_all();
}

/// Keeps the daemon's last words until it ends. A child of its own may keep the pipe open longer; that is not awaited.
pub(super) fn listen(child: &mut Child, pidfd: &OwnedFd, shared: &Shared) {
    let Some(mut pipe) = child.stderr.take() else {
        return;
    };
    let mut open = true;
    let mut buffer = [0_u8; 1024];
    loop {
        let mut events = vec![PollFd::new(pidfd, PollFlags::IN)];
        if open {
            events.push(PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN));
        }
        match wait_readable(&mut events, None) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        }
        let speaks = open && !events[1].revents().is_empty();
        let ended = !events[0].revents().is_empty();
        if speaks {
            match pipe.read(&mut buffer) {
                Ok(n) if n > 0 => {
                    keep_end(&mut shared.lock().last_words, &buffer[..n]);
                    continue;
                }
                _ => open = false,
            }
        }
        if ended {
            return;
        }
    }
}

pub(super) fn keep_end(words: &mut Vec<u8>, more: &[u8]) {
    words.extend_from_slice(more);
    let surplus = words.len().saturating_sub(LAST_WORDS);
    words.drain(..surplus);
}

pub(super) fn last_line(words: &[u8]) -> String {
    String::from_utf8_lossy(words)
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Waits for events on descriptors; without `limit`, as long as it takes.
pub(super) fn wait_readable(
    events: &mut [PollFd<'_>],
    limit: Option<Duration>,
) -> io::Result<usize> {
    let timeout = limit.map(|limit| Timespec {
        tv_sec: limit.as_secs().cast_signed(),
        tv_nsec: limit.subsec_nanos().into(),
    });
    Ok(poll(events, timeout.as_ref())?)
}

pub(super) fn reap(child: &mut Child, pid: Pid) -> Ended {
    let mut status = 0;
    // SAFETY: an all-zero rusage is a valid value: plain integers.
    let mut bill: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to values that outlive the call.
        let got = unsafe {
            libc::wait4(
                pid.as_raw_nonzero().get(),
                &raw mut status,
                0,
                &raw mut bill,
            )
        };
        if got >= 0 {
            break;
        }
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            // Someone else reaped it; nothing is left to know.
            drop(child.try_wait());
            break;
        }
    }
    let time = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec.unsigned_abs())
            + Duration::from_micros(t.tv_usec.unsigned_abs())
    };
    Ended {
        status: ExitStatus::from_raw(status),
        cpu: time(bill.ru_utime) + time(bill.ru_stime),
        peak_rss_bytes: bill.ru_maxrss.unsigned_abs() * 1024,
    }
}

/// The CPU time of all threads of a process, live and ended, in nanoseconds (/proc/PID/stat has ticks of 10 ms).
pub(super) fn cpu_clock(pid: Pid) -> Option<Duration> {
    let mut clock = 0;
    // SAFETY: the pointer is to a value that outlives the call.
    if unsafe { libc::clock_getcpuclockid(pid.as_raw_nonzero().get(), &raw mut clock) } != 0 {
        return None;
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a value that outlives the call; a clock that is gone gives EINVAL.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return None;
    }
    Some(
        Duration::from_secs(time.tv_sec.unsigned_abs())
            + Duration::from_nanos(time.tv_nsec.unsigned_abs()),
    )
}

/// The largest resident set, in bytes, from the text of /proc/PID/status.
pub(super) fn parse_peak_rss(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_proc_is_read() {
        assert_eq!(parse_peak_rss("VmHWM: many kB"), None);
        let mut words = vec![b'a'; LAST_WORDS];
        keep_end(&mut words, b"\nend\n");
        assert_eq!(
            (words.len(), last_line(&words).as_str()),
            (LAST_WORDS, "end")
        );
    }
}
