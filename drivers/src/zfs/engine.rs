//! Runs `zfs` and `zpool`, against whichever back end this host has, and never for longer than a limit.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{Timespec, poll};
use rustix::io::Errno;

use super::daemon::{Lease, Shared};
use super::linger::Linger;
use super::quirks::Quirks;
use super::{namespace, parse};
use crate::driver::DaemonUsage;
use crate::error::{Error, ErrorKind, Result};
use crate::mount::unmount_at;
use crate::sys::command;

/// A call takes some 10 ms; after a crash an import may have to replay much.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// How long a client may outlive its daemon before the daemon's end explains the client's failure.
const GRACE: Duration = Duration::from_millis(50);
/// How often, and after which first pause, a busy dataset is tried again. FUSE closes files after close(2) has returned.
const TRIES: u32 = 40;
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The two programs, and the daemon behind them if there is one.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) zfs: PathBuf,
    pub(super) zpool: PathBuf,
    pub(super) quirks: Quirks,
    pub(super) label: String,
    /// `None` with the kernel module.
    pub(super) lease: Option<Lease>,
}

/// Which of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// Datasets.
    Zfs,
    /// Pools.
    Zpool,
}

/// Held while something is mounted; counts mounts, where that matters.
#[derive(Debug)]
pub(super) struct Mounting<'a>(Option<MutexGuard<'a, usize>>);

impl Mounting<'_> {
    /// Counts a mount made.
    pub(super) fn add(&mut self) {
        if let Some(count) = &mut self.0 {
            **count += 1;
        }
    }
}

/// What a user can do about a failure of that kind.
fn advice(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NoSpace => Some("remove containers or layers, or give the pool a larger store"),
        ErrorKind::PermissionDenied => Some("run it as root"),
        ErrorKind::Io => Some("the kernel's log says more: dmesg | tail"),
        _ => None,
    }
}

impl Engine {
    pub(super) fn shared(&self) -> Option<&Shared> {
        self.lease.as_ref().and_then(Lease::shared)
    }

    /// Runs a tool once.
    ///
    /// # Errors
    /// `Daemon` when the daemon is dead, with its last words; `TimedOut`, and the daemon is then given up; otherwise the
    /// kind that the tool's words mean.
    pub(super) fn call<S: AsRef<OsStr>>(&self, tool: Tool, args: &[S]) -> Result<String> {
        let (program, name) = match tool {
            Tool::Zfs => (&self.zfs, "zfs"),
            Tool::Zpool => (&self.zpool, "zpool"),
        };
        let line = || {
            let args: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
            format!("run {name} {}", args.join(" "))
        };
        self.require_alive(line())?;
        let args: Vec<&OsStr> = args.iter().map(AsRef::as_ref).collect();
        let _among_others = self.shared().map(|shared| {
            shared
                .commands
                .read()
                .unwrap_or_else(PoisonError::into_inner)
        });
        let output = match command::output(program, &args, CALL_LIMIT) {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                // It hangs, and so would every access to its mounts: killed, they fail instead.
                if let Some(shared) = self.shared() {
                    shared.daemon.give_up();
                    return Err(Error::new(ErrorKind::TimedOut, line())
                        .because(format!(
                            "zfs-fuse did not answer within {CALL_LIMIT:?} and was killed"
                        ))
                        .hint("open the driver again"));
                }
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|_| {
                Error::new(ErrorKind::Daemon, line()).because("it did not print UTF-8")
            });
        }
        let kind = parse::failure(&output.stderr);
        if kind == ErrorKind::Daemon
            && let Some(shared) = self.shared()
            && shared.daemon.ended_within(GRACE)
        {
            self.require_alive(line())?;
        }
        let said = output.stderr.lines().collect::<Vec<_>>().join("; ");
        let error = Error::new(kind, line()).because(format!("{}: {said}", output.status));
        Err(match advice(kind) {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }

    /// Runs a tool, and again while the dataset or pool is busy only because the daemon has not yet closed it.
    ///
    /// # Errors
    /// As [`Self::call`]; `InUse` when it stays busy.
    pub(super) fn settle<S: AsRef<OsStr>>(&self, tool: Tool, args: &[S]) -> Result<String> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.call(tool, args) {
                Err(error) if error.kind() == ErrorKind::InUse => {
                    if self.is_held_elsewhere(args.last()) {
                        return Err(error.hint(
                            "another mount namespace still holds a copy of the mount: end what runs there",
                        ));
                    }
                }
                other => return other,
            }
            self.pause(pause);
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
        self.call(tool, args)
            .map_err(|error| error.hint("close the files in use there"))
    }

