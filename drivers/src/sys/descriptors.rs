//! A thread with a table of descriptors of its own: another owner of POSIX locks, as another process would be.

use nix::sched::{CloneFlags, unshare};

use super::command;
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// Does something in a thread that has copies of all descriptors of this process. It must start no process and unmount
/// nothing: what waits for the copies to be gone, waits for its end.
///
/// # Errors
/// When the thread cannot be had, or panics.
pub fn with_own_table<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
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
