//! What a snapshot's tree tells about where it differs from the subvolume it was taken of.
//!
//! Both began as one tree: an inode has the same number in both, and nodes that neither has changed are shared. Nodes
//! carry the transaction that wrote them, and an inode's item that of its last change of any kind: data, attributes,
//! names, and of a directory its entries. The source is read-only since before the snapshot, so an inode of the snapshot
//! that is not newer than the snapshot is the same in both. The search for newer ones skips shared nodes unread.
//!
//! The walk then needs to look only at changed inodes: directories among them are listed, and all others are reached by
//! their names, which the tree gives too. Reading a file may count as a change (its access time); the walk finds that
//! nothing differs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::CString;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use super::items::{self, Inode, ROOT_INODE, kind};
use super::{nested, search, subvolume};
use crate::changes::Known;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::btrfs as sys;
use crate::tree::at::{self, Meta};

/// A directory and a name in it.
type Name = (u64, Vec<u8>);

/// A directory's path, in the snapshot's tree; no more levels than a path can have.
const MAX_DEPTH: usize = 1 << 16;

/// A snapshot and its source, and what is new in the snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    root: OwnedFd,
    tree: u64,
    /// The transaction that took the snapshot.
    since: u64,
    /// Device numbers of both.
    below: (u32, u32),
    above: (u32, u32),
    /// Inodes changed or made in the snapshot. A number may have been used again: its new inode is among these.
    changed: HashSet<u64>,
    /// In directories: names that lead to a changed inode or to a nested subvolume.
    leads: HashMap<u64, BTreeSet<CString>>,
    /// Nested subvolumes of both, listed in directories by their ids.
    nested: HashSet<u64>,
    nothing: BTreeSet<CString>,
}

impl Snapshot {
    /// Finds what is new in the subvolume `above`, a snapshot of the subvolume `below`.
    pub(super) fn compare(below: &Path, above: &Path) -> Result<Self> {
        let (source, root) = (subvolume::open(below)?, subvolume::open(above)?);
        // Pending changes enter the tree with their transaction.
        sys::sync(root.as_fd()).attempt("sync the filesystem of", above)?;
        let of_source = subvolume::info(source.as_fd(), below)?;
        let own = subvolume::info(root.as_fd(), above)?;
        if !own.snapshot {
            return Err(Error::new(ErrorKind::Corrupt, "find the changes of")
                .path(above)
                .because("it is no snapshot of its parent"));
        }
        let device = |fd: &OwnedFd, path| -> Result<(u32, u32)> {
            Ok(at::meta_of(fd.as_fd()).attempt("stat", path)?.dev)
        };
        let mut snapshot = Self {
            below: device(&source, below)?,
            above: device(&root, above)?,
            tree: own.id,
            since: own.created,
            changed: HashSet::new(),
            leads: HashMap::new(),
            nested: HashSet::new(),
            nothing: BTreeSet::new(),
            root,
        };
        snapshot.find_changed()?;
        for tree in [of_source.id, own.id] {
            for child in nested::children(source.as_fd(), tree)? {
                snapshot.nested.insert(child.id);
                snapshot.lead_to((child.directory, child.name))?;
            }
        }
        Ok(snapshot)
    }

    /// Reads all items newer than the snapshot.
    fn find_changed(&mut self) -> Result<()> {
        let mut links: HashMap<u64, usize> = HashMap::new();
        let mut names: HashMap<u64, Vec<Name>> = HashMap::new();
        let mut outcome = Ok(());
        let what = search::of_tree(self.tree, self.since + 1);
        search::each(self.root.as_fd(), what, &mut |item| {
            let number = item.place.object;
            let read = match item.place.kind {
                kind::INODE => Inode::read(item.data).map(|inode| {
                    // Its node is new, but itself it may have come along unchanged.
                    if inode.changed > self.since {
                        self.changed.insert(number);
                        links.insert(number, inode.links as usize);
                    }
                }),
                kind::NAME | kind::FAR_NAME if self.changed.contains(&number) => {
                    items::names(item).map(|more| names.entry(number).or_default().extend(more))
                }
                _ => Ok(()),
            };
            match read {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        outcome?;
        for (number, links) in links {
            // Names may lie in a node that is shared: then they were not among those found.
            let names = match names.remove(&number) {
                Some(names) if names.len() == links => names,
                _ => self.names_of(number)?,
            };
            for name in names {
                self.lead_to(name)?;
            }
        }
        Ok(())
    }

    /// The names of an inode in the snapshot's tree; the root has none.
    fn names_of(&self, inode: u64) -> Result<Vec<Name>> {
        let mut found = Ok(Vec::new());
        if inode == ROOT_INODE {
            return found;
        }
        let what = search::of_object(self.tree, inode, kind::NAME, kind::FAR_NAME);
        search::each(self.root.as_fd(), what, &mut |item| {
            match (&mut found, items::names(item)) {
                (Ok(all), Ok(names)) => all.extend(names),
                (_, Err(error)) => found = Err(error),
                (Err(_), _) => {}
            }
            ControlFlow::Continue(())
        })?;
        found
    }

    /// Makes the walk find a name: each directory on the way to it gets a lead.
    fn lead_to(&mut self, name: Name) -> Result<()> {
        let mut next = Some(name);
        while let Some((directory, name)) = next {
            let name = CString::new(name).map_err(|_| {
                Error::new(ErrorKind::Corrupt, "read a btrfs item").because("a name holds NUL")
            })?;
            let known = self.leads.entry(directory).or_default();
            // A directory with another lead is itself led to already.
            let first = known.is_empty();
            known.insert(name);
            next = if first {
                self.names_of(directory)?.into_iter().next()
            } else {
                None
            };
        }
        Ok(())
    }

    /// The path of a name, from the root.
    fn path(&self, name: Name) -> Result<Vec<u8>> {
        let mut parts = Vec::new();
        let mut next = Some(name);
        while let Some((directory, part)) = next {
            if parts.len() > MAX_DEPTH {
                return Err(
                    Error::new(ErrorKind::Corrupt, "find the path of a btrfs inode")
                        .because("its directories go round in a circle"),
                );
            }
            parts.push(part);
            next = self.names_of(directory)?.into_iter().next();
        }
        parts.reverse();
        Ok(parts.join(&b'/'))
    }
}

impl Known for Snapshot {
    fn worth_a_look(&self, lower: &Meta, upper: &Meta) -> Option<&BTreeSet<CString>> {
        let shared =
            self.same_inode(lower.inode(), upper.inode()) && !self.changed.contains(&upper.ino);
        shared.then(|| self.leads.get(&upper.ino).unwrap_or(&self.nothing))
    }

    fn same(&self, lower: at::Inode, upper: at::Inode) -> bool {
        self.same_inode(lower, upper)
            && !self.changed.contains(&upper.1)
            && !self.leads.contains_key(&upper.1)
            && !self.nested.contains(&upper.1)
    }

    fn same_inode(&self, lower: at::Inode, upper: at::Inode) -> bool {
        lower == (self.below, upper.1) && upper.0 == self.above
    }

    fn names(&self, inode: at::Inode) -> Result<Vec<(Vec<u8>, at::Inode, at::Inode)>> {
        let (below, above) = ((self.below, inode.1), (self.above, inode.1));
        if (inode != below && inode != above) || !self.same_inode(below, above) {
            return Ok(Vec::new());
        }
        self.names_of(inode.1)?
            .into_iter()
            .map(|name| Ok((self.path(name)?, below, above)))
            .collect()
    }
}
