//! The tracing side.
#![expect(
    unsafe_code,
    reason = "what PTRACE_GET_SYSCALL_INFO gives is a union, and its tag says which"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::class::Class;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::command;

/// The signal of a mark: by default nobody minds it, and a tracer sees it all the same.
const MARK: Signal = Signal::SIGURG;

/// Calls of one section, by who made them (`None`: the program itself; else the name of a program it started) and class.
pub type Counts = BTreeMap<(Option<String>, Class), u64>;

/// What a traced program did.
#[derive(Debug)]
pub struct Traced {
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its sections, in order; `None` where the system allows no tracing, with the reason.
    pub sections: std::result::Result<Vec<Counts>, String>,
    /// Its exit status; `Err` with the signal that ended it.
    pub status: std::result::Result<i32, Signal>,
}

/// In the traced program: opens a section, or closes it. Without a tracer nothing happens.
///
/// # Errors
/// The errno of the signal.
pub fn mark() -> Result<()> {
    nix::sys::signal::raise(MARK)
        .map_err(std::io::Error::from)
        .attempt("mark a section for the tracer of", "/proc/self")
}

/// Runs a program with `input` on its standard input, and counts its calls. Past `limit` it is killed.
///
/// It must read its input to the end before it marks anything: until then it is not traced.
///
/// # Errors
/// `NotFound`, `TimedOut`, and the errno of waiting.
pub fn count(program: &Path, args: &[&OsStr], input: &[u8], limit: Duration) -> Result<Traced> {
    // A tracer is a thread, and only of the one that started a process are all its descendants.
    std::thread::scope(|scope| {
        let tracer = scope.spawn(|| trace(program, args, input, limit));
        tracer.join().unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Corrupt, "trace")
                .path(program)
                .because("the tracer panicked"))
        })
    })
}

fn trace(program: &Path, args: &[&OsStr], input: &[u8], limit: Duration) -> Result<Traced> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a traced process stops for the thread that started it"
    )]
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command::spawn(&mut command).attempt("start", program)?;
    let main = Pid::from_raw(child.id().cast_signed());
    let refused = ptrace::seize(
        main,
        Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL,
    )
    .err();
    let (ended, watch) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (mut stdin, mut stdout) = (child.stdin.take(), child.stdout.take());
        scope.spawn(move || {
            // A program that ends early says why itself.
            drop(stdin.as_mut().map(|pipe| pipe.write_all(input)));
        });
        let output = scope.spawn(move || {
            let mut bytes = Vec::new();
            drop(stdout.as_mut().map(|pipe| pipe.read_to_end(&mut bytes)));
            bytes
        });
        let late = scope.spawn(move || {
            let late = watch.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                // Not reaped yet: the tracer below waits for it.
                let _ = nix::sys::signal::kill(main, Signal::SIGKILL);
            }
            late
        });
        let mut tracer = Tracer::new(main);
        let status = tracer.run();
        drop(ended);
        let late = late.join().unwrap_or(false);
        // What it started may hold its output open; that is traced, and dies with this thread's attention.
        tracer.end_the_rest();
        let output = output.join().unwrap_or_default();
        let status = status.map_err(|e| Error::io("trace", program, std::io::Error::from(e)))?;
        if late {
            return Err(Error::new(ErrorKind::TimedOut, "trace")
                .path(program)
                .because(format!("it did not end within {limit:?}")));
        }
        forget(child);
        Ok(Traced {
            output,
            sections: refused.map_or(Ok(tracer.sections), |errno| {
                Err(format!("ptrace: {}", errno.desc()))
            }),
            status,
        })
    })
}

/// It is reaped already; dropping it does nothing more.
fn forget(child: Child) {
    drop(child);
}

struct Tracer {
    main: Pid,
    /// The process of each thread, and the program it runs: `None` for our own.
    threads: BTreeMap<Pid, Pid>,
    programs: BTreeMap<Pid, Option<String>>,
    alive: BTreeSet<Pid>,
    /// Processes that were started in the open section.
    born: BTreeSet<Pid>,
    open: bool,
    sections: Vec<Counts>,
}

impl Tracer {
    fn new(main: Pid) -> Self {
        Self {
            main,
            threads: BTreeMap::from([(main, main)]),
            programs: BTreeMap::from([(main, None)]),
            alive: BTreeSet::from([main]),
            born: BTreeSet::new(),
            open: false,
            sections: Vec::new(),
        }
    }

