//! The private mount namespace of a run: its mounts are invisible to the host and vanish with the process.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountPropagationFlags, mount_change};

use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// The mount namespace that [`enter`] made, as `/proc/thread-self/ns/mnt` names it.
static ENTERED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The mount namespace that this process has entered, if it has: equal to the link `/proc/thread-self/ns/mnt` of every
/// thread that is in it.
pub fn entered() -> Option<PathBuf> {
    ENTERED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Enters a private mount namespace, and without root a user namespace in which the caller is root.
/// Call it first thing in `main`: a process with several threads cannot enter a user namespace.
///
/// # Errors
/// `PermissionDenied` when user namespaces are forbidden here; otherwise the errno of the step.
pub fn enter() -> Result<()> {
    let mut flags = CloneFlags::CLONE_NEWNS;
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags).map_err(|errno| {
        // ENOSPC here is the limit on the number of namespaces, often 0, not a full disk (unshare(2)).
        let error = Error::new(ErrorKind::PermissionDenied, "enter a private namespace").because(
            if errno == nix::errno::Errno::ENOSPC {
                "this user may have no more of them".to_owned()
            } else {
                errno.desc().to_owned()
            },
        );
        error.hint(if uid.is_root() {
            "it needs CAP_SYS_ADMIN: is this an unprivileged container?"
        } else {
            "run as root, or allow user namespaces: sysctl user.max_user_namespaces=10000"
        })
    })?;
    if !uid.is_root() {
        // setgroups must be denied before an unprivileged process may write gid_map (user_namespaces(7)).
        std::fs::write("/proc/self/setgroups", "deny").attempt("write", "/proc/self/setgroups")?;
        for (path, id) in [
            ("/proc/self/uid_map", uid.as_raw()),
            ("/proc/self/gid_map", gid.as_raw()),
        ] {
            std::fs::write(path, format!("0 {id} 1\n")).attempt("write", path)?;
        }
        if !rustix::process::geteuid().is_root() {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "become root in a user namespace",
            ));
        }
    }
    raise_descriptor_limit();
    // Nothing mounted from here on may reach the host, nor the other way round.
    mount_change(
        "/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )
    .attempt("make private the mounts under", "/")?;
    let own = "/proc/thread-self/ns/mnt";
    let namespace = std::fs::read_link(own).attempt("read", own)?;
    *ENTERED.lock().unwrap_or_else(PoisonError::into_inner) = Some(namespace);
    Ok(())
}

/// Trees are walked and removed by descriptor, one for each level: the usual soft limit of 1024 would make a hostile depth
/// an error. The hard limit is the administrator's and stays.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(errno) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    ) {
        tracing::warn!("could not raise the limit of open files: {errno}");
    }
}
