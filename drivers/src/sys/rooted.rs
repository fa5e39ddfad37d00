//! A program run inside a mounted root: chroot, then exec. What a container's start costs without any engine.
#![expect(unsafe_code, reason = "chroot has to happen between fork and exec")]

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::command::{self, ends_within};
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// A process inside a root. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Rooted {
    child: Option<Child>,
    program: PathBuf,
}

/// Starts `program`, a path inside `root`, with `root` as its root and working directory. It has the environment given,
/// a `PATH` and nothing else, no input, and no output. It is killed when the thread that started it ends.
///
/// # Errors
/// `NotFound` when the program or its interpreter is not in the root; otherwise the errno of the step.
pub fn spawn_in_root(
    root: &Path,
    program: &Path,
    args: &[impl AsRef<OsStr>],
    env: &[(&str, &OsStr)],
) -> Result<Rooted> {
    // Opened here, so that nothing is looked up by its path after the fork.
    let open = rustix::fs::openat(
        rustix::fs::CWD,
        root,
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .attempt("open the root", root)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts processes inside a root"
    )]
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only system calls are made: prctl, getppid, fchdir, chroot, all async-signal-safe,
    // and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have died before the call above.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            rustix::process::fchdir(&open)?;
            rustix::process::chroot(c".")?;
            Ok(())
        });
    }
    let child =
        command::spawn(&mut command).attempt(format!("run {} in", program.display()), root)?;
    Ok(Rooted {
        child: Some(child),
        program: program.to_owned(),
    })
}

impl Rooted {
    /// Its process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Waits for its end; past `limit` it is killed.
    ///
    /// # Errors
    /// `TimedOut`.
    pub fn wait(mut self, limit: Duration) -> Result<ExitStatus> {
        let op = "wait for";
        let Some(mut child) = self.child.take() else {
            return Err(Error::new(ErrorKind::NotFound, op).path(&self.program));
        };
        if ends_within(&child, limit)? {
            return child.wait().attempt(op, &self.program);
        }
        child.kill().attempt("kill", &self.program)?;
        child.wait().attempt("reap", &self.program)?;
        Err(Error::new(ErrorKind::TimedOut, "run")
            .path(&self.program)
            .because(format!("it did not end within {limit:?}")))
    }
}

impl Drop for Rooted {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already; reaping tells.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn a_program_sees_the_root_as_its_own_and_gets_only_its_environment() {
        let script = "test \"$MARK\" = yes && test -z \"$HOME\" && test \"$PWD\" = / && exit 7";
        let env = [("MARK", OsStr::new("yes"))];
        let child = spawn_in_root(Path::new("/"), Path::new("/bin/sh"), &["-c", script], &env);
        assert_eq!(child.unwrap().wait(LIMIT).unwrap().code(), Some(7));
    }

    #[test]
    fn what_is_not_in_the_root_is_not_found_and_what_hangs_is_killed() {
        let empty = tempfile::tempdir().unwrap();
        let none: [&str; 0] = [];
        let absent = spawn_in_root(empty.path(), Path::new("/bin/sh"), &none, &[]).unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::NotFound);
        let args = ["-c", "exec sleep 60"];
        let child = spawn_in_root(Path::new("/"), Path::new("/bin/sh"), &args, &[]).unwrap();
        let late = child.wait(Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut);
    }
}
