//! System calls by what they are for.

use std::collections::HashMap;
use std::sync::LazyLock;

use libc::c_long;

/// What a system call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Opening and closing files, and what is done to descriptors.
    Open,
    /// Reading data and directories.
    Read,
    /// Writing data, sizes and allocation.
    Write,
    /// Asking for attributes, and setting them.
    Stat,
    /// Names: rename, link, unlink, mkdir, symlink.
    Name,
    /// Mounting and unmounting, namespaces, roots.
    Mount,
    /// Extended attributes.
    Xattr,
    /// fsync and its kin.
    Sync,
    /// Control of devices and filesystems by ioctl.
    Ioctl,
    /// Memory: mappings and the heap.
    Memory,
    /// Processes, threads, signals, waiting and locks between threads: how often depends on scheduling.
    Process,
    /// Everything else.
    Other,
}

impl Class {
    /// As written in a record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Write => "write",
            Self::Stat => "stat",
            Self::Name => "name",
            Self::Mount => "mount",
            Self::Xattr => "xattr",
            Self::Sync => "sync",
            Self::Ioctl => "ioctl",
            Self::Memory => "memory",
            Self::Process => "process",
            Self::Other => "other",
        }
    }

    /// The class of a system call by its number.
    pub fn of(number: u64) -> Self {
        let number = c_long::try_from(number).unwrap_or(-1);
        BY_NUMBER.get(&number).copied().unwrap_or(Self::Other)
    }
}

static BY_NUMBER: LazyLock<HashMap<c_long, Class>> = LazyLock::new(|| {
    let all = CALLS.iter().chain(OLD_CALLS);
    all.flat_map(|(class, calls)| calls.iter().map(|&call| (call, *class)))
        .collect()
});

const CALLS: &[(Class, &[c_long])] = &[
    (
        Class::Open,
        &[
            libc::SYS_openat,
            libc::SYS_openat2,
            libc::SYS_open_by_handle_at,
            libc::SYS_name_to_handle_at,
            libc::SYS_close,
            libc::SYS_close_range,
            libc::SYS_dup,
            libc::SYS_dup3,
            libc::SYS_fcntl,
            libc::SYS_flock,
            libc::SYS_lseek,
        ],
    ),
    (
        Class::Read,
        &[
            libc::SYS_read,
            libc::SYS_pread64,
            libc::SYS_readv,
            libc::SYS_preadv,
            libc::SYS_preadv2,
            libc::SYS_getdents64,
            libc::SYS_readlinkat,
            libc::SYS_readahead,
            libc::SYS_fadvise64,
        ],
    ),
    (
        Class::Write,
        &[
            libc::SYS_write,
            libc::SYS_pwrite64,
            libc::SYS_writev,
            libc::SYS_pwritev,
            libc::SYS_pwritev2,
            libc::SYS_copy_file_range,
            libc::SYS_sendfile,
            libc::SYS_splice,
            libc::SYS_tee,
            libc::SYS_vmsplice,
            libc::SYS_ftruncate,
            libc::SYS_truncate,
            libc::SYS_fallocate,
        ],
    ),
    (
        Class::Stat,
        &[
            libc::SYS_fstat,
            libc::SYS_newfstatat,
            libc::SYS_statx,
            libc::SYS_statfs,
            libc::SYS_fstatfs,
            libc::SYS_faccessat,
            libc::SYS_faccessat2,
            libc::SYS_fchmod,
            libc::SYS_fchmodat,
            libc::SYS_fchown,
            libc::SYS_fchownat,
            libc::SYS_utimensat,
        ],
    ),
    (
        Class::Name,
        &[
            libc::SYS_renameat2,
            libc::SYS_linkat,
            libc::SYS_unlinkat,
            libc::SYS_symlinkat,
            libc::SYS_mkdirat,
            libc::SYS_mknodat,
            libc::SYS_chdir,
            libc::SYS_fchdir,
            libc::SYS_getcwd,
        ],
    ),
    (
        Class::Mount,
        &[
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_move_mount,
            libc::SYS_open_tree,
            libc::SYS_mount_setattr,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_unshare,
            libc::SYS_setns,
        ],
    ),
    (
        Class::Xattr,
        &[
            libc::SYS_setxattr,
            libc::SYS_lsetxattr,
            libc::SYS_fsetxattr,
            libc::SYS_getxattr,
            libc::SYS_lgetxattr,
            libc::SYS_fgetxattr,
            libc::SYS_listxattr,
            libc::SYS_llistxattr,
            libc::SYS_flistxattr,
            libc::SYS_removexattr,
            libc::SYS_lremovexattr,
            libc::SYS_fremovexattr,
        ],
    ),
    (
        Class::Sync,
        &[
            libc::SYS_fsync,
            libc::SYS_fdatasync,
            libc::SYS_sync,
            libc::SYS_syncfs,
            libc::SYS_sync_file_range,
            libc::SYS_msync,
        ],
    ),
    (Class::Ioctl, &[libc::SYS_ioctl]),
    (
        Class::Memory,
        &[
            libc::SYS_mmap,
            libc::SYS_munmap,
            libc::SYS_mprotect,
            libc::SYS_mremap,
            libc::SYS_madvise,
            libc::SYS_brk,
            libc::SYS_mincore,
            libc::SYS_mlock,
        ],
    ),
    (
        Class::Process,
        &[
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_exit,
            libc::SYS_exit_group,
            libc::SYS_wait4,
            libc::SYS_waitid,
            libc::SYS_futex,
            libc::SYS_sched_yield,
            libc::SYS_sched_getaffinity,
            libc::SYS_set_robust_list,
            libc::SYS_set_tid_address,
            libc::SYS_rseq,
            libc::SYS_ppoll,
            libc::SYS_nanosleep,
            libc::SYS_clock_nanosleep,
            libc::SYS_restart_syscall,
            libc::SYS_pidfd_open,
            libc::SYS_pidfd_send_signal,
            libc::SYS_kill,
            libc::SYS_tgkill,
            libc::SYS_rt_sigaction,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_sigaltstack,
            libc::SYS_prctl,
            libc::SYS_getpid,
            libc::SYS_getppid,
            libc::SYS_gettid,
            libc::SYS_pipe2,
            libc::SYS_epoll_pwait,
        ],
    ),
];

