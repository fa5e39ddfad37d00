//! A user namespace with many ids, for root who wants to see what users without root get.
//!
//! A process alone can only map its own id. So there are two: a parent that is root, and a child that enters the
//! namespace ([`take`]), waits until the parent has given it ids ([`give`]), and becomes root of the namespace.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use rustix::event::{Timespec, poll};
use rustix::process::DumpableBehavior;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// The host's id that is root in the namespace: above those that distributions and systemd give to users and containers.
pub const FIRST: u32 = 1_900_000_000;

/// How many ids the namespace has: what an image needs, and what /etc/subuid usually grants.
pub const IDS: u32 = 65536;

/// The other side only has to make a system call.
const LIMIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};

/// Waits until the child has entered its namespace and maps ids there.
///
/// # Errors
/// `TimedOut` when it does not enter one; `PermissionDenied` without CAP_SETUID.
pub fn give(child: u32) -> Result<()> {
    let namespace = |of: &str| std::fs::read_link(format!("/proc/{of}/ns/user"));
    let own = namespace("self").attempt("read", "/proc/self/ns/user")?;
    let there = child.to_string();
    until("enter a user namespace", || {
        namespace(&there).is_ok_and(|its| its != own)
    })?;
    for map in ["uid_map", "gid_map"] {
        let path = PathBuf::from(format!("/proc/{child}/{map}"));
        std::fs::write(&path, format!("0 {FIRST} {IDS}\n")).attempt("map ids in", &path)?;
    }
    Ok(())
}

/// Enters a user namespace, waits for ids, and becomes root there. Call it while there is one thread.
///
/// # Errors
/// `PermissionDenied` when namespaces are forbidden, `TimedOut` when no ids come.
pub fn take() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| {
        Error::new(ErrorKind::PermissionDenied, "enter a user namespace").because(errno.desc())
    })?;
    let mapped = |map: &str| std::fs::read_to_string(map).is_ok_and(|text| !text.trim().is_empty());
    until("be given ids", || {
        mapped("/proc/self/uid_map") && mapped("/proc/self/gid_map")
    })?;
    let (uid, gid) = (rustix::fs::Uid::ROOT, rustix::fs::Gid::ROOT);
    let own = Path::new("the user namespace");
    set_thread_groups(&[]).attempt("leave all groups in", own)?;
    set_thread_res_gid(gid, gid, gid).attempt("become group 0 of", own)?;
    set_thread_res_uid(uid, uid, uid).attempt("become root of", own)?;
    // Changing ids made /proc/self belong to the host's root.
    rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)
        .attempt("keep access to", "/proc/self")
}

fn until(what: &'static str, holds: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        if Instant::now() > deadline {
            return Err(Error::new(ErrorKind::TimedOut, what)
                .because(format!("it did not happen within {} s", LIMIT.as_secs())));
        }
        // Only the time: an interrupted wait looks again.
        let _ = poll(&mut [], Some(&LOOK_AGAIN));
    }
    Ok(())
}
