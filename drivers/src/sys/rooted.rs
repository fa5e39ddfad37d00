//! Programs run inside a mounted root: chroot, then exec. What a container's start costs without any engine.
//!
//! Two ways. [`InRoot::status`] is the least that a start costs: no output, no namespace. [`InRoot::run`] and
//! [`InRoot::start`] give the program process ids of its own (pid_namespaces(7)): it is process 1, a process id it reads or
//! writes in the root means nobody outside, and all that it started ends with it, however it ends.
#![expect(unsafe_code, reason = "chroot has to happen between fork and exec")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Gid, Mode, OFlags, ResolveFlags, Uid, openat, openat2};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open};

use super::command;
use crate::error::{Attempt as _, Error, ErrorKind, Result};

mod output;
mod running;
mod watch;

pub use running::{Ended, Running};

/// Where programs are looked for that are named without a directory.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to be run in a root: what is not set is as little as can be. No environment but a `PATH`, the root as working
/// directory, this process's user and groups, no input.
#[derive(Debug)]
pub struct InRoot {
    root: PathBuf,
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    user: Option<(u32, u32)>,
    dir: PathBuf,
    stdin: Option<File>,
    beside: Option<OwnedFd>,
}

/// Whose death the program must not outlive, as it can be told in the child.
enum Parent {
    /// In the same process namespace: by its id.
    Id(Pid),
    /// Seen from another: by a descriptor that becomes readable.
    Descriptor(OwnedFd),
}

impl Parent {
    fn is_alive(&self) -> bool {
        match self {
            Self::Id(pid) => getppid() == Some(*pid),
            Self::Descriptor(fd) => {
                let now = Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                };
                matches!(
                    poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&now)),
                    Ok(0)
                )
            }
        }
    }
}

impl InRoot {
    /// `program` is a path inside `root`, or a name that is looked for there in the usual directories.
    pub fn new(root: &Path, program: impl AsRef<Path>) -> Self {
        Self {
            root: root.to_owned(),
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            user: None,
            dir: PathBuf::from("/"),
            stdin: None,
            beside: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        let args = args.into_iter();
        self.args.extend(args.map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable; `PATH` may be one.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.env.push(pair);
        self
    }

    /// The user and group to run as, and no further groups.
    #[must_use]
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// The working directory, inside the root.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        dir.as_ref().clone_into(&mut self.dir);
        self
    }

    /// What it reads as its input.
    #[must_use]
    pub fn stdin(mut self, file: File) -> Self {
        self.stdin = Some(file);
        self
    }

    /// It is to see the processes of one that runs, as `docker exec` does it; it ends with that one.
    ///
    /// # Errors
    /// The errno of dup.
    pub fn beside(mut self, running: &Running) -> Result<Self> {
        self.beside = Some(running.descriptor()?);
        Ok(self)
    }

    /// Runs it to its end without any output, with the process ids of this process, on this thread: the least that a start
    /// costs. Past `limit` it is killed, and so it is when this thread ends.
    ///
    /// # Errors
    /// `NotFound` when the program or its interpreter is not in the root; `TimedOut`.
    pub fn status(self, limit: Duration) -> Result<ExitStatus> {
        let (program, root) = (self.program.clone(), self.root.clone());
        let mut command = self.command(Parent::Id(getpid()))?;
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child =
            command::spawn(&mut command).map_err(|e| not_started(&program, &root, e))?;
        let ended = command::ends_within(&child, limit);
        if !matches!(ended, Ok(true)) {
            child.kill().attempt("kill", &program)?;
        }
        let status = child.wait().attempt("wait for", &program)?;
        if ended? {
            return Ok(status);
        }
        Err(late("run", &program, limit, ""))
    }

    /// Runs it to its end; past `limit` it is killed, with all it started.
    ///
    /// # Errors
    /// As [`Self::start`]; `TimedOut`, with its last words. One that fails is no error here: see [`Ended::require_success`].
    pub fn run(self, limit: Duration) -> Result<Ended> {
        self.start()?.wait(limit)
    }

    /// Starts it.
    ///
    /// # Errors
    /// `NotFound` when the program or its interpreter, or its working directory, is not in the root; `PermissionDenied`
    /// where no process namespaces can be made; otherwise the errno of the step.
    pub fn start(mut self) -> Result<Running> {
        let (program, root) = (self.program.clone(), self.root.clone());
        let beside = self.beside.take();
        let op = "make a pipe for the output of";
        let (reader, writer) = io::pipe().attempt(op, &program)?;
        let own = pidfd_open(getpid(), PidfdFlags::empty()).attempt("watch", "this process")?;
        let mut command = self.command(Parent::Descriptor(own))?;
        command.stdout(writer.try_clone().attempt(op, &program)?);
        command.stderr(writer);
        watch::start(command, reader, beside, &program, &root)
    }

    fn command(self, parent: Parent) -> Result<Command> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Opened here, so that nothing is looked up by its path after the fork.
        let root =
            openat(CWD, &self.root, flags, Mode::empty()).attempt("open the root", &self.root)?;
        let dir = if self.dir == Path::new("/") {
            None
        } else {
            let inside = openat2(
                &root,
                &self.dir,
                flags,
                Mode::empty(),
                ResolveFlags::IN_ROOT,
            );
            Some(inside.attempt("enter, inside the root, the directory", &self.dir)?)
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that starts processes inside a root"
        )]
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .env("PATH", PATH)
            .envs(self.env)
            .stdin(self.stdin.map_or_else(Stdio::null, Stdio::from));
        let user = self.user;
        // SAFETY: between fork and exec only system calls are made: setsid, fchdir, chroot, setgroups, setresgid,
        // setresuid, prctl, getppid, poll, by rustix as bare system calls; nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                if matches!(parent, Parent::Descriptor(_)) {
                    // A Ctrl-C at the terminal is not for it, and it asks nobody there.
                    rustix::process::setsid()?;
                }
                rustix::process::fchdir(&root)?;
                rustix::process::chroot(c".")?;
                if let Some(dir) = &dir {
                    rustix::process::fchdir(dir)?;
                }
                if let Some((uid, gid)) = user {
                    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
                    rustix::thread::set_thread_groups(&[])?;
                    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
                    rustix::thread::set_thread_res_uid(uid, uid, uid)?;
                }
                // After the change of user, which clears it (prctl(2)).
                rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
                // The parent may have died before the call above.
                if parent.is_alive() {
                    Ok(())
                } else {
                    Err(io::Error::from_raw_os_error(libc::ESRCH))
                }
            });
        }
        Ok(command)
    }
}

/// A program that could not be started, and what that means.
fn not_started(program: &Path, root: &Path, error: io::Error) -> Error {
    let error = Error::io(format!("run {} in", program.display()), root, error);
    match error.kind() {
        ErrorKind::NotFound => {
            error.hint("the program, or the interpreter it asks for, is not in this root")
        }
        _ => error,
    }
}

/// A program that did not do something in time, and what it said last.
fn late(op: &'static str, program: &Path, limit: Duration, words: &str) -> Error {
    let what = match op {
        "run" | "stop" => format!("it did not end within {limit:?}"),
        _ => format!("that did not happen within {limit:?}"),
    };
    let said = if words.is_empty() {
        String::new()
    } else {
        format!("; it said last: {words:?}")
    };
    Error::new(ErrorKind::TimedOut, op)
        .path(program)
        .because(format!("{what}{said}"))
}

#[cfg(test)]
mod tests;
