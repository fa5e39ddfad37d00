//! What `zfs diff` tells about where a snapshot differs from the one its dataset was cloned of.
//!
//! Both began as one dataset: an object has the same number in both, and a number that was used again is among the
//! changed. `zfs diff` reads the blocks of objects that are newer than the clone, and leaves out objects whose change time
//! is the same: reading leaves no trace there. The walk then looks at changed objects only; directories among them are
//! listed.
//!
//! It gives one name of an object. Where an object that was there before has, or had, several, the others are not to be
//! found without reading every directory: then nothing is known, and the trees are compared whole.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::CString;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use super::diff::Diff;
use crate::changes::Known;
use crate::error::{Attempt as _, Result};
use crate::tree::at::{self, Meta};

/// Two trees, and what differs between them.
#[derive(Debug)]
pub(super) struct Objects {
    below: Tree,
    above: Tree,
    /// Objects that differ, or are in one tree only.
    changed: HashSet<u64>,
    /// In directories: names that lead to a changed object.
    leads: HashMap<u64, BTreeSet<CString>>,
    nothing: BTreeSet<CString>,
}

#[derive(Debug)]
struct Tree {
    root: OwnedFd,
    meta: Meta,
}

impl Tree {
    fn open(path: &Path) -> Result<Self> {
        let root = at::open_root(path)?;
        let meta = at::meta_of(root.as_fd()).attempt("stat", path)?;
        Ok(Self { root, meta })
    }

    /// What is at a path; `None` where it cannot be looked at: it is not there, or there is more on the way.
    fn find(&self, path: &[u8]) -> Option<Meta> {
        if path.is_empty() {
            return Some(self.meta);
        }
        let path = CString::new(path).ok()?;
        at::meta(self.root.as_fd(), &path).ok()
    }
}

impl Objects {
    /// Looks up what differs. `None` when not everything about it can be known.
    pub(super) fn new(below: &Path, above: &Path, diff: &Diff) -> Result<Option<Self>> {
        let mut objects = Self {
            below: Tree::open(below)?,
            above: Tree::open(above)?,
            changed: HashSet::new(),
            leads: HashMap::new(),
            nothing: BTreeSet::new(),
        };
        let complete = objects.fill(diff).is_some();
        Ok(complete.then_some(objects))
    }

    fn fill(&mut self, diff: &Diff) -> Option<()> {
        for path in &diff.changed {
            let (old, new) = (self.below.find(path)?, self.above.find(path)?);
            self.was_there(&old, &new)?;
            self.lead_to(path)?;
        }
        for (from, to) in &diff.renamed {
            let (old, new) = (self.below.find(from)?, self.above.find(to)?);
            self.was_there(&old, &new)?;
            self.lead_to(to)?;
        }
        for path in &diff.added {
            // All its names are in directories that changed.
            self.changed.insert(self.above.find(path)?.ino);
            self.lead_to(path)?;
        }
        for path in &diff.gone {
            // The directory it was in changed.
            let old = self.below.find(path)?;
            one_name(&old)?;
            self.changed.insert(old.ino);
        }
        Some(())
    }

    fn was_there(&mut self, old: &Meta, new: &Meta) -> Option<()> {
        one_name(old)?;
        one_name(new)?;
        self.changed.extend([old.ino, new.ino]);
        Some(())
    }

    /// Makes the walk find a path: each directory on the way to it gets a lead.
    fn lead_to(&mut self, path: &[u8]) -> Option<()> {
        let mut path = path;
        while !path.is_empty() {
            let (dir, name) = match path.iter().rposition(|byte| *byte == b'/') {
                Some(slash) => (&path[..slash], &path[slash + 1..]),
                None => (&[][..], path),
            };
            let known = self.leads.entry(self.above.find(dir)?.ino).or_default();
            // A directory with another lead is itself led to already.
            let first = known.is_empty();
            known.insert(CString::new(name).ok()?);
            if !first {
                break;
            }
            path = dir;
        }
        Some(())
    }

    fn same_object(&self, lower: at::Inode, upper: at::Inode) -> bool {
        lower == (self.below.meta.dev, upper.1) && upper.0 == self.above.meta.dev
    }
}

fn one_name(meta: &Meta) -> Option<()> {
    (meta.is_dir() || meta.nlink == 1).then_some(())
}

impl Known for Objects {
    fn worth_a_look(&self, lower: &Meta, upper: &Meta) -> Option<&BTreeSet<CString>> {
        let shared =
            self.same_object(lower.inode(), upper.inode()) && !self.changed.contains(&upper.ino);
        shared.then(|| self.leads.get(&upper.ino).unwrap_or(&self.nothing))
    }

    fn same(&self, lower: at::Inode, upper: at::Inode) -> bool {
        self.same_object(lower, upper)
            && !self.changed.contains(&upper.1)
            && !self.leads.contains_key(&upper.1)
    }

    fn same_inode(&self, lower: at::Inode, upper: at::Inode) -> bool {
        self.same_object(lower, upper)
    }

    fn names(&self, _inode: at::Inode) -> Result<Vec<(Vec<u8>, at::Inode, at::Inode)>> {
        // An object of several names that changed hands was new, and all names of new ones are in listed directories.
        Ok(Vec::new())
    }
}
