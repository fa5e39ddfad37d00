//! System calls that lie to the processes of a container: faults below the driver, which no driver could commit by
//! itself. A lie answers some system calls without making them; a case that does not notice proves nothing about them.
//!
//! Lies are told to the thread that runs a case, by a seccomp filter; the driver itself works in a thread without one.

use nix::libc;

/// System calls that are answered without being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lie {
    /// In words: `chmod does nothing`.
    pub name: &'static str,
    /// The numbers of the system calls.
    pub calls: &'static [libc::c_long],
    /// Only where an argument has these bits.
    pub when: Option<Argument>,
    /// The answer: an errno, or 0 for "done".
    pub errno: u16,
}

/// Some bits of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Its place, from 0.
    pub index: u8,
    /// The bits looked at.
    pub mask: u64,
    /// What they have to be.
    pub value: u64,
}

/// Every lie.
pub const ALL: &[&Lie] = &[
    &CHMOD_DOES_NOTHING,
    &CHOWN_DOES_NOTHING,
    &CLONING_DOES_NOTHING,
    &COPY_RANGE_DOES_NOTHING,
    &EXCLUSIVE_OPEN_IS_DENIED,
    &FALLOCATE_DOES_NOTHING,
    &FLOCK_DOES_NOTHING,
    &LINK_DOES_NOTHING,
    &MKDIR_DOES_NOTHING,
    &MKNOD_DOES_NOTHING,
    &OFD_LOCKS_DO_NOTHING,
    &POSIX_LOCKS_DO_NOTHING,
    &PWRITE_WRITES_NOTHING,
    &REMOVEXATTR_DOES_NOTHING,
    &RENAME_DOES_NOTHING,
    &RENAME_IS_ACROSS,
    &RMDIR_DOES_NOTHING,
    &SEEK_DOES_NOTHING,
    &SETTING_FLAGS_DOES_NOTHING,
    &SETXATTR_DOES_NOTHING,
    &STATFS_IS_REFUSED,
    &SUBVOLUMES_ARE_NOT_MADE,
    &SYMLINK_DOES_NOTHING,
    &TRUNCATE_DOES_NOTHING,
    &UNLINK_DOES_NOTHING,
    &UTIMES_DO_NOTHING,
    &WATCHES_DO_NOTHING,
];

/// chmod(2) and its kin answer "done".
pub const CHMOD_DOES_NOTHING: Lie = Lie {
    name: "chmod does nothing",
    calls: &[
        libc::SYS_chmod,
        libc::SYS_fchmod,
        libc::SYS_fchmodat,
        libc::SYS_fchmodat2,
    ],
    when: None,
    errno: 0,
};

/// statfs(2) and its kin are not there: ENOSYS.
pub const STATFS_IS_REFUSED: Lie = Lie {
    name: "statfs is refused",
    calls: &[libc::SYS_statfs, libc::SYS_fstatfs],
    when: None,
    errno: libc::ENOSYS as u16,
};

/// fcntl(2) answers "locked" to those who lock for an open file description.
pub const OFD_LOCKS_DO_NOTHING: Lie = Lie {
    name: "OFD locks do nothing",
    calls: &[libc::SYS_fcntl],
    when: Some(Argument {
        index: 1,
        mask: u32::MAX as u64,
        value: libc::F_OFD_SETLK as u64,
    }),
    errno: 0,
};

/// fcntl(2) answers "locked" to those who lock for a process.
pub const POSIX_LOCKS_DO_NOTHING: Lie = Lie {
    name: "POSIX locks do nothing",
    calls: &[libc::SYS_fcntl],
    when: Some(Argument {
        index: 1,
        mask: u32::MAX as u64,
        value: libc::F_SETLK as u64,
    }),
    errno: 0,
};

/// lseek(2) answers "at the start".
pub const SEEK_DOES_NOTHING: Lie = Lie {
    name: "lseek does nothing",
    calls: &[libc::SYS_lseek],
    when: None,
    errno: 0,
};

/// copy_file_range(2) says that there was nothing to copy.
pub const COPY_RANGE_DOES_NOTHING: Lie = Lie {
    name: "copy_file_range does nothing",
    calls: &[libc::SYS_copy_file_range],
    when: None,
    errno: 0,
};

/// rename(2) and its kin answer "done".
pub const RENAME_DOES_NOTHING: Lie = Lie {
    name: "rename does nothing",
    calls: &[libc::SYS_rename, libc::SYS_renameat, libc::SYS_renameat2],
    when: None,
    errno: 0,
};

/// link(2) and its kin answer "done".
pub const LINK_DOES_NOTHING: Lie = Lie {
    name: "link does nothing",
    calls: &[libc::SYS_link, libc::SYS_linkat],
    when: None,
    errno: 0,
};

/// unlink(2) and its kin answer "done".
pub const UNLINK_DOES_NOTHING: Lie = does_nothing(
    "unlink does nothing",
    &[libc::SYS_unlink, libc::SYS_unlinkat],
);

