//! A user namespace nobody lives in: what id-mapped mounts take their mapping from.
#![expect(unsafe_code, reason = "unshare has to happen between fork and exec")]

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::command;
use crate::error::{Attempt as _, Result};

/// A user namespace in which the ids from 0 are those from `first` of this one, `count` of them.
///
/// # Errors
/// `PermissionDenied` where this process may not make one, or not map these ids.
pub fn mapped(first: u32, count: u32) -> Result<OwnedFd> {
    let op = "make a user namespace by way of";
    let program = Path::new("/bin/cat");
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts a process in a user namespace"
    )]
    let mut command = Command::new(program);
    // It waits for the end of its input, which comes at the latest with this process's.
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: between fork and exec only unshare is called, which is async-signal-safe and allocates nothing.
    unsafe {
        command.pre_exec(|| match libc::unshare(libc::CLONE_NEWUSER) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
    let mut child = command::spawn(&mut command).attempt(op, program)?;
    let of = |name: &str| format!("/proc/{}/{name}", child.id());
    let map = format!("0 {first} {count}\n");
    let namespace = fs::write(of("uid_map"), &map)
        .and_then(|()| fs::write(of("gid_map"), &map))
        .and_then(|()| File::open(of("ns/user")))
        .attempt("map ids in", of("ns/user"));
    // Its input ends here, and so does it.
    drop(child.stdin.take());
    child.wait().attempt("reap", program)?;
    Ok(namespace?.into())
}
