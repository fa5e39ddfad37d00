//! One name: made anew in the copy with all its attributes.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timestamps, Uid, chmodat, chownat, fchmod, fchown,
    futimens, makedev, mknodat, openat, readlinkat, symlinkat, utimensat,
};
use rustix::io::Errno;

use super::data::Data;
use crate::tree::at::Meta;
use crate::tree::attributes::{self, Reader, Target};

/// What copying an entry needs again and again.
#[derive(Debug)]
pub(super) struct Copier {
    pub(super) data: Data,
    pub(super) attributes: Reader,
    /// What a file made by this process belongs to, and which mode bits it loses.
    pub(super) made_uid: u32,
    pub(super) made_gid: u32,
    pub(super) umask: u32,
}

impl Copier {
    /// Copies an open regular file.
    pub(super) fn file(
        &mut self,
        source: BorrowedFd<'_>,
        meta: &Meta,
        to: BorrowedFd<'_>,
        name: &CStr,
    ) -> Result<(), Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let bits = Mode::from_raw_mode(meta.mode & 0o777);
        let target = openat(to, name, flags | OFlags::CLOEXEC, bits)?;
        self.data.copy(source, target.as_fd(), meta.size)?;
        let made = meta.mode & 0o777 & !self.umask;
        self.seal(Target::Open(source), target.as_fd(), meta, made)
    }

    /// Gives an open copy everything but its content. `made` is the mode it has now.
    pub(super) fn seal(
        &mut self,
        source: Target<'_>,
        target: BorrowedFd<'_>,
        meta: &Meta,
        made: u32,
    ) -> Result<(), Errno> {
        // In this order: chown clears set-id bits and security.capability, an ACL rules the mode, all touch no mtime.
        let owned = self.owned(meta);
        if !owned {
            fchown(target, Some(uid(meta)), Some(gid(meta)))?;
        }
        if made != meta.mode & 0o7777 {
            fchmod(target, meta.permissions())?;
        }
        self.attributes.each(source, |name, value| {
            attributes::set(Target::Open(target), name, value)
        })?;
        futimens(target, &meta.times())
    }

    /// Copies anything that is neither a regular file nor a directory.
    pub(super) fn special(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        meta: &Meta,
    ) -> Result<(), Errno> {
        let kind = meta.kind();
        if kind == FileType::Symlink {
            symlinkat(readlinkat(from, name, Vec::new())?, to, name)?;
        } else {
            let device = makedev(meta.rdev.0, meta.rdev.1);
            mknodat(to, name, kind, Mode::RUSR | Mode::WUSR, device)?;
        }
        if !self.owned(meta) {
            let nofollow = AtFlags::SYMLINK_NOFOLLOW;
            chownat(to, name, Some(uid(meta)), Some(gid(meta)), nofollow)?;
        }
        if kind != FileType::Symlink {
            // Not a link, so following does not matter; the kernel has no other form before 6.6.
            chmodat(to, name, meta.permissions(), AtFlags::empty())?;
        }
        self.attributes
            .each(Target::Named(from, name), |key, value| {
                attributes::set(Target::Named(to, name), key, value)
            })?;
        let times: Timestamps = meta.times();
        utimensat(to, name, &times, AtFlags::SYMLINK_NOFOLLOW)
    }

    fn owned(&self, meta: &Meta) -> bool {
        (meta.uid, meta.gid) == (self.made_uid, self.made_gid)
    }
}

fn uid(meta: &Meta) -> Uid {
    Uid::from_raw(meta.uid)
}

fn gid(meta: &Meta) -> Gid {
    Gid::from_raw(meta.gid)
}