/// Those that newer architectures do without.
#[cfg(target_arch = "x86_64")]
const OLD_CALLS: &[(Class, &[c_long])] = &[
    (
        Class::Open,
        &[libc::SYS_open, libc::SYS_creat, libc::SYS_dup2],
    ),
    (Class::Read, &[libc::SYS_readlink, libc::SYS_getdents]),
    (
        Class::Stat,
        &[
            libc::SYS_stat,
            libc::SYS_lstat,
            libc::SYS_access,
            libc::SYS_chmod,
            libc::SYS_chown,
            libc::SYS_lchown,
            libc::SYS_utimes,
        ],
    ),
    (
        Class::Name,
        &[
            libc::SYS_rename,
            libc::SYS_renameat,
            libc::SYS_link,
            libc::SYS_unlink,
            libc::SYS_symlink,
            libc::SYS_mkdir,
            libc::SYS_rmdir,
            libc::SYS_mknod,
        ],
    ),
    (
        Class::Process,
        &[
            libc::SYS_fork,
            libc::SYS_vfork,
            libc::SYS_poll,
            libc::SYS_select,
            libc::SYS_pipe,
            libc::SYS_epoll_wait,
            libc::SYS_arch_prctl,
        ],
    ),
];

#[cfg(not(target_arch = "x86_64"))]
const OLD_CALLS: &[(Class, &[c_long])] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_in_two_classes_and_an_unknown_one_is_other() {
        let all = CALLS.iter().chain(OLD_CALLS);
        let listed: usize = all.map(|(_, calls)| calls.len()).sum();
        assert_eq!(listed, BY_NUMBER.len());
        let number = |call: c_long| u64::try_from(call).unwrap();
        assert_eq!(Class::of(number(libc::SYS_openat)), Class::Open);
        assert_eq!(Class::of(number(libc::SYS_syncfs)), Class::Sync);
        assert_eq!(Class::of(u64::MAX), Class::Other);
        assert_eq!(Class::of(999_999), Class::Other);
    }
}
