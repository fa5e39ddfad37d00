//! Makes a call in a directory, as somebody.

use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::process::{chdir, umask};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::row::{Call, ROOT, Returned, Who};
use crate::case::Stop;

/// Makes the call in a thread of its own, whose working directory, umask and credentials are its own too.
///
/// # Errors
/// Not applicable, where there is no other user; broken, when the thread cannot be made ready.
pub(crate) fn act(dir: &Path, who: Who, mask: u32, call: &Call) -> Result<Returned, Stop> {
    let work = || -> Result<Returned, Stop> {
        let ready = |what: &str, errno: Errno| Stop::broken(format!("{what}: {errno}"));
        unshare(CloneFlags::CLONE_FS)
            .map_err(|errno| Stop::broken(format!("unshare the working directory: {errno}")))?;
        umask(Mode::from_raw_mode(mask));
        chdir(dir).map_err(|errno| ready("enter the row's directory", errno))?;
        if who != ROOT {
            become_user(who).map_err(|errno| {
                Stop::not_applicable(format!(
                    "this process cannot become user {}: {errno}",
                    who.user
                ))
            })?;
        }
        let returned = call();
        // The kernel lets go of a thread's directory after it has ended; an unmount may come before.
        chdir("/").map_err(|errno| ready("leave the row's directory", errno))?;
        Ok(returned)
    };
    std::thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(Stop::broken("the row's thread panicked")))
}

/// Credentials are a thread's own in Linux; going from uid 0 to another drops all capabilities.
fn become_user(who: Who) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(who.user), Gid::from_raw(who.group));
    let groups: Vec<Gid> = who.groups.iter().copied().map(Gid::from_raw).collect();
    set_thread_groups(&groups)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}