    /// Until the program ends.
    fn run(&mut self) -> nix::Result<std::result::Result<i32, Signal>> {
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            let (pid, signal) = match waitpid(None, Some(flags)) {
                Err(nix::Error::EINTR) => continue,
                Err(errno) => return Err(errno),
                Ok(WaitStatus::Exited(pid, code)) => {
                    self.gone(pid);
                    if pid == self.main {
                        return Ok(Ok(code));
                    }
                    continue;
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    self.gone(pid);
                    if pid == self.main {
                        return Ok(Err(signal));
                    }
                    continue;
                }
                Ok(WaitStatus::Stopped(pid, MARK)) if self.process(pid) == self.main => {
                    self.toggle();
                    (pid, None)
                }
                Ok(WaitStatus::Stopped(pid, signal)) => (pid, Some(signal)),
                Ok(WaitStatus::PtraceSyscall(pid)) => {
                    self.call(pid);
                    (pid, None)
                }
                Ok(WaitStatus::PtraceEvent(pid, _, event)) => {
                    if event == libc::PTRACE_EVENT_EXEC {
                        self.runs_another(pid);
                    }
                    (pid, None)
                }
                Ok(_) => continue,
            };
            self.alive.insert(pid);
            let process = self.process(pid);
            let outcome = if self.open && (process == self.main || self.born.contains(&process)) {
                ptrace::syscall(pid, signal)
            } else {
                ptrace::cont(pid, signal)
            };
            match outcome {
                // Killed meanwhile.
                Ok(()) | Err(nix::Error::ESRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    fn toggle(&mut self) {
        self.open = !self.open;
        self.born.clear();
        if self.open {
            self.sections.push(Counts::new());
        }
    }

    /// Counts a call at its beginning.
    fn call(&mut self, pid: Pid) {
        if !self.open {
            return;
        }
        let Ok(info) = ptrace::syscall_info(pid) else {
            return;
        };
        if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return;
        }
        // SAFETY: at an entry stop the kernel has filled in this member of the union.
        let number = unsafe { info.u.entry.nr };
        let process = self.process(pid);
        let program = self.program(process);
        if let Some(section) = self.sections.last_mut() {
            *section.entry((program, Class::of(number))).or_default() += 1;
        }
    }

    /// The process of a thread.
    fn process(&mut self, pid: Pid) -> Pid {
        if let Some(process) = self.threads.get(&pid) {
            return *process;
        }
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let process = field(&text, "Tgid:").map_or(pid, Pid::from_raw);
        self.threads.insert(pid, process);
        if self.open && process == pid {
            self.born.insert(process);
        }
        process
    }

    /// The name of the program a process runs; one that was only forked runs its parent's.
    fn program(&mut self, process: Pid) -> Option<String> {
        if let Some(program) = self.programs.get(&process) {
            return program.clone();
        }
        let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = field(&text, "PPid:").map(Pid::from_raw);
        let program = parent.and_then(|parent| self.programs.get(&parent).cloned().flatten());
        self.programs.insert(process, program.clone());
        program
    }

    /// After an execve: all threads but this are gone, and the name is another.
    fn runs_another(&mut self, pid: Pid) {
        // Our own, still on its way when it was seized.
        if pid == self.main {
            return;
        }
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        self.threads.insert(pid, pid);
        self.programs.insert(pid, Some(name.trim().to_owned()));
    }

    fn gone(&mut self, pid: Pid) {
        self.alive.remove(&pid);
        self.threads.remove(&pid);
        if pid != self.main {
            self.programs.remove(&pid);
        }
    }

    /// Ends and reaps what outlived the program.
    fn end_the_rest(&mut self) {
        for &pid in &self.alive {
            let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
        }
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        while let Ok(status) = waitpid(None, Some(flags)) {
            // One that was only just born stops once more.
            if let Some(pid) = status.pid()
                && !matches!(status, WaitStatus::Exited(..) | WaitStatus::Signaled(..))
            {
                let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
            }
        }
    }
}

/// A number of /proc/PID/status.
fn field(text: &str, name: &str) -> Option<i32> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_status_are_found_by_their_whole_name() {
        let text = "Name:\tx\nTgid:\t12\nPid:\t13\nPPid:\t7\nTracerPid:\t9\n";
        assert_eq!(field(text, "Tgid:"), Some(12));
        assert_eq!(field(text, "PPid:"), Some(7));
        assert_eq!(field(text, "Nope:"), None);
    }

    /// A shell that marks sections by signalling itself.
    fn shell(script: &str) -> Traced {
        count(
            Path::new("/bin/sh"),
            &["-c".as_ref(), script.as_ref()],
            b"go\n",
            Duration::from_secs(60),
        )
        .unwrap()
    }

    #[test]
    fn calls_of_a_section_are_counted_with_those_of_the_programs_it_starts() {
        let traced = shell(
            "read go; cd /; kill -URG $$; mkdir /nonexistent/x; kill -URG $$; cd /; kill -URG $$; kill -URG $$; echo done; exit 3",
        );
        assert_eq!(
            (traced.output.as_slice(), traced.status),
            (&b"done\n"[..], Ok(3))
        );
        let Ok(sections) = traced.sections else {
            return;
        };
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[0][&(Some("mkdir".to_owned()), Class::Name)], 1);
        assert!(
            sections[0].contains_key(&(None, Class::Process)),
            "the fork"
        );
        assert!(!sections[1].keys().any(|(program, _)| program.is_some()));
    }

    #[test]
    fn one_that_hangs_is_ended_and_one_that_kills_itself_is_told() {
        let late = count(
            Path::new("/bin/sh"),
            &["-c".as_ref(), "read go; while :; do sleep 1; done".as_ref()],
            b"go\n",
            Duration::from_millis(300),
        );
        assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(shell("read go; kill -KILL $$").status, Err(Signal::SIGKILL));
    }
}
