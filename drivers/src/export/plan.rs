//! What the archive holds, in its order, before anything is written.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::FileType;

use crate::changes::{Change, ChangeKind};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::tree::at::{self, Meta};

/// The longest name whose whiteout is still a legal name (255 less `.wh.`).
const WHITEOUT_MAX: usize = 251;

/// One entry to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Something that is there.
    Present(Meta),
    /// A whiteout of the path.
    Whiteout,
    /// An opaque marker in the directory of that path.
    Opaque,
}

/// Entries in the order of the archive.
pub(super) type Plan = Vec<(Vec<u8>, Step)>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Present,
    /// Present, in the place of something below.
    InPlace,
    Whiteout,
}

pub(super) fn make(content: &Path, changes: &[Change]) -> Result<Plan> {
    let root = at::open_root(content)?;
    let mut wanted: BTreeMap<Vec<u8>, Want> = BTreeMap::new();
    for change in changes {
        let want = match change.kind {
            ChangeKind::Deleted => Want::Whiteout,
            ChangeKind::Added => Want::Present,
            ChangeKind::Modified => Want::InPlace,
        };
        wanted.insert(change.path.clone(), want);
    }
    let opaque = too_long(&wanted);
    for dir in &opaque {
        list_again(content, root.as_fd(), dir, &mut wanted)?;
    }
    add_parents(&mut wanted);
    let mut plan: Plan = Vec::with_capacity(wanted.len());
    let mut place = Place::new(root.as_fd());
    for (path, want) in wanted {
        check_names(&path)?;
        let step = match want {
            Want::Whiteout => Step::Whiteout,
            Want::Present | Want::InPlace => {
                let meta = place
                    .meta(&path)
                    .attempt("export", at::show(content, &path))?;
                if meta.kind() != FileType::Socket {
                    Step::Present(meta)
                } else {
                    tracing::warn!(
                        "left out of the archive, which cannot hold sockets: {}",
                        at::show(content, &path).display()
                    );
                    if want == Want::Present {
                        continue;
                    }
                    Step::Whiteout
                }
            }
        };
        plan.push((path, step));
    }
    plan.extend(opaque.into_iter().map(|path| (path, Step::Opaque)));
    plan.sort_by(order);
    Ok(plan)
}

/// The directories that must be opaque because the whiteout of one of their names would be too long.
fn too_long(wanted: &BTreeMap<Vec<u8>, Want>) -> Vec<Vec<u8>> {
    let mut dirs: Vec<Vec<u8>> = wanted
        .iter()
        .filter(|(_, want)| **want == Want::Whiteout)
        .map(|(path, _)| split(path))
        .filter(|(_, name)| name.len() > WHITEOUT_MAX)
        .map(|(parent, _)| parent.to_owned())
        .collect();
    dirs.sort_unstable();
    dirs.dedup();
    dirs
}

/// Replaces everything planned below `dir` by everything that is there.
fn list_again(
    content: &Path,
    root: BorrowedFd<'_>,
    dir: &[u8],
    wanted: &mut BTreeMap<Vec<u8>, Want>,
) -> Result<()> {
    let below = at::join(dir, b"");
    wanted.retain(|path, _| path.is_empty() || !path.starts_with(&below));
    wanted.insert(dir.to_owned(), Want::Present);
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        let listed = at::open_at(root, &dir)
            .and_then(|fd| at::list(fd.as_fd()))
            .attempt("list", at::show(content, &dir))?;
        for name in listed {
            let path = at::join(&dir, name.name.to_bytes());
            let meta = Place::new(root)
                .meta(&path)
                .attempt("export", at::show(content, &path))?;
            if meta.is_dir() {
                left.push(path.clone());
            }
            wanted.insert(path, Want::Present);
        }
    }
    Ok(())
}

/// Adds every directory above something planned.
fn add_parents(wanted: &mut BTreeMap<Vec<u8>, Want>) {
    let mut parents: BTreeSet<Vec<u8>> = BTreeSet::new();
    for path in wanted.keys().filter(|path| !path.is_empty()) {
        let mut parent = split(path).0;
        // One that is known already has its own parents known too.
        while !wanted.contains_key(parent) && parents.insert(parent.to_owned()) {
            parent = split(parent).0;
        }
    }
    wanted.extend(parents.into_iter().map(|path| (path, Want::Present)));
}

fn check_names(path: &[u8]) -> Result<()> {
    if path
        .split(|&b| b == b'/')
        .any(|name| name.starts_with(b".wh."))
    {
        return Err(Error::new(ErrorKind::BadInput, "export")
            .path(at::show(Path::new("/"), path))
            .because("in a layer archive a name that starts with .wh. means a deletion")
            .hint("rename or remove the file before the layer is exported"));
    }
    Ok(())
}

/// The directory of a path, and its last name.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    path.iter()
        .rposition(|&b| b == b'/')
        .map_or((&[], path), |at| (&path[..at], &path[at + 1..]))
}

/// Name by name, a directory before its content, deletions before other children.
fn order(a: &(Vec<u8>, Step), b: &(Vec<u8>, Step)) -> Ordering {
    fn key((path, step): &(Vec<u8>, Step)) -> impl Iterator<Item = (u8, &[u8])> {
        let own = match step {
            Step::Opaque | Step::Whiteout => 0,
            Step::Present(_) => 1,
        };
        // The marker stands in its directory, under a name shorter than any other.
        let marker = matches!(step, Step::Opaque).then_some((0, &b""[..]));
        let names = path.split(|&b| b == b'/').filter(|name| !name.is_empty());
        let last = names.clone().count();
        names
            .enumerate()
            .map(move |(n, name)| {
                let whiteout = n + 1 == last && own == 0 && marker.is_none();
                (u8::from(!whiteout), name)
            })
            .chain(marker)
    }
    key(a).cmp(key(b))
}

/// Finds names in the content, keeping the directory of the last one open.
pub(super) struct Place<'a> {
    root: BorrowedFd<'a>,
    parent: Vec<u8>,
    open: Option<std::os::fd::OwnedFd>,
}

impl<'a> Place<'a> {
    pub(super) fn new(root: BorrowedFd<'a>) -> Self {
        Self {
            root,
            parent: Vec::new(),
            open: None,
        }
    }

    /// The open directory of `path`, and the last name.
    pub(super) fn find<'p>(
        &'p mut self,
        path: &[u8],
    ) -> Result<(BorrowedFd<'p>, std::ffi::CString), rustix::io::Errno> {
        let (parent, name) = split(path);
        let name = std::ffi::CString::new(name).map_err(|_| rustix::io::Errno::INVAL)?;
        if parent.is_empty() {
            return Ok((self.root, name));
        }
        if self.parent != parent || self.open.is_none() {
            self.open = Some(at::open_at(self.root, parent)?);
            parent.clone_into(&mut self.parent);
        }
        Ok((self.open.as_ref().map_or(self.root, |fd| fd.as_fd()), name))
    }

    pub(super) fn meta(&mut self, path: &[u8]) -> Result<Meta, rustix::io::Errno> {
        let (dir, name) = self.find(path)?;
        at::meta(dir, &name)
    }
}
