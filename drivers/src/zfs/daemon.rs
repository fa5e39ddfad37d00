//! The zfs-fuse of this process: one for all drivers in a mount namespace, ended with the last of them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::namespace;
use super::shadow::Shadows;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sandbox::sweep::RUN_VARIABLE;
use crate::sys::daemon::Daemon;

const SOCKET: &str = "/run/zfs/zfs_socket";
/// It listens within some 10 ms; this only bounds a hang.
const START_LIMIT: Duration = Duration::from_secs(10);
/// It ends by itself within 3 s; this only bounds a hang.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// In the foreground, no mount of its own, extended attributes on, and otherwise the settings that Debian ships in
/// /etc/zfs/zfsrc, which is covered: the host's own may differ, and results must not.
pub(super) const ARGUMENTS: &[&str] = &[
    "--no-daemon",
    "--no-kstat-mount",
    "--enable-xattr",
    "--fuse-attr-timeout",
    "3600",
    "--fuse-entry-timeout",
    "3600",
    "--fuse-mount-options",
    "default_permissions",
    "--max-arc-size",
    "100",
    "--vdev-cache-size",
    "10",
    "--zfs-prefetch-disable",
];

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Running {
    namespace: PathBuf,
    shared: Arc<Shared>,
    shadows: Arc<Shadows>,
}

/// What the drivers on one daemon share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The daemon.
    pub(super) daemon: Daemon,
    /// How many datasets are mounted; held while one is mounted or unmounted.
    pub(super) mounted: Mutex<usize>,
    /// Shared by the commands under way; an unmount is alone.
    pub(super) commands: RwLock<()>,
    /// How many pools it has.
    pub(super) pools: AtomicUsize,
    /// Datasets that were unmounted here while another mount namespace kept a copy of the mount, and the numbers of its
    /// connections.
    pub(super) held_elsewhere: Mutex<BTreeMap<String, u32>>,
}

/// A driver's hold on the daemon.
#[derive(Debug)]
pub(super) struct Lease(Option<Arc<Shared>>);

impl Lease {
    /// Joins the daemon of this process and mount namespace, or starts it.
    ///
    /// # Errors
    /// `PermissionDenied` outside a private mount namespace; `Missing`, `Daemon`, `TimedOut`.
    pub(super) fn take(program: &Path, run_id: &str) -> Result<Self> {
        let namespace = namespace::require_private()?;
        let mut running = lock();
        let here = |entry: &&Running| entry.namespace == namespace;
        if let Some(entry) = running
            .iter()
            .filter(here)
            .find(|entry| !entry.shared.daemon.ended_within(Duration::ZERO))
        {
            return Ok(Self(Some(Arc::clone(&entry.shared))));
        }
        // A dead one may still be held by its drivers; its directories will do for the next.
        let shadows = match running.iter().find(here) {
            Some(entry) => Arc::clone(&entry.shadows),
            None => Arc::new(Shadows::new()?),
        };
        let shared = Arc::new(Shared {
            daemon: start(program, run_id)?,
            mounted: Mutex::new(0),
            commands: RwLock::new(()),
            pools: AtomicUsize::new(0),
            held_elsewhere: Mutex::default(),
        });
        running.push(Running {
            namespace,
            shared: Arc::clone(&shared),
            shadows,
        });
        Ok(Self(Some(shared)))
    }

    /// What is shared; `None` never outlives `drop`.
    pub(super) fn shared(&self) -> Option<&Shared> {
        self.0.as_deref()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        // The lock is kept until the daemon has ended: the next one needs its lock file and socket.
        let mut running = lock();
        let Some(at) = running
            .iter()
            .position(|entry| Arc::ptr_eq(&entry.shared, &shared))
        else {
            return;
        };
        drop(shared);
        if Arc::strong_count(&running[at].shared) > 1 {
            return;
        }
        let Running {
            shared, shadows, ..
        } = running.remove(at);
        // TERM takes it 3 s. Without a pool it has nothing to lose, and is dropped: killed, and reaped.
        if shared.pools.load(Ordering::Acquire) > 0
            && let Some(shared) = Arc::into_inner(shared)
            && let Err(error) = shared.daemon.stop(STOP_LIMIT)
        {
            tracing::warn!("{error}");
        }
        drop(shadows);
    }
}

fn lock() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(program: &Path, run_id: &str) -> Result<Daemon> {
    // Of a daemon that was killed; a new one does not replace it by itself.
    match std::fs::remove_file(SOCKET) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("remove the socket", SOCKET, error));
        }
        _ => {}
    }
    let arguments: Vec<&OsStr> = ARGUMENTS.iter().map(OsStr::new).collect();
    let daemon = Daemon::spawn(program, &arguments, &[(RUN_VARIABLE, OsStr::new(run_id))])?;
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        match UnixStream::connect(SOCKET) {
            Ok(_) => return Ok(daemon),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused
                ) =>
            {
                if daemon.ended_within(Duration::from_millis(2)) {
                    daemon.require_alive("start zfs-fuse")?;
                }
            }
            Err(error) => return Err(error).attempt("connect to zfs-fuse by", SOCKET),
        }
    }
    Err(Error::new(ErrorKind::TimedOut, "start zfs-fuse")
        .path(program)
        .because(format!(
            "it did not listen within {START_LIMIT:?}; it said last: {:?}",
            daemon.last_words()
        )))
}
