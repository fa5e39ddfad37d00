//! Both trees are walked side by side; a subtree that only one of them has is listed, not read.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::links::Links;
use super::same::{Comparer, Side};
use super::{Change, ChangeKind};
use crate::error::{Attempt as _, Error, Result};
use crate::tree::at::{self, Inode, Meta, Name};

/// What a driver knows of two trees without looking, to spare the walk most of it.
pub(crate) trait Known {
    /// The names worth a look in a directory that both trees have; `None`: all of them.
    fn worth_a_look(&self, lower: &Meta, upper: &Meta) -> Option<&BTreeSet<CString>>;

    /// Whether what both directories list under one name is the same, with everything below it.
    fn same(&self, lower: Inode, upper: Inode) -> bool;

    /// Whether a name has stayed with its inode.
    fn same_inode(&self, lower: Inode, upper: Inode) -> bool;

    /// The names, in both trees, of an inode that both have, as in the upper tree; it may be one of either.
    fn names(&self, inode: Inode) -> Result<Vec<(Vec<u8>, Inode, Inode)>>;
}

/// As `compare`, guided by what is `known`.
pub(crate) fn compare_known(lower: &Path, upper: &Path, known: &dyn Known) -> Result<Vec<Change>> {
    walk(Some(lower), upper, Some(known))
}

pub(super) fn compare(lower: Option<&Path>, upper: &Path) -> Result<Vec<Change>> {
    walk(lower, upper, None)
}

fn walk(lower: Option<&Path>, upper: &Path, known: Option<&dyn Known>) -> Result<Vec<Change>> {
    let dir = at::open_root(upper)?;
    let mut walk = Walk {
        upper,
        comparer: Comparer::new(),
        links: Links::default(),
        found: Vec::new(),
        known,
    };
    match lower {
        None => {
            walk.say(&[], ChangeKind::Added);
            walk.added(dir.as_fd(), &[])?;
        }
        Some(lower) => {
            let below = at::open_root(lower)?;
            let a = at::meta_of(below.as_fd()).attempt("read the attributes of", lower)?;
            let b = at::meta_of(dir.as_fd()).attempt("read the attributes of", upper)?;
            let same = walk.comparer.same(
                Side {
                    dir: below.as_fd(),
                    name: c"",
                    meta: &a,
                },
                Side {
                    dir: dir.as_fd(),
                    name: c"",
                    meta: &b,
                },
            );
            if !same.attempt("compare", upper)? {
                walk.say(&[], ChangeKind::Modified);
            }
            if a.inode() != b.inode() {
                walk.both((below.as_fd(), &a), (dir.as_fd(), &b), &[])?;
            }
        }
    }
    walk.companions()?;
    for path in walk.links.changed() {
        walk.found.push(Change {
            path,
            kind: ChangeKind::Modified,
        });
    }
    walk.found.sort_unstable();
    Ok(walk.found)
}

struct Walk<'a> {
    upper: &'a Path,
    comparer: Comparer,
    links: Links,
    found: Vec<Change>,
    known: Option<&'a dyn Known>,
}

