//! Starts a daemon for a mount, sees the mount appear, and settles the bill when it is gone.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use crate::driver::DaemonUsage;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fusectl::Control;
use crate::mount::Mount;
use crate::mountinfo;
use crate::sandbox::sweep::RUN_VARIABLE;
use crate::sys::daemon::Daemon;
use crate::upper::Stack;

/// A daemon mounts within milliseconds, and ends as fast after the unmount; this only bounds a hang.
const LIMIT: Duration = Duration::from_secs(10);

/// The kernel takes a connection down before umount2 returns; this only bounds a busy machine.
const ENDS_WITHIN: Duration = Duration::from_millis(50);
const LOOK_AGAIN: Duration = Duration::from_micros(300);

/// Starts daemons with one program and one set of options.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) program: PathBuf,
    /// `,timeout=1`: appended to the layers.
    pub(super) options: String,
    pub(super) run_id: String,
    /// The daemon is held to limits of the filesystem below like any process; root is not.
    pub(super) held_to_limits: bool,
    pub(super) book: Book,
}

/// The daemons of one opened driver, and what those that ended have cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Book(Arc<Accounts>);

#[derive(Debug, Default)]
struct Accounts {
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    live: BTreeMap<u64, Arc<Daemon>>,
    ended_cpu: Duration,
    peak_rss_bytes: u64,
}

impl Book {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Sums and inserts only: a panic elsewhere leaves them whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, daemon: Arc<Daemon>) -> u64 {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.lock().live.insert(number, daemon);
        number
    }

    /// Looks at a daemon while it is alive: its largest resident set. The bill of an ended process would also count
    /// the memory of this one, which it was forked from.
    fn look(&self, daemon: &Daemon) {
        let usage = daemon.usage();
        if usage.alive > 0 {
            let mut state = self.lock();
            state.peak_rss_bytes = state.peak_rss_bytes.max(usage.peak_rss_bytes);
        }
    }

    fn close(&self, number: u64) {
        let mut state = self.lock();
        if let Some(daemon) = state.live.remove(&number) {
            state.ended_cpu += daemon.usage().cpu;
        }
    }

    pub(super) fn usage(&self) -> DaemonUsage {
        let mut state = self.lock();
        let mut sum = DaemonUsage {
            cpu: state.ended_cpu,
            peak_rss_bytes: state.peak_rss_bytes,
            ..DaemonUsage::default()
        };
        for usage in state.live.values().map(|daemon| daemon.usage()) {
            sum.cpu += usage.cpu;
            sum.live_cpu += usage.live_cpu;
            sum.alive += usage.alive;
            if usage.alive > 0 {
                sum.peak_rss_bytes = sum.peak_rss_bytes.max(usage.peak_rss_bytes);
            }
        }
        state.peak_rss_bytes = sum.peak_rss_bytes;
        sum
    }
}