/// rmdir(2) answers "done".
pub const RMDIR_DOES_NOTHING: Lie = does_nothing("rmdir does nothing", &[libc::SYS_rmdir]);

/// mkdir(2) and its kin answer "done".
pub const MKDIR_DOES_NOTHING: Lie =
    does_nothing("mkdir does nothing", &[libc::SYS_mkdir, libc::SYS_mkdirat]);

/// symlink(2) and its kin answer "done".
pub const SYMLINK_DOES_NOTHING: Lie = does_nothing(
    "symlink does nothing",
    &[libc::SYS_symlink, libc::SYS_symlinkat],
);

/// mknod(2) and its kin answer "done".
pub const MKNOD_DOES_NOTHING: Lie =
    does_nothing("mknod does nothing", &[libc::SYS_mknod, libc::SYS_mknodat]);

/// chown(2) and its kin answer "done".
pub const CHOWN_DOES_NOTHING: Lie = does_nothing(
    "chown does nothing",
    &[
        libc::SYS_chown,
        libc::SYS_lchown,
        libc::SYS_fchown,
        libc::SYS_fchownat,
    ],
);

/// utimensat(2) and its kin answer "done".
pub const UTIMES_DO_NOTHING: Lie = does_nothing(
    "utimensat does nothing",
    &[
        libc::SYS_utime,
        libc::SYS_utimes,
        libc::SYS_futimesat,
        libc::SYS_utimensat,
    ],
);

/// truncate(2) and its kin answer "done".
pub const TRUNCATE_DOES_NOTHING: Lie = does_nothing(
    "truncate does nothing",
    &[libc::SYS_truncate, libc::SYS_ftruncate],
);

/// fallocate(2) answers "done".
pub const FALLOCATE_DOES_NOTHING: Lie =
    does_nothing("fallocate does nothing", &[libc::SYS_fallocate]);

/// setxattr(2) and its kin answer "done".
pub const SETXATTR_DOES_NOTHING: Lie = does_nothing(
    "setxattr does nothing",
    &[libc::SYS_setxattr, libc::SYS_lsetxattr, libc::SYS_fsetxattr],
);

/// removexattr(2) and its kin answer "done".
pub const REMOVEXATTR_DOES_NOTHING: Lie = does_nothing(
    "removexattr does nothing",
    &[
        libc::SYS_removexattr,
        libc::SYS_lremovexattr,
        libc::SYS_fremovexattr,
    ],
);

/// flock(2) answers "done".
pub const FLOCK_DOES_NOTHING: Lie = does_nothing("flock does nothing", &[libc::SYS_flock]);

/// System calls that answer "done" and do nothing.
const fn does_nothing(name: &'static str, calls: &'static [libc::c_long]) -> Lie {
    Lie {
        name,
        calls,
        when: None,
        errno: 0,
    }
}

/// pwrite(2) answers that it wrote nothing.
pub const PWRITE_WRITES_NOTHING: Lie = does_nothing("pwrite writes nothing", &[libc::SYS_pwrite64]);

/// open(2) with O_EXCL answers EACCES, whatever is there.
pub const EXCLUSIVE_OPEN_IS_DENIED: Lie = Lie {
    name: "exclusive open is denied",
    calls: &[libc::SYS_openat],
    when: Some(Argument {
        index: 2,
        mask: libc::O_EXCL as u64,
        value: libc::O_EXCL as u64,
    }),
    errno: libc::EACCES as u16,
};

/// rename(2) and its kin answer EXDEV.
pub const RENAME_IS_ACROSS: Lie = Lie {
    name: "rename is across filesystems",
    calls: RENAME_DOES_NOTHING.calls,
    when: None,
    errno: libc::EXDEV as u16,
};

/// ioctl(2) with FICLONE answers "done".
pub const CLONING_DOES_NOTHING: Lie = Lie {
    name: "FICLONE does nothing",
    calls: &[libc::SYS_ioctl],
    when: Some(Argument {
        index: 1,
        mask: 0xffff_ffff,
        value: 0x4004_9409,
    }),
    errno: 0,
};

/// ioctl(2) with FS_IOC_SETFLAGS answers "done".
pub const SETTING_FLAGS_DOES_NOTHING: Lie = Lie {
    name: "FS_IOC_SETFLAGS does nothing",
    calls: &[libc::SYS_ioctl],
    when: Some(Argument {
        index: 1,
        mask: 0xffff_ffff,
        value: 0x4008_6602,
    }),
    errno: 0,
};

/// inotify_add_watch(2) answers with a watch that nothing wakes.
pub const WATCHES_DO_NOTHING: Lie =
    does_nothing("inotify does nothing", &[libc::SYS_inotify_add_watch]);

/// The ioctl that makes a btrfs subvolume (BTRFS_IOC_SUBVOL_CREATE_V2) answers "done".
pub const SUBVOLUMES_ARE_NOT_MADE: Lie = Lie {
    name: "no subvolume is made",
    calls: &[libc::SYS_ioctl],
    when: Some(Argument {
        index: 1,
        mask: 0xffff_ffff,
        value: 0x5000_9418,
    }),
    errno: 0,
};