impl Walk<'_> {
    /// Adds the names that were not walked to, of inodes whose names were seen to change hands.
    fn companions(&mut self) -> Result<()> {
        let Some(known) = self.known else {
            return Ok(());
        };
        let moved: BTreeSet<Inode> = self
            .links
            .pairs()
            .filter(|(_, lower, upper)| !known.same_inode(*lower, *upper))
            .flat_map(|(_, lower, upper)| [*lower, *upper])
            .collect();
        let mut names = Vec::new();
        for inode in moved {
            names.extend(known.names(inode)?);
        }
        let seen: BTreeSet<&[u8]> = self.links.pairs().map(|(path, ..)| &path[..]).collect();
        let found: BTreeSet<&[u8]> = self.found.iter().map(|change| &change.path[..]).collect();
        names.retain(|(path, ..)| !seen.contains(&path[..]) && !found.contains(&path[..]));
        // Both inodes of a pair may lead to one name.
        names.sort_unstable();
        names.dedup();
        for (path, lower, upper) in names {
            self.links.add(path, lower, upper);
        }
        Ok(())
    }

    fn say(&mut self, path: &[u8], kind: ChangeKind) {
        self.found.push(Change {
            path: path.to_owned(),
            kind,
        });
    }

    fn failed(&self, path: &[u8], errno: Errno) -> Error {
        Error::io("compare", at::show(self.upper, path), errno)
    }

    /// Everything in a directory that only the upper tree has.
    fn added(&mut self, dir: BorrowedFd<'_>, path: &[u8]) -> Result<()> {
        for name in at::list(dir).map_err(|e| self.failed(path, e))? {
            let path = at::join(path, name.name.to_bytes());
            self.say(&path, ChangeKind::Added);
            self.added_below(dir, &name.name, name.kind, &path)?;
        }
        Ok(())
    }

    /// What is in `name`, if it is a directory.
    fn added_below(
        &mut self,
        dir: BorrowedFd<'_>,
        name: &CStr,
        mut kind: FileType,
        path: &[u8],
    ) -> Result<()> {
        if kind == FileType::Unknown {
            kind = at::meta(dir, name)
                .map_err(|e| self.failed(path, e))?
                .kind();
        }
        if kind == FileType::Directory {
            let sub = at::open_dir(dir, name).map_err(|e| self.failed(path, e))?;
            self.added(sub.as_fd(), path)?;
        }
        Ok(())
    }

    /// Compares what is in two directories.
    fn both(
        &mut self,
        (lower, a): (BorrowedFd<'_>, &Meta),
        (upper, b): (BorrowedFd<'_>, &Meta),
        path: &[u8],
    ) -> Result<()> {
        if let Some(names) = self.known.and_then(|known| known.worth_a_look(a, b)) {
            for name in names {
                self.name(lower, upper, name, at::join(path, name.to_bytes()))?;
            }
            return Ok(());
        }
        let sorted = |dir| -> Result<Vec<Name>, Errno> {
            let mut names = at::list(dir)?;
            names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            Ok(names)
        };
        let below = sorted(lower).map_err(|e| self.failed(path, e))?;
        let above = sorted(upper).map_err(|e| self.failed(path, e))?;
        let (mut below, mut above) = (below.iter().peekable(), above.iter().peekable());
        loop {
            let order = match (below.peek(), above.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.name.cmp(&b.name),
            };
            if order.is_lt() {
                if let Some(gone) = below.next() {
                    self.say(&at::join(path, gone.name.to_bytes()), ChangeKind::Deleted);
                }
                continue;
            }
            let counterpart = if order.is_eq() { below.next() } else { None };
            let Some(name) = above.next() else { continue };
            if let (Some(known), Some(counterpart)) = (self.known, counterpart)
                && known.same((a.dev, counterpart.ino), (b.dev, name.ino))
            {
                continue;
            }
            let path = at::join(path, name.name.to_bytes());
            if order.is_eq() {
                self.name(lower, upper, &name.name, path)?;
            } else {
                self.say(&path, ChangeKind::Added);
                self.added_below(upper, &name.name, name.kind, &path)?;
            }
        }
    }

    /// Compares a name that both have.
    fn name(
        &mut self,
        lower: BorrowedFd<'_>,
        upper: BorrowedFd<'_>,
        name: &CStr,
        path: Vec<u8>,
    ) -> Result<()> {
        let a = at::meta(lower, name).map_err(|e| self.failed(&path, e))?;
        let b = at::meta(upper, name).map_err(|e| self.failed(&path, e))?;
        let (below, above) = (
            Side {
                dir: lower,
                name,
                meta: &a,
            },
            Side {
                dir: upper,
                name,
                meta: &b,
            },
        );
        let same = self
            .comparer
            .same(below, above)
            .map_err(|e| self.failed(&path, e))?;
        if !same {
            self.say(&path, ChangeKind::Modified);
        }
        match (a.is_dir(), b.is_dir()) {
            (true, true) if a.inode() != b.inode() => {
                let lower = at::open_dir(lower, name).map_err(|e| self.failed(&path, e))?;
                let upper = at::open_dir(upper, name).map_err(|e| self.failed(&path, e))?;
                self.both((lower.as_fd(), &a), (upper.as_fd(), &b), &path)
            }
            (false, true) => self.added_below(upper, name, b.kind(), &path),
            (false, false) if same && a.nlink.max(b.nlink) > 1 => {
                self.links.add(path, a.inode(), b.inode());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
