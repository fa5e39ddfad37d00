//! Removes what dead runs left: exactly the directories whose marker nobody holds, and the processes that carry their id.

use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::run::{MARKER, Marker, dismantle, own_directory};
use crate::error::{Attempt as _, Error, Result};

/// The variable that marks every process a run starts.
pub const RUN_VARIABLE: &str = "LAYERBENCH_RUN";

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Directories removed.
    pub removed: Vec<PathBuf>,
    /// Processes of dead runs that were ended.
    pub ended: Vec<u32>,
    /// Runs that are alive and were left alone.
    pub alive: Vec<PathBuf>,
    /// What could not be removed, and why.
    pub failed: Vec<Error>,
}

/// Sweeps the run directories directly under `parent`.
///
/// # Errors
/// When `parent` cannot be listed; a parent that is not there holds nothing.
pub fn sweep(parent: &Path) -> Result<Swept> {
    let mut swept = Swept::default();
    let entries = match std::fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(swept),
        Err(error) => return Err(Error::io("list", parent, error)),
    };
    own_directory(parent)?;
    for entry in entries {
        let dir = entry.attempt("list", parent)?.path();
        let Some((marker, lock)) = claim(&dir) else {
            continue;
        };
        let Some(lock) = lock else {
            swept.alive.push(dir);
            continue;
        };
        end_processes(&marker, &mut swept);
        match dismantle(&dir) {
            Ok(()) => swept.removed.push(dir),
            Err(error) => swept.failed.push(error),
        }
        drop(lock);
    }
    Ok(swept)
}

/// Reads a directory's marker and tries to take over its lock: `None` if it is no run of ours, no lock if it is alive.
fn claim(dir: &Path) -> Option<(Marker, Option<File>)> {
    let path = dir.join(MARKER);
    let file = File::open(&path).ok()?;
    let marker: Marker = serde_json::from_reader(&file).ok()?;
    let dead = flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive).is_ok();
    Some((marker, dead.then_some(file)))
}

/// A process that has not ended yet keeps its mounts, and with them the loop devices.
fn await_end(pidfd: &OwnedFd) {
    let limit = Timespec {
        tv_sec: 5,
        tv_nsec: 0,
    };
    if let Err(errno) = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&limit)) {
        tracing::warn!("could not wait for a process to end: {errno}");
    }
}

fn end_processes(marker: &Marker, swept: &mut Swept) {
    let wanted = format!("{RUN_VARIABLE}={}", marker.id);
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return;
    };
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(environ) = std::fs::read(entry.path().join("environ")) else {
            continue;
        };
        if !environ
            .split(|&b| b == 0)
            .any(|variable| variable == wanted.as_bytes())
        {
            continue;
        }
        let Some(raw) = Pid::from_raw(pid.cast_signed()) else {
            continue;
        };
        // Opened first: what it names stays the same process.
        let Ok(pidfd) = pidfd_open(raw, PidfdFlags::empty()) else {
            continue;
        };
        match pidfd_send_signal(&pidfd, Signal::KILL) {
            Ok(()) => {
                swept.ended.push(pid);
                await_end(&pidfd);
            }
            // It ended by itself.
            Err(Errno::SRCH) => {}
            Err(errno) => swept
                .failed
                .push(Error::io("end the process", pid.to_string(), errno)),
        }
    }
}
