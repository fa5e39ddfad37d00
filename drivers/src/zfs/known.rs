//! What is known of where a snapshot differs from the one its dataset was cloned of, for the walk that compares them.
//!
//! Both began as one dataset: an object has the same number in both, and a number that was used again is among the
//! changed. The blocks of objects that are newer than the clone were read, and objects whose change time is the same left
//! out: reading leaves no trace there. The walk then looks at changed objects only; directories among them are listed.
//!
//! Where an object has several names in both, the common ones are not to be found without reading every directory: then
//! nothing is known, and the trees are compared whole.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::CString;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::io::Errno;

use super::diff::{self, Diff};
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

    /// What is at a path, from the root; `None` where nothing is.
    fn find(&self, path: &[u8]) -> Result<Option<Meta>, Errno> {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        if path.is_empty() {
            return Ok(Some(self.meta));
        }
        let path = CString::new(path).map_err(|_| Errno::INVAL)?;
        match at::meta(self.root.as_fd(), &path) {
            Ok(meta) => Ok(Some(meta)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

impl Objects {
    /// Looks up what differs. `None` when not everything about it can be known.
    pub(super) fn new(below: &Path, above: &Path, diff: Diff) -> Result<Option<Self>> {
        let mut objects = Self {
            below: Tree::open(below)?,
            above: Tree::open(above)?,
            changed: diff.objects,
            leads: HashMap::new(),
            nothing: BTreeSet::new(),
        };
        let complete = objects.lead(&diff.leads, &diff.hints);
        if let Err(errno) = &complete {
            tracing::info!("a path that zfs tells cannot be looked at: {errno}");
        }
        Ok(complete.is_ok().then_some(objects))
    }

    fn lead(&mut self, leads: &[Vec<u8>], hints: &[Vec<u8>]) -> Result<(), Errno> {
        for path in leads {
            // Those of attributes are not to be seen.
            let hidden = is_of_attributes(path);
            if !self.lead_to(path)? && !hidden {
                return Err(Errno::NOENT);
            }
        }
        for path in hints {
            self.lead_to(path)?;
        }
        Ok(())
    }

    /// Makes the walk find a path, which is then taken for changed: each directory on the way to it gets a lead. False:
    /// it is not there.
    fn lead_to(&mut self, path: &[u8]) -> Result<bool, Errno> {
        let Some(meta) = self.above.find(path)? else {
            return Ok(false);
        };
        self.changed.insert(meta.ino);
        let mut path = path.strip_prefix(b"/").unwrap_or(path);
        while !path.is_empty() {
            let (dir, name) = match path.iter().rposition(|byte| *byte == b'/') {
                Some(slash) => (&path[..slash], &path[slash + 1..]),
                None => (&[][..], path),
            };
            let Some(parent) = self.above.find(dir)? else {
                return Ok(false);
            };
            let known = self.leads.entry(parent.ino).or_default();
            // A directory with another lead is itself led to already.
            let first = known.is_empty();
            known.insert(CString::new(name).map_err(|_| Errno::INVAL)?);
            if !first {
                break;
            }
            path = dir;
        }
        Ok(true)
    }

    fn same_object(&self, lower: at::Inode, upper: at::Inode) -> bool {
        lower == (self.below.meta.dev, upper.1) && upper.0 == self.above.meta.dev
    }
}

fn is_of_attributes(path: &[u8]) -> bool {
    path.windows(diff::ATTRIBUTES.len())
        .any(|window| window == diff::ATTRIBUTES)
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
        // An object whose names changed hands has changed itself: those in both trees are led to, others in listed directories.
        Ok(Vec::new())
    }
}
