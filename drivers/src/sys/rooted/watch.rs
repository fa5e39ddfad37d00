//! The watcher's side of a [`Running`]: a thread that enters a process namespace, starts the program in it, listens to it
//! and reaps it.
//!
//! A thread of its own, for three reasons: only a whole thread can say in which process namespace its children are, and
//! without the host's root it cannot take that back (setns(2)); PR_SET_PDEATHSIG fires when the *thread* that started a
//! child ends; and a program that prints much must not wait for somebody to listen.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns, unshare};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::not_started;
use super::output::{Output, TAIL};
use super::running::{Running, no_id};
use crate::error::{Attempt as _, Error, Result};
use crate::sys::command;

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
    /// Just before the fork.
    pub(super) began: Instant,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) output: Output,
    pub(super) first_output: Option<Duration>,
    pub(super) ended: Option<(ExitStatus, Duration)>,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the watcher hands over once the program has started.
type Started = (Pid, OwnedFd, Arc<Shared>);

/// Starts a program and its watcher.
pub(super) fn start(
    command: Command,
    reader: PipeReader,
    beside: Option<OwnedFd>,
    program: &Path,
    root: &Path,
) -> Result<Running> {
    let (sender, receiver) = mpsc::channel::<Result<Started>>();
    let (name, root) = (program.to_owned(), root.to_owned());
    let watcher = std::thread::Builder::new()
        .name("program-watcher".to_owned())
        .spawn(move || match begin(command, beside, &name, &root) {
            Ok((child, pid, pidfd, shared)) => {
                let copy = pidfd.try_clone().attempt("watch", &name);
                let started = copy.map(|copy| (pid, copy, Arc::clone(&shared)));
                let failed = started.is_err();
                // Nobody is there any more to listen: then the program goes, too.
                if sender.send(started).is_err() || failed {
                    abandon(child);
                } else {
                    listen(child, &pidfd, reader, &shared);
                }
            }
            Err(error) => drop(sender.send(Err(error))),
        })
        .attempt("start a thread to watch", program)?;
    let (pid, pidfd, shared) = receiver.recv().unwrap_or_else(|_| Err(no_id(program)))?;
    Ok(Running {
        program: PathBuf::from(program),
        pid,
        pidfd,
        shared,
        watcher: Some(watcher),
    })
}

fn begin(
    mut command: Command,
    beside: Option<OwnedFd>,
    program: &Path,
    root: &Path,
) -> Result<(Child, Pid, OwnedFd, Arc<Shared>)> {
    let pids = CloneFlags::CLONE_NEWPID;
    match beside {
        Some(other) => setns(&other, pids).map_err(|errno| {
            Error::io(
                "join the processes of a program by",
                program,
                io::Error::from(errno),
            )
        })?,
        None => unshare(pids).map_err(|errno| {
            Error::io(
                "make a process namespace for",
                program,
                io::Error::from(errno),
            )
            .hint("it needs CAP_SYS_ADMIN: is this an unprivileged container?")
        })?,
    }
    let began = Instant::now();
    let child = command::spawn(&mut command).map_err(|e| not_started(program, root, e))?;
    let watched = match Pid::from_raw(child.id().cast_signed()) {
        Some(pid) => pidfd_open(pid, PidfdFlags::empty())
            .map(|pidfd| (pid, pidfd))
            .attempt("watch", program),
        None => Err(no_id(program)),
    };
    match watched {
        Ok((pid, pidfd)) => {
            let shared = Shared {
                state: Mutex::default(),
                changed: Condvar::new(),
                began,
            };
            Ok((child, pid, pidfd, Arc::new(shared)))
        }
        Err(error) => {
            abandon(child);
            Err(error)
        }
    }
}

fn abandon(mut child: Child) {
    drop(child.kill());
    drop(child.wait());
}

/// Listens until the program has ended, and reaps it.
fn listen(mut child: Child, pidfd: &OwnedFd, mut pipe: PipeReader, shared: &Shared) {
    let mut buffer = vec![0_u8; 16 << 10];
    let (mut open, mut ended) = (true, false);
    // What was printed before the end is in the pipe by then; what others print later is theirs.
    let mut left = TAIL;
    while !ended || (open && left > 0) {
        let mut events = [
            PollFd::new(pidfd, PollFlags::IN),
            PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN),
        ];
        let watched = if open { 2 } else { 1 };
        let moment = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        match poll(&mut events[..watched], ended.then_some(&moment)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Cannot happen to descriptors of our own; the wait below ends with the program all the same.
            Err(_) => break,
        }
        let prints = open && !events[1].revents().is_empty();
        let gone = !events[0].revents().is_empty();
        if prints {
            match pipe.read(&mut buffer) {
                Ok(0) => open = false,
                Ok(n) => {
                    let mut state = shared.lock();
                    state
                        .first_output
                        .get_or_insert_with(|| shared.began.elapsed());
                    state.output.add(&buffer[..n]);
                    drop(state);
                    shared.changed.notify_all();
                    if ended {
                        left = left.saturating_sub(n);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => open = false,
            }
        } else if ended {
            break;
        }
        ended |= gone;
    }
    let took = shared.began.elapsed();
    if let Ok(status) = child.wait() {
        shared.lock().ended = Some((status, took));
    }
    shared.changed.notify_all();
}
