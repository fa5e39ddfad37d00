//! Runs this program again as another process, counts its system calls that change something, and kills it before one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::event::{Timespec, poll};

/// System calls that change something a later process can see.
const CHANGING: &[(libc::c_long, &str)] = &[
    (libc::SYS_openat, "openat with O_CREAT"),
    (libc::SYS_openat2, "openat2"),
    (libc::SYS_mkdirat, "mkdirat"),
    (libc::SYS_mknodat, "mknodat"),
    (libc::SYS_symlinkat, "symlinkat"),
    (libc::SYS_linkat, "linkat"),
    (libc::SYS_unlinkat, "unlinkat"),
    (libc::SYS_renameat, "renameat"),
    (libc::SYS_renameat2, "renameat2"),
    (libc::SYS_write, "write"),
    (libc::SYS_pwrite64, "pwrite"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_pwritev, "pwritev"),
    (libc::SYS_pwritev2, "pwritev2"),
    (libc::SYS_copy_file_range, "copy_file_range"),
    (libc::SYS_sendfile, "sendfile"),
    (libc::SYS_splice, "splice"),
    (libc::SYS_truncate, "truncate"),
    (libc::SYS_ftruncate, "ftruncate"),
    (libc::SYS_fallocate, "fallocate"),
    (libc::SYS_ioctl, "ioctl"),
    (libc::SYS_fchmod, "fchmod"),
    (libc::SYS_fchmodat, "fchmodat"),
    (libc::SYS_fchmodat2, "fchmodat2"),
    (libc::SYS_fchown, "fchown"),
    (libc::SYS_fchownat, "fchownat"),
    (libc::SYS_utimensat, "utimensat"),
    (libc::SYS_setxattr, "setxattr"),
    (libc::SYS_lsetxattr, "lsetxattr"),
    (libc::SYS_fsetxattr, "fsetxattr"),
    (libc::SYS_removexattr, "removexattr"),
    (libc::SYS_lremovexattr, "lremovexattr"),
    (libc::SYS_fremovexattr, "fremovexattr"),
    (libc::SYS_sync, "sync"),
    (libc::SYS_syncfs, "syncfs"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_fdatasync, "fdatasync"),
    (libc::SYS_fsconfig, "fsconfig"),
    (libc::SYS_fsmount, "fsmount"),
    (libc::SYS_open_tree, "open_tree"),
    (libc::SYS_mount_setattr, "mount_setattr"),
    (libc::SYS_move_mount, "move_mount"),
    (libc::SYS_mount, "mount"),
    (libc::SYS_umount2, "umount2"),
    (libc::SYS_execve, "execve"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, "mkdir"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rmdir, "rmdir"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, "unlink"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, "symlink"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, "link"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, "mknod"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, "rename"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, "chmod"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chown, "chown"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lchown, "lchown"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_vfork, "vfork"),
    (libc::SYS_clone3, "clone3"),
];

/// How a traced process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Killed before a call of this name.
    Killed(&'static str),
    /// After so many calls.
    ByItself(usize),
}

/// In the process to be killed: stops, until the tracer lets it go on.
pub(crate) fn begin() -> Result<()> {
    ptrace::traceme()
        .and_then(|()| raise(Signal::SIGSTOP))
        .map_err(std::io::Error::from)
        .attempt("be traced", "/proc/self")
}

/// In the process to be killed: ends at once, as if killed after its work.
pub(crate) fn leave() -> Result<()> {
    raise(Signal::SIGKILL)
        .map_err(std::io::Error::from)
        .attempt("end", "/proc/self")
}

/// Runs this program with these arguments and kills it before its call with this number, from 1.
pub(crate) fn run(arguments: &[&OsStr], kill_before: usize) -> Result<Ended> {
    let program = std::env::current_exe().attempt("find", "/proc/self/exe")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "a traced process stops for its parent thread, which nobody else may wait for"
    )]
    let child = std::process::Command::new(&program)
        .args(arguments)
        .spawn()
        .attempt("start", &program)?;
    let main = Pid::from_raw(child.id().cast_signed());
    let fail = |errno: nix::Error| Error::io("trace", &program, std::io::Error::from(errno));
    let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    let (mut calls, mut killed) = (0, None);
    let mut known = BTreeSet::new();
    loop {
        // Only of this thread's children: other trials have theirs.
        let status = waitpid(None, Some(flags)).map_err(fail)?;
        let (pid, signal) = match status {
            WaitStatus::Exited(pid, code) if pid == main => {
                return Err(Error::new(ErrorKind::Io, "work in another process")
                    .because(format!("it ended with {code}, see its words")));
            }
            WaitStatus::Signaled(pid, ..) if pid == main => {
                return Ok(killed.map_or(Ended::ByItself(calls), Ended::Killed));
            }
            WaitStatus::Stopped(pid, Signal::SIGSTOP) => {
                if pid == main && known.insert(pid) {
                    let options = Options::PTRACE_O_TRACESYSGOOD
                        | Options::PTRACE_O_TRACECLONE
                        | Options::PTRACE_O_EXITKILL;
                    ptrace::setoptions(pid, options).map_err(fail)?;
                }
                (pid, None)
            }
            WaitStatus::Stopped(pid, signal) => (pid, Some(signal)),
            WaitStatus::PtraceSyscall(pid) => {
                if killed.is_none()
                    && let Some(name) = changing(pid)
                {
                    calls += 1;
                    if calls == kill_before {
                        killed = Some(name);
                        nix::sys::signal::kill(main, Signal::SIGKILL).map_err(fail)?;
                        continue;
                    }
                }
                (pid, None)
            }
            WaitStatus::PtraceEvent(pid, ..) => (pid, None),
            _ => continue,
        };
        match ptrace::syscall(pid, signal) {
            // Killed meanwhile.
            Ok(()) | Err(nix::Error::ESRCH) => {}
            Err(errno) => return Err(fail(errno)),
        }
    }
}

/// The call that a stopped thread is about to make, if it changes something.
fn changing(pid: Pid) -> Option<&'static str> {
    let info = ptrace::syscall_info(pid).ok()?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    let registers = ptrace::getregs(pid).ok()?;
    #[cfg(target_arch = "x86_64")]
    let (number, flags) = (registers.orig_rax, registers.rdx);
    #[cfg(target_arch = "aarch64")]
    let (number, flags) = (registers.regs[8], registers.regs[2]);
    let number = libc::c_long::try_from(number).ok()?;
    let creates = flags & u64::from(libc::O_CREAT.cast_unsigned()) != 0;
    CHANGING
        .iter()
        .find(|(call, _)| *call == number && (number != libc::SYS_openat || creates))
        .map(|(_, name)| *name)
}

/// Waits until no process carries this run's id; gives those that still do after a minute.
pub(crate) fn await_end_of(run_id: &str) -> Vec<u32> {
    let wanted = format!("{}={run_id}", drivers::sandbox::sweep::RUN_VARIABLE);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let left: Vec<u32> = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid: &u32| {
                std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                    environment
                        .split(|&byte| byte == 0)
                        .any(|variable| variable == wanted.as_bytes())
                })
            })
            .collect();
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        // Nothing tells of the end of a process that is not ours.
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 2_000_000,
        };
        let _ = poll(&mut [], Some(&moment));
    }
}