impl Server {
    /// Mounts a stack: starts a daemon and waits for its mount.
    ///
    /// # Errors
    /// `Daemon` with its last words when it ends first; `TimedOut`.
    pub(super) fn mount(&self, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
        let at = std::path::absolute(at).attempt("resolve", at)?;
        let here = || mountinfo::at(&at).map(|info| info.filter(|i| i.kind.starts_with("fuse")));
        let before = here()?.map(|info| info.id);
        // Opened first: polling tells of every change since.
        let table = File::open(mountinfo::PATH).attempt("open", mountinfo::PATH)?;
        let layers = self.layers(stack);
        let args: [&OsStr; 4] = ["-f".as_ref(), "-o".as_ref(), &layers, at.as_os_str()];
        let env = [(RUN_VARIABLE, OsStr::new(&self.run_id))];
        let daemon = Arc::new(Daemon::spawn_in(
            stack.entries,
            &self.program,
            &args,
            &env,
            self.held_to_limits,
        )?);
        let op = || format!("mount with fuse-overlayfs on {}", at.display());
        let deadline = Instant::now() + LIMIT;
        while here()?.map(|info| info.id) == before {
            daemon.require_alive(op())?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::new(ErrorKind::TimedOut, op())
                    .because(format!("no mount appeared within {LIMIT:?}")));
            }
            daemon.wait_beside(&PollFd::new(&table, PollFlags::PRI), left)?;
        }
        let connection = here()?.map(|info| info.device.1);
        Ok(self.settle(Mount::new(at), daemon, connection))
    }

    /// Adds to the mount what has to happen around its end.
    fn settle(&self, mount: Mount, daemon: Arc<Daemon>, connection: Option<u32>) -> Mount {
        let number = self.book.enter(Arc::clone(&daemon));
        let (book, seen) = (self.book.clone(), Arc::clone(&daemon));
        let at = mount.path().to_owned();
        let mount = mount.just_before(move || {
            book.look(&seen);
            // The unmount writes it back otherwise; but not while a copy of the mount is held elsewhere.
            if let Err(error) = write_back(&at) {
                tracing::warn!("{error}");
            }
        });
        let book = self.book.clone();
        mount.when_released(move || {
            if is_held_elsewhere(&daemon, connection) {
                // It would serve the copy beside the next daemon of this container layer.
                tracing::warn!(
                    "another mount namespace holds a copy of a mount: its daemon is ended"
                );
                daemon.give_up();
                let ended = daemon.ended_within(LIMIT);
                book.close(number);
                return if ended {
                    Ok(())
                } else {
                    Err(Error::new(ErrorKind::TimedOut, "end fuse-overlayfs"))
                };
            }
            let ended = daemon.ended_within(LIMIT);
            if !ended {
                daemon.give_up();
                let _ = daemon.ended_within(LIMIT);
            }
            let outcome = daemon.require_success("serve the mount to its end");
            book.close(number);
            if ended {
                outcome.or_else(|error| if cut_off(&daemon) { Ok(()) } else { Err(error) })
            } else {
                Err(
                    Error::new(ErrorKind::TimedOut, "end fuse-overlayfs").because(format!(
                        "it did not end within {LIMIT:?} of the unmount and was killed"
                    )),
                )
            }
        })
    }

    /// Names relative to the working directory hold no `:` or `,`, so nothing needs an escape.
    fn layers(&self, stack: &Stack<'_>) -> OsString {
        let mut text = OsString::from("lowerdir=");
        for (index, name) in stack.lower_names().enumerate() {
            if index > 0 {
                text.push(":");
            }
            text.push(name);
        }
        if let Some((diff, work)) = stack.upper_names() {
            text.push(",upperdir=");
            text.push(diff);
            text.push(",workdir=");
            text.push(work);
        }
        if stack.read_only {
            text.push(",ro");
        }
        if let Some(owners) = stack.owners {
            for ids in ["uid", "gid"] {
                let (first, count) = (owners.first(), owners.count());
                text.push(format!(",{ids}mapping=0:{first}:{count}"));
            }
        }
        text.push(&self.options);
        text
    }
}

/// Whether the unmount came between the daemon and a request it was about to read, such as the news that a file was
/// closed, for which close(2) does not wait. The kernel says ECONNABORTED then, and ENODEV, at which libfuse ends quietly,
/// only when nothing is left to be read (fs/fuse/dev.c, `fuse_dev_do_read`). All data was written back before.
fn cut_off(daemon: &Daemon) -> bool {
    is_cut_off(&daemon.last_words())
}

/// libfuse's words, with the C library's for the errno.
fn is_cut_off(words: &str) -> bool {
    words.contains("reading device: Software caused connection abort")
}

fn write_back(at: &Path) -> Result<()> {
    let root = File::open(at).attempt("open", at)?;
    rustix::fs::syncfs(&root).attempt("write back", at)
}

/// Whether the filesystem goes on after its unmount here: another mount namespace has a copy of the mount. Where the
/// kernel does not tell, it is not assumed.
fn is_held_elsewhere(daemon: &Daemon, connection: Option<u32>) -> bool {
    let (Some(connection), Ok(control)) = (connection, Control::open()) else {
        return false;
    };
    let deadline = Instant::now() + ENDS_WITHIN;
    while control.waiting(connection).is_ok() {
        if daemon.ended_within(LOOK_AGAIN) {
            return false;
        }
        if Instant::now() >= deadline {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_that_was_cut_off_is_a_regular_end() {
        assert!(is_cut_off(
            "fuse: reading device: Software caused connection abort"
        ));
        for other in [
            "",
            "fuse: reading device: Invalid argument",
            "Software caused connection abort",
        ] {
            assert!(!is_cut_off(other), "{other}");
        }
    }
}
