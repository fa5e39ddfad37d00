//! Other owners for a container: those of a user namespace it is meant for.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::thread::{capabilities, set_capabilities};

use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::userns;

/// Owners moved up: who is stored as `n` is shown as `first + n`, for `n` below `count`; who writes as `first + n` is
/// stored as `n`.
#[derive(Debug, Clone)]
pub struct Owners {
    first: u32,
    count: u32,
    namespace: Arc<OwnedFd>,
}

impl Owners {
    /// Makes the user namespace that says so to the kernel.
    ///
    /// # Errors
    /// `PermissionDenied` where this process may not make one, or not map these ids.
    pub fn shifted(first: u32, count: u32) -> Result<Self> {
        Ok(Self {
            first,
            count,
            namespace: Arc::new(userns::mapped(first, count)?),
        })
    }

    /// Whom the stored owner 0 is shown as.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// How many owners are moved; all others belong to nobody.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The user namespace.
    pub fn namespace(&self) -> BorrowedFd<'_> {
        self.namespace.as_fd()
    }

    /// Does `work` in a thread whose files belong to the first of these owners, with all that this process may: what is
    /// made on its behalf must belong to somebody who can be stored.
    ///
    /// # Errors
    /// Whatever taking the ids gives, and `work`.
    pub(crate) fn by_the_first<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T> + Send,
    ) -> Result<T> {
        let op = "act as the first owner of a container";
        std::thread::scope(|scope| {
            let outcome = scope.spawn(|| {
                let own = capabilities(None).attempt(op, "capabilities")?;
                nix::unistd::setfsgid(nix::unistd::Gid::from_raw(self.first));
                let first = nix::unistd::Uid::from_raw(self.first);
                nix::unistd::setfsuid(first);
                // It tells no failure, only what was before (setfsuid(2)).
                if nix::unistd::setfsuid(first) != first {
                    return Err(Error::new(ErrorKind::PermissionDenied, op)
                        .because(format!("this process cannot become user {first}")));
                }
                // Leaving uid 0 took those away that let root pass permissions (capabilities(7)).
                set_capabilities(None, own).attempt(op, "capabilities")?;
                work()
            });
            outcome.join().unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Corrupt, op).because("the thread panicked"))
            })
        })
    }
}
