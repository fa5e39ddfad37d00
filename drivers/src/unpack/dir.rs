//! Open directories of a stage, and the times they get back when the unpacker is done with them.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{Mode, OFlags, ResolveFlags, Stat, Timespec, Timestamps, UTIME_OMIT, openat2};
use rustix::io::Errno;

/// Device and inode number: a directory's identity, whatever path led to it.
pub(super) type Id = (u64, u64);

/// A directory of the content below a stage that is kept apart (overlay).
#[derive(Debug)]
pub(super) struct Lower {
    pub(super) fd: OwnedFd,
    /// Path without symbolic links.
    pub(super) path: Vec<u8>,
}

/// A directory of the stage.
#[derive(Debug)]
pub(super) struct Dir {
    pub(super) fd: OwnedFd,
    pub(super) id: Id,
    /// Path without symbolic links.
    pub(super) path: Vec<u8>,
    /// The directory below that it is merged with, unless hidden.
    pub(super) lower: RefCell<Option<Rc<Lower>>>,
    /// New files here do not simply get the caller's group and the mode they were made with.
    pub(super) inherits: Cell<Inherits>,
    /// The times it shall have in the end.
    pub(super) times: RefCell<Timestamps>,
    /// Whether the times have to be set.
    pub(super) touched: Cell<bool>,
}

/// What new files take from a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inherits {
    /// The group (setgid, or a mount with grpid).
    pub(super) group: bool,
    /// An ACL.
    pub(super) acl: bool,
}

impl Inherits {
    /// Whether anything is inherited.
    pub(super) fn any(self) -> bool {
        self.group || self.acl
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Dir {
    /// Gives the directory its times, if something changed them.
    pub(super) fn settle(&self) -> Result<(), Errno> {
        if self.touched.take() {
            let set = |times: &Timestamps| rustix::fs::futimens(&self.fd, times);
            match set_times(&self.times.borrow(), set, || rustix::fs::fstat(&self.fd)) {
                // Removed meanwhile.
                Err(Errno::NOENT) => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    /// The times it shall have in the end, from an entry.
    pub(super) fn set_times(&self, times: Timestamps) {
        *self.times.borrow_mut() = times;
        self.touched.set(true);
    }
}

/// Opens one directory by its name. The last word on confinement: no symbolic link is followed, no mount is crossed, and
/// nothing above `at` can be reached.
pub(super) fn open(at: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    openat2(
        at,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::IN_ROOT
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV,
    )
}

/// Identity of what was looked at.
pub(super) fn id(stat: &Stat) -> Id {
    (stat.st_dev, stat.st_ino)
}

/// The modification time of what was looked at; the access time stays as it is.
pub(super) fn times_of(stat: &Stat) -> Timestamps {
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: stat.st_mtime,
            tv_nsec: stat.st_mtime_nsec.cast_signed(),
        },
    }
}

/// Sets times and, where they are unusual, sees that they were kept: most filesystems store the nearest time that they
/// can, and say nothing. The answer then is what the others say: EOVERFLOW.
pub(super) fn set_times(
    times: &Timestamps,
    set: impl Fn(&Timestamps) -> Result<(), Errno>,
    look: impl Fn() -> Result<Stat, Errno>,
) -> Result<(), Errno> {
    set(times)?;
    let seconds = times.last_modification.tv_sec;
    // Every filesystem has these.
    if (0..1 << 31).contains(&seconds) || look()?.st_mtime == seconds {
        return Ok(());
    }
    Err(Errno::OVERFLOW)
}

/// One time for access and modification.
pub(super) fn times(at: (i64, u32)) -> Timestamps {
    let time = Timespec {
        tv_sec: at.0,
        tv_nsec: at.1.into(),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}