    fn is_held_elsewhere(&self, dataset: Option<&impl AsRef<OsStr>>) -> bool {
        let name = dataset.and_then(|name| name.as_ref().to_str());
        self.shared()
            .zip(name)
            .is_some_and(|(shared, name)| shared.is_held_elsewhere(name))
    }

    /// Waits, at most until the daemon ends.
    fn pause(&self, limit: Duration) {
        if let Some(shared) = self.shared() {
            shared.daemon.ended_within(limit);
            return;
        }
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: limit.subsec_nanos().into(),
        };
        // Nothing to wait for but time: the kernel frees a dataset shortly after its last unmount.
        let _ = poll(&mut [], Some(&timeout));
    }

    /// Refuses when the daemon is dead.
    ///
    /// # Errors
    /// `Daemon`, with its last words.
    pub(super) fn require_alive(&self, op: String) -> Result<()> {
        self.shared()
            .map_or(Ok(()), |shared| shared.daemon.require_alive(op))
    }

    /// Unmounts a dataset from `at`, and waits until the back end is done with it. `other` is a mount that stays.
    ///
    /// # Errors
    /// The errno of umount2.
    pub(super) fn unmount(
        &self,
        at: &Path,
        dataset: &str,
        other: Option<&Path>,
    ) -> Result<(), Errno> {
        let Some(shared) = self.shared() else {
            return unmount_at(at);
        };
        let mut mounted = shared
            .mounted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let _alone = shared
            .commands
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before = shared.descriptors();
        let linger = Linger::at(at);
        unmount_at(at)?;
        *mounted = mounted.saturating_sub(1);
        // Shown elsewhere too, it goes with its last mount.
        let gone = namespace::mounts().is_ok_and(|text| !parse::is_mounted(&text, dataset));
        if gone {
            let holder = match linger {
                Ok(linger) => {
                    if !linger.wait(&shared.daemon) {
                        tracing::warn!("zfs-fuse was not told all of {dataset}");
                    }
                    // Now the filesystem itself ends.
                    linger.end(&shared.daemon)
                }
                Err(errno) => {
                    tracing::warn!("cannot see what zfs-fuse is told: {errno}");
                    None
                }
            };
            if let Some(connection) = holder {
                shared.note_holder(dataset, connection);
            } else {
                shared.settle(before, other);
            }
        }
        Ok(())
    }

    /// The right to mount at `at`.
    ///
    /// # Errors
    /// `NoSpace` at the back end's limit of mounts.
    pub(super) fn mounting(&self, at: &Path) -> Result<Mounting<'_>> {
        let mounting = Mounting(self.shared().map(|shared| {
            shared
                .mounted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        }));
        if let (Some(limit), Some(count)) = (self.quirks.max_mounts, &mounting.0)
            && **count >= limit
        {
            return Err(Error::new(ErrorKind::NoSpace, "mount the dataset")
                .path(at)
                .because(format!("zfs-fuse has {limit} mounts, and loses any beyond"))
                .hint("unmount some first"));
        }
        Ok(mounting)
    }

    /// Notes that a pool was imported, or exported: a daemon without any has nothing to lose.
    pub(super) fn count_pool(&self, imported: bool) {
        if let Some(shared) = self.shared() {
            if imported {
                shared.pools.fetch_add(1, Ordering::AcqRel);
            } else {
                shared.pools.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    /// What the daemon has cost.
    pub(super) fn usage(&self) -> DaemonUsage {
        self.shared()
            .map_or_else(DaemonUsage::default, |shared| shared.daemon.usage())
    }

    /// The daemon's process id, for the report.
    pub(super) fn daemon_pid(&self) -> Option<u32> {
        self.shared().map(|shared| shared.daemon.pid())
    }
}
