//! Whose mount namespace this is: a zfs-fuse of our own must only ever run in a private one.

use std::path::PathBuf;

use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sandbox;

const OWN: &str = "/proc/thread-self/ns/mnt";
const OWN_MOUNTS: &str = "/proc/thread-self/mountinfo";

/// The identity of the calling thread's mount namespace.
pub(super) fn id() -> Result<PathBuf> {
    std::fs::read_link(OWN).attempt("read", OWN)
}

/// The mounts of the calling thread's namespace, as mountinfo text.
pub(super) fn mounts() -> Result<String> {
    let bytes = std::fs::read(OWN_MOUNTS).attempt("read", OWN_MOUNTS)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Refuses unless what is mounted here stays here.
///
/// # Errors
/// `PermissionDenied` in the host's namespace, or when the root mount passes mounts on.
pub(super) fn require_private() -> Result<PathBuf> {
    let own = id()?;
    let refuse = |why: &str| {
        Err(
            Error::new(ErrorKind::PermissionDenied, "start a zfs-fuse of our own")
                .because(why.to_owned())
                .hint("enter a private one first: drivers::sandbox::enter"),
        )
    };
    // A namespace entered in another way than by the sandbox must at least differ from that of process 1.
    let first = std::fs::read_link("/proc/1/ns/mnt").ok();
    if sandbox::entered().as_ref() != Some(&own) && first.is_none_or(|first| first == own) {
        return refuse("this is not known to be a private mount namespace");
    }
    if root_is_shared(&mounts()?) {
        return refuse("mounts made here would reach other mount namespaces");
    }
    Ok(own)
}

/// Whether the root mount propagates to a peer group: an optional field `shared:N` (proc_pid_mountinfo(5)).
fn root_is_shared(mountinfo: &str) -> bool {
    mountinfo.lines().any(|line| {
        let mut fields = line.split(' ').skip(4);
        fields.next() == Some("/")
            && fields
                .skip(1)
                .take_while(|field| *field != "-")
                .any(|field| field.starts_with("shared:"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn propagation_of_the_root_is_seen() {
        assert!(root_is_shared(
            "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        ));
        assert!(!root_is_shared(
            "21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n22 21 0:5 / /x rw shared:2 - tmpfs t rw\n"
        ));
        assert!(!root_is_shared(
            "21 1 8:1 / / rw,relatime master:1 - ext4 shared:1 rw\n"
        ));
    }
}
