//! Changes read from an upper directory: as much work as there is change, not as there is image.
//!
//! The upper holds what was changed, and more: directories copied up because something in them changed, and files copied
//! up and left as they were. Each name is therefore compared with the lower tree, by the same rules as whole trees are.

use std::collections::HashSet;
use std::ffi::CString;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::{FileType, fgetxattr};
use rustix::io::Errno;

use crate::changes::same::{Comparer, Side};
use crate::changes::{Change, ChangeKind};
use crate::error::{Attempt as _, Error, Result};
use crate::tree::at::{self, Inode, Meta};

/// What the upper directory `upper` changed of the tree at `lower`, or `None` when it cannot tell: a lower file with
/// several names was copied up and left as it was, so its other names have lost a companion, and they are not here.
pub(super) fn changes(
    xattr_prefix: &'static str,
    lower: &Path,
    upper: &Path,
) -> Result<Option<Vec<Change>>> {
    let (below, above) = (at::open_root(lower)?, at::open_root(upper)?);
    let mut walk = Walk {
        root: upper,
        opaque: format!("{xattr_prefix}opaque"),
        comparer: Comparer::ignoring(xattr_prefix),
        found: Vec::new(),
        linked: HashSet::new(),
        telling: true,
    };
    let a = at::meta_of(below.as_fd()).attempt("read the attributes of", lower)?;
    let b = at::meta_of(above.as_fd()).attempt("read the attributes of", upper)?;
    let (a, b) = (side(below.as_fd(), c"", &a), side(above.as_fd(), c"", &b));
    if !walk.comparer.same(a, b).attempt("compare", upper)? {
        walk.say(&[], ChangeKind::Modified);
    }
    walk.both(below.as_fd(), above.as_fd(), &[], false)?;
    walk.found.sort_unstable();
    Ok(walk.telling.then_some(walk.found))
}

fn side<'a>(dir: BorrowedFd<'a>, name: &'a std::ffi::CStr, meta: &'a Meta) -> Side<'a> {
    Side { dir, name, meta }
}

fn is_whiteout(meta: &Meta) -> bool {
    meta.kind() == FileType::CharacterDevice && meta.rdev == (0, 0)
}

struct Walk<'a> {
    root: &'a Path,
    opaque: String,
    comparer: Comparer,
    found: Vec<Change>,
    /// Inodes of the upper with several names, one of which is as it was below.
    linked: HashSet<Inode>,
    telling: bool,
}

impl Walk<'_> {
    fn say(&mut self, path: &[u8], kind: ChangeKind) {
        let path = path.to_vec();
        self.found.push(Change { path, kind });
    }

    fn fail(&self, path: &[u8], errno: Errno) -> Error {
        Error::io("compare", at::show(self.root, path), errno)
    }

    /// A directory that both have. Under an opaque one, the lower's names are gone unless made again.
    fn both(
        &mut self,
        lower: BorrowedFd<'_>,
        upper: BorrowedFd<'_>,
        path: &[u8],
        opaque: bool,
    ) -> Result<()> {
        let names = at::list(upper).map_err(|e| self.fail(path, e))?;
        if opaque {
            let kept: HashSet<&CString> = names.iter().map(|name| &name.name).collect();
            for old in at::list(lower).map_err(|e| self.fail(path, e))? {
                if !kept.contains(&old.name) {
                    self.say(&at::join(path, old.name.to_bytes()), ChangeKind::Deleted);
                }
            }
        }
        for name in &names {
            let path = at::join(path, name.name.to_bytes());
            self.name(lower, upper, &name.name, &path, opaque)
                .map_err(|e| e.unwrap_or_else(|errno| self.fail(&path, errno)))?;
        }
        Ok(())
    }

    fn name(
        &mut self,
        lower: BorrowedFd<'_>,
        upper: BorrowedFd<'_>,
        name: &CString,
        path: &[u8],
        opaque: bool,
    ) -> Result<(), Failure> {
        let new = at::meta(upper, name)?;
        let old = match at::meta(lower, name) {
            Ok(old) => Some(old),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(errno.into()),
        };
        if is_whiteout(&new) {
            if old.is_some() {
                self.say(path, ChangeKind::Deleted);
            }
            return Ok(());
        }
        let Some(old) = old else {
            self.say(path, ChangeKind::Added);
            return self.inside(upper, name, &new, path);
        };
        if old.kind() != new.kind() {
            self.say(path, ChangeKind::Modified);
            return self.inside(upper, name, &new, path);
        }
        let same = self
            .comparer
            .same(side(lower, name, &old), side(upper, name, &new))?;
        if !same {
            self.say(path, ChangeKind::Modified);
        }
        if new.is_dir() {
            let (below, above) = (at::open_dir(lower, name)?, at::open_dir(upper, name)?);
            let opaque = opaque || self.is_opaque(above.as_fd())?;
            return Ok(self.both(below.as_fd(), above.as_fd(), path, opaque)?);
        }
        if same && (old.nlink > 1 || (new.nlink > 1 && !self.linked.insert(new.inode()))) {
            self.telling = false;
        }
        Ok(())
    }

    /// What is in something that is new: everything but whiteouts, which hide nothing there.
    fn inside(
        &mut self,
        upper: BorrowedFd<'_>,
        name: &CString,
        meta: &Meta,
        path: &[u8],
    ) -> Result<(), Failure> {
        if !meta.is_dir() {
            return Ok(());
        }
        let dir = at::open_dir(upper, name)?;
        for name in at::list(dir.as_fd())? {
            let meta = at::meta(dir.as_fd(), &name.name)?;
            if !is_whiteout(&meta) {
                let path = at::join(path, name.name.to_bytes());
                self.say(&path, ChangeKind::Added);
                self.inside(dir.as_fd(), &name.name, &meta, &path)?;
            }
        }
        Ok(())
    }

    fn is_opaque(&self, dir: BorrowedFd<'_>) -> Result<bool, Errno> {
        let mut value = [0_u8; 4];
        match fgetxattr(dir, &self.opaque, &mut value[..]) {
            Ok(length) => Ok(&value[..length] == b"y"),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(false),
            Err(errno) => Err(errno),
        }
    }
}

/// An errno still without its path, or a whole error from deeper down.
enum Failure {
    Bare(Errno),
    Told(Error),
}

impl Failure {
    fn unwrap_or_else(self, tell: impl FnOnce(Errno) -> Error) -> Error {
        match self {
            Self::Bare(errno) => tell(errno),
            Self::Told(error) => error,
        }
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Bare(errno)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}
