//! The walk: depth first by directory descriptors, files in order of inode, directories sealed after their content.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, fchmod, linkat, mkdirat, removexattr};
use rustix::io::Errno;
use rustix::process::getegid;

use super::data::{Data, Method};
use super::entry::Copier;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::tree::at::{self, Inode, Meta, Name};
use crate::tree::attributes::{Reader, Target};

/// Levels of directories; each holds two descriptors. A deeper tree is refused before descriptors run out.
const MAX_DEPTH: usize = 450;

/// What a copy did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Names made, the root not counted.
    pub entries: u64,
    /// Files whose blocks are shared with the original.
    pub shared_files: u64,
    /// Bytes that were written, holes not counted.
    pub copied_bytes: u64,
}

/// Copies the directory `from`, with everything in it, to the new directory `to`.
///
/// # Errors
/// `AlreadyExists` when `to` is there; otherwise whatever reading or writing gives. What was made stays.
pub fn tree(from: &Path, to: &Path, method: Method) -> Result<Copied> {
    let source = at::open_root(from)?;
    let meta = at::meta_of(source.as_fd()).attempt("read the attributes of", from)?;
    mkdirat(CWD, to, Mode::RWXU).attempt("create the directory", to)?;
    // A default ACL of the place would be inherited by everything made in it.
    for name in [c"system.posix_acl_default", c"system.posix_acl_access"] {
        match removexattr(to, name) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(Error::io("remove the inherited ACL of", to, errno)),
        }
    }
    let target = at::open_root(to)?;
    let made = at::meta_of(target.as_fd()).attempt("read the attributes of", to)?;
    // A set-group-id place passes its group and that bit on.
    if made.mode & 0o2000 != 0 {
        fchmod(&target, Mode::RWXU).attempt("set the mode of", to)?;
    }
    let group = getegid().as_raw();
    let mut walk = Walk {
        copier: Copier {
            data: Data::new(method),
            attributes: Reader::new(),
            made_uid: made.uid,
            // Equal, it is the group of everything made below, whichever rule the mount has; else nothing is known.
            made_gid: if made.gid == group { group } else { u32::MAX },
            umask: umask(),
        },
        links: HashMap::new(),
        entries: 0,
        from,
        root: target.as_fd(),
    };
    walk.contents(source.as_fd(), target.as_fd(), &mut Vec::new(), 0)?;
    walk.copier
        .seal(
            Target::Open(source.as_fd()),
            target.as_fd(),
            &meta,
            u32::MAX,
        )
        .attempt("copy the attributes of", from)?;
    Ok(Copied {
        entries: walk.entries,
        shared_files: walk.copier.data.shared_files,
        copied_bytes: walk.copier.data.copied_bytes,
    })
}

struct Walk<'a> {
    copier: Copier,
    /// The first name of each inode that has several.
    links: HashMap<Inode, Vec<u8>>,
    entries: u64,
    from: &'a Path,
    root: BorrowedFd<'a>,
}

impl Walk<'_> {
    /// Copies what is in `from` to `to`; `path` is where both are.
    fn contents(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::new(ErrorKind::Unsupported, "copy the tree at")
                .path(at::show(self.from, path))
                .because(format!("it is more than {MAX_DEPTH} directories deep")));
        }
        let mut names = at::list(from).attempt("list", at::show(self.from, path))?;
        // Inodes lie on disk in this order; names are listed in the order of their hashes.
        names.sort_unstable_by_key(|name| name.ino);
        for name in names {
            let parent = path.len();
            if parent > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name.name.to_bytes());
            self.entries += 1;
            self.entry(from, to, &name, path, depth)?;
            path.truncate(parent);
        }
        Ok(())
    }
    fn entry(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &Name,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<()> {
        let place = self.from;
        let failed = |path: &[u8], errno| Error::io("copy", at::show(place, path), errno);
        let mut kind = name.kind;
        let mut known = None;
        if !matches!(kind, FileType::RegularFile | FileType::Directory) {
            let meta = at::meta(from, &name.name).map_err(|e| failed(path, e))?;
            kind = meta.kind();
            known = Some(meta);
        }
        match (kind, known) {
            (FileType::Directory, _) => {
                let source = at::open_dir(from, &name.name).map_err(|e| failed(path, e))?;
                let target = self
                    .directory(to, &name.name)
                    .map_err(|e| failed(path, e))?;
                // Before its content is read, which changes the access time where NOATIME is not allowed.
                let meta = at::meta_of(source.as_fd()).map_err(|e| failed(path, e))?;
                self.contents(source.as_fd(), target.as_fd(), path, depth + 1)?;
                self.copier
                    .seal(Target::Open(source.as_fd()), target.as_fd(), &meta, 0o700)
                    .map_err(|e| failed(path, e))
            }
            (FileType::RegularFile, _) => {
                let source = at::open_file(from, &name.name).map_err(|e| failed(path, e))?;
                let meta = at::meta_of(source.as_fd()).map_err(|e| failed(path, e))?;
                if self.linked(&meta, to, name, path)? {
                    return Ok(());
                }
                self.copier
                    .file(source.as_fd(), &meta, to, &name.name)
                    .map_err(|e| failed(path, e))
            }
            (_, Some(meta)) => {
                if self.linked(&meta, to, name, path)? {
                    return Ok(());
                }
                self.copier
                    .special(from, to, &name.name, &meta)
                    .map_err(|e| failed(path, e))
            }
            (_, None) => Ok(()),
        }
    }

    fn directory(&self, to: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
        mkdirat(to, name, Mode::RWXU)?;
        at::open_dir(to, name)
    }

    /// Links to the copy of another name of the same inode, if there is one; else remembers this one.
    fn linked(
        &mut self,
        meta: &Meta,
        to: BorrowedFd<'_>,
        name: &Name,
        path: &[u8],
    ) -> Result<bool> {
        if meta.nlink < 2 {
            return Ok(false);
        }
        let first = match self.links.entry(meta.inode()) {
            Entry::Vacant(slot) => {
                slot.insert(path.to_owned());
                return Ok(false);
            }
            Entry::Occupied(slot) => slot.into_mut(),
        };
        at::open_parent(self.root, first)
            .and_then(|(dir, first)| linkat(dir.as_fd(), &first, to, &name.name, AtFlags::empty()))
            .attempt("link the copy of", at::show(self.from, path))?;
        Ok(true)
    }
}

/// The mode bits this process takes from what it makes; all of them where it cannot be told without changing it.
fn umask() -> u32 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| parse_umask(&status))
        .unwrap_or(0o777)
}

pub(super) fn parse_umask(status: &str) -> Option<u32> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(line.trim(), 8).ok()
}
