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
