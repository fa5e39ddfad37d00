//! The option `quota`: how exclusive space is told from shared.
//!
//! - `none` (the default): from the item's own trees (see [`super::space`]). Costs nothing until asked.
//! - `simple`, or `on`: quotas that charge an extent to the subvolume that made it (Linux 6.7); cheap on every write, and
//!   the only ones that hold limits (see [`super::limits`]).
//! - `full`: quota groups that follow every reference: exact, metadata included, and paid for at every snapshot,
//!   overwrite and deletion. Exclusive is then what removal frees *now*: little for a layer whose children share it.
//!
//! Quotas belong to a whole filesystem. They are turned on only where the filesystem is the run's own; elsewhere they
//! are used if they are on already. Only groups of subvolumes that were ours are ever removed.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::path::Path;

use linux_raw_sys::btrfs as raw;

use super::items::{self, QUOTA_TREE, kind};
use super::search;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::subject::{Backing, Options};
use crate::sys::btrfs::{self as sys, QuotaCommand};

/// The option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quota {
    None,
    Simple,
    Full,
}

/// The option's values, the default first.
pub(super) const VALUES: &[&str] = &["none", "on", "simple", "full"];

impl Quota {
    pub(super) fn asked(options: &Options) -> Self {
        match options.get("quota") {
            Some("simple" | "on") => Self::Simple,
            Some("full") => Self::Full,
            _ => Self::None,
        }
    }

    /// For the facts.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::None => {
                "none: exclusive space is that of extents newer than the snapshot, metadata not counted"
            }
            Self::Simple => {
                "simple: an extent counts for the subvolume that made it, metadata included; containers can be limited"
            }
            Self::Full => "full: exclusive space is what removal frees now, metadata included",
        }
    }

    /// Turns quotas on where that is ours to do.
    pub(super) fn enable(self, on: BorrowedFd<'_>, root: &Path, backing: Backing) -> Result<()> {
        let command = match self {
            Self::None => return Ok(()),
            Self::Simple => QuotaCommand::EnableSimple,
            Self::Full => QuotaCommand::EnableFull,
        };
        let refuse = |why: &str, hint: &str| {
            Err(Error::new(ErrorKind::Unsupported, "turn on quotas of")
                .path(root)
                .because(why)
                .hint(hint))
        };
        if let Some(now) = active(on)? {
            return if now == self {
                Ok(())
            } else {
                refuse("they are on in another mode", "use quota=none")
            };
        }
        if backing != Backing::Btrfs {
            return refuse(
                "the filesystem is not the run's own",
                "use quota=none, or turn them on yourself: btrfs quota enable",
            );
        }
        match sys::quota(on, command) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => refuse(
                "this kernel does not have that kind",
                "simple quotas need Linux 6.7; use quota=none",
            ),
            Err(error) => Err(Error::io("turn on quotas of", root, error)),
            Ok(()) if self == Self::Full => {
                sys::quota_rescan_wait(on).attempt("wait for the first count of quotas of", root)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Referenced and exclusive bytes of the subvolume `id`, by its quota group.
    pub(super) fn count(self, on: BorrowedFd<'_>, id: u64) -> Result<Option<(u64, u64)>> {
        if self == Self::None {
            return Ok(None);
        }
        if self == Self::Full {
            let flags = flags(on)?.unwrap_or_default();
            if flags & u64::from(raw::BTRFS_QGROUP_STATUS_FLAG_RESCAN) != 0 {
                sys::quota_rescan_wait(on).attempt("wait for the count of", "quota groups")?;
            } else if flags & u64::from(raw::BTRFS_QGROUP_STATUS_FLAG_INCONSISTENT) != 0 {
                // A large deletion gives up exact counting; this brings it back.
                sys::quota_rescan(on).attempt("count anew", "quota groups")?;
            }
        }
        let mut found = None;
        let mut what = search::of_object(QUOTA_TREE, 0, kind::QUOTA_COUNT, kind::QUOTA_COUNT);
        what.first.offset = id;
        what.last.offset = id;
        search::each(on, what, &mut |item| {
            found = Some(items::quota_count(item.data));
            ControlFlow::Break(())
        })?;
        found.transpose()
    }

    /// Removes the group of a subvolume that was ours and is gone. Newer kernels do that by themselves.
    pub(super) fn forget(self, on: BorrowedFd<'_>, id: u64) -> Result<()> {
        if self == Self::None {
            return Ok(());
        }
        match sys::remove_quota_group(on, id) {
            // EBUSY: simple quotas keep a group whose extents live on in others.
            Err(error)
                if !matches!(
                    error.raw_os_error(),
                    Some(libc::ENOENT | libc::ENOTCONN | libc::EBUSY)
                ) =>
            {
                Err(Error::io(
                    "remove the quota group",
                    format!("0/{id}"),
                    error,
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Why containers cannot be limited, if so. Asked of the filesystem: it may have been opened with quotas before.
pub(super) fn no_limits(on: BorrowedFd<'_>, backing: Backing) -> Result<Option<&'static str>> {
    if backing != Backing::Btrfs {
        // A limit would outlive a run that is killed.
        return Ok(Some("the filesystem is not the run's own"));
    }
    Ok(match active(on)? {
        Some(Quota::Simple) => None,
        Some(_) => Some("full quotas count a subvolume made in a container apart: use quota=on"),
        None => Some("quotas are off: quota=on turns them on"),
    })
}

fn flags(on: BorrowedFd<'_>) -> Result<Option<u64>> {
    let mut found = None;
    let what = search::of_object(QUOTA_TREE, 0, kind::QUOTA_STATUS, kind::QUOTA_STATUS);
    search::each(on, what, &mut |item| {
        found = Some(items::quota_flags(item.data));
        ControlFlow::Break(())
    })?;
    found.transpose()
}

/// The mode that quotas of the filesystem are in.
fn active(on: BorrowedFd<'_>) -> Result<Option<Quota>> {
    Ok(flags(on)?
        .filter(|flags| flags & u64::from(raw::BTRFS_QGROUP_STATUS_FLAG_ON) != 0)
        .map(|flags| {
            if flags & u64::from(raw::BTRFS_QGROUP_STATUS_FLAG_SIMPLE_MODE) == 0 {
                Quota::Full
            } else {
                Quota::Simple
            }
        }))
}
