//! A second process that exchanges names for one another, as fast as it can: the adversary of whatever looks at a path
//! first and uses it then.
#![expect(unsafe_code, reason = "no safe call makes a process without a program")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use rustix::fs::{CWD, RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use super::command;
use crate::error::{Attempt as _, Result};

/// It makes system calls only; 64 KiB are far more than their frames take.
const STACK: usize = 64 << 10;

/// A pair of names, and one that is free, for filesystems that cannot exchange.
struct Pair {
    link: CString,
    thing: CString,
    aside: CString,
}

/// What both processes see.
struct Shared {
    pairs: Vec<Pair>,
    parent: rustix::process::Pid,
    /// The descriptors of this process are let go.
    ready: AtomicBool,
    done: AtomicBool,
    count: AtomicU64,
}

/// The process; it ends with this, and with the thread that started it.
///
/// ```text
/// let racer = Racer::start(&[(link, thing)])?;
/// ... whatever must not be fooled ...
/// let exchanged = racer.end();
/// ```
pub struct Racer {
    child: Option<Pid>,
    // Both are used by the child until it has ended.
    shared: Box<Shared>,
    _stack: Vec<u8>,
}

impl std::fmt::Debug for Racer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Racer").field("child", &self.child).finish()
    }
}

impl Racer {
    /// Starts to exchange the two names of each pair, and at once back, again and again; one that is not there is passed
    /// over. Where the filesystem cannot exchange, the first name with the extension `aside` serves for three renames.
    ///
    /// # Errors
    /// When the process cannot be made, or a path holds a zero byte.
    pub fn start(pairs: &[(PathBuf, PathBuf)]) -> Result<Self> {
        let text = |path: &Path| {
            CString::new(path.as_os_str().as_bytes())
                .map_err(std::io::Error::other)
                .attempt("name", path)
        };
        let pairs = pairs
            .iter()
            .map(|(link, thing)| {
                Ok(Pair {
                    link: text(link)?,
                    thing: text(thing)?,
                    aside: text(&link.with_extension("aside"))?,
                })
            })
            .collect::<Result<Vec<Pair>>>()?;
        let shared = Box::new(Shared {
            pairs,
            parent: rustix::process::getpid(),
            ready: AtomicBool::new(false),
            done: AtomicBool::new(false),
            count: AtomicU64::new(0),
        });
        let mut stack = vec![0_u8; STACK];
        let child = command::while_starting(|| {
            // SAFETY: the child shares this process's memory (no mapping is held twice, which would keep mounts in use) but
            // not its descriptors. `race` makes system calls through rustix, which keeps no errno in the thread's memory,
            // and reads what `shared` owns; it neither allocates, locks nor panics. Stack (its top, aligned to 16 bytes) and
            // `shared` live until `stop` has waited for its end; both are on the heap and do not move.
            let child = unsafe {
                let top = stack.as_mut_ptr().add(STACK);
                let top = top.sub(top.addr() % 16);
                libc::clone(
                    race,
                    top.cast(),
                    libc::CLONE_VM | libc::SIGCHLD,
                    std::ptr::from_ref(&*shared).cast_mut().cast(),
                )
            };
            if child == -1 {
                return Err(std::io::Error::last_os_error());
            }
            // Until then it holds copies of all descriptors, which make unmounts elsewhere fail.
            while !shared.ready.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            Ok(Pid::from_raw(child))
        })
        .attempt("start", "a second process")?;
        Ok(Self {
            child: Some(child),
            shared,
            _stack: stack,
        })
    }

    /// How many times a pair was exchanged and put back so far.
    pub fn count(&self) -> u64 {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// Ends it, and says how many times a pair was exchanged and put back.
    pub fn end(mut self) -> u64 {
        self.stop();
        self.count()
    }

    fn stop(&mut self) {
        let Some(child) = self.child.take() else {
            return;
        };
        self.shared.done.store(true, Ordering::Relaxed);
        if waitpid(child, None).is_err() {
            // Nobody else waits for it, so this cannot be; it must not outlive its memory all the same.
            let _ended = kill(child, Signal::SIGKILL);
        }
    }
}

impl Drop for Racer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The second process. Its end is its exit status.
extern "C" fn race(shared: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `start` gives a pointer to what lives until this has ended; nobody writes to it but through atomics.
    let shared: &Shared = unsafe { &*shared.cast() };
    let kill = Some(rustix::process::Signal::KILL);
    let bound = rustix::process::set_parent_process_death_signal(kill).is_ok();
    // SAFETY: no descriptor is used by this process.
    unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) };
    shared.ready.store(true, Ordering::Release);
    // The parent may have died before the first call.
    if !bound || rustix::process::getppid() != Some(shared.parent) {
        return 1;
    }
    while !shared.done.load(Ordering::Relaxed) {
        for pair in &shared.pairs {
            if exchange(pair).is_ok() && exchange(pair).is_ok() {
                shared.count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    0
}

fn exchange(pair: &Pair) -> Result<(), Errno> {
    let Pair { link, thing, aside } = pair;
    match renameat_with(CWD, link, CWD, thing, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            renameat(CWD, thing, CWD, aside)?;
            renameat(CWD, link, CWD, thing)?;
            renameat(CWD, aside, CWD, link)
        }
        other => other,
    }
}
