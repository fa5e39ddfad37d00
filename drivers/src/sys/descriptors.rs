//! Copies of this process's descriptors: a thread with a table of its own, another owner of POSIX locks, as another
//! process would be; and waiting for the copies that nobody meant to make.

use nix::sched::{CloneFlags, unshare};

use rustix::io::Errno;

use super::command;
use crate::error::{Attempt as _, Error, ErrorKind};

/// Does something in a thread that has copies of all descriptors of this process. It must start no process and unmount
/// nothing: what waits for the copies to be gone, waits for its end.
///
/// # Errors
/// When the thread cannot be had, or panics.
pub fn with_own_table<T: Send>(work: impl FnOnce() -> T + Send) -> crate::Result<T> {
    let op = "work with other descriptors in";
    command::while_starting(|| {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                unshare(CloneFlags::CLONE_FILES)
                    .map_err(std::io::Error::from)
                    .attempt(op, "a thread")?;
                Ok(work())
            });
            thread
                .join()
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, op).because("it panicked")))
        })
    })
}

/// Does what a copy of a descriptor can make fail with `busy`, after this process has closed its own: until exec is over
/// a child started by another thread holds copies of all. Asks again for 100 ms at most while no child is being started.
///
/// # Errors
/// The errno of the last attempt.
pub fn once_let_go<T>(busy: Errno, attempt: impl Fn() -> Result<T, Errno>) -> Result<T, Errno> {
    match attempt() {
        Err(errno) if errno == busy => {
            command::between_starts(|| command::patiently(busy, attempt))
        }
        other => other,
    }
}
