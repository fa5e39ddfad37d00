//! A tree of inodes in memory, and what each operation does to it.
//!
//! Inodes have numbers, so that hard links, renames and "deleted and made again" can be told apart. A modification time
//! is only known where an operation or an archive set it: the clock of a live container is not predicted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::op::{Op, PathBytes};
use super::seen::Seen;

/// The number of an inode in one family of models.
pub type Ino = u64;

/// What a directory holds, by name.
pub type Entries = BTreeMap<Vec<u8>, Ino>;

const ROOT: Ino = 0;

/// A modification time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mtime {
    /// Seconds and nanoseconds.
    Known(i64, u32),
    /// Whatever the clock said; each touch has a stamp of its own, so that "touched" shows as a difference.
    Clock(u64),
}

impl Mtime {
    pub(crate) fn now() -> Self {
        static STAMP: AtomicU64 = AtomicU64::new(0);
        Self::Clock(STAMP.fetch_add(1, Ordering::Relaxed))
    }
}

/// What an inode is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A directory and its entries.
    Directory(Entries),
    /// A regular file and its bytes.
    File(Arc<Vec<u8>>),
    /// A symbolic link and its target.
    Symlink(Vec<u8>),
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A character device: major, minor.
    Character(u32, u32),
    /// A block device: major, minor.
    Block(u32, u32),
}

/// One inode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub body: Body,
    /// Permission bits, setuid, setgid and sticky included.
    pub mode: u32,
    /// The owner's user id.
    pub uid: u32,
    /// The owner's group id.
    pub gid: u32,
    /// When it was last modified.
    pub mtime: Mtime,
    /// Extended attributes.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A tree of inodes.
#[derive(Debug, Clone)]
pub struct Model {
    nodes: BTreeMap<Ino, Node>,
    next: Ino,
    /// Inodes that have, or once had, more than one name.
    linked: BTreeSet<Ino>,
    /// Whether a live container had a hand in it: what drivers declare to lose in copy-up may be lost.
    pub live: bool,
}

impl Default for Model {
    /// An empty root, mode 0755.
    fn default() -> Self {
        let root = Node {
            body: Body::Directory(BTreeMap::new()),
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: Mtime::now(),
            xattrs: BTreeMap::new(),
        };
        Self {
            nodes: BTreeMap::from([(ROOT, root)]),
            next: ROOT + 1,
            linked: BTreeSet::new(),
            live: false,
        }
    }
}

/// Why an operation is not legal in a model: the case that asks for it is wrong.
pub type Refusal = String;

impl Model {
    /// The model of a tree as found: what another tree has to be like.
    pub fn of(seen: &BTreeMap<PathBytes, Seen>) -> Self {
        let mut model = Self::default();
        let mut inos = BTreeMap::new();
        for (path, seen) in seen {
            let is_directory = matches!(seen.body, Body::Directory(_));
            let fresh = model.next;
            let ino = match path.is_empty() {
                true => ROOT,
                // Directories are one each; bind mounts aside, their identities are too.
                false if is_directory => fresh,
                false => *inos.entry(seen.identity).or_insert(fresh),
            };
            model.next += 1;
            let node = Node {
                body: seen.body.clone(),
                mode: seen.mode,
                uid: seen.uid,
                gid: seen.gid,
                mtime: Mtime::Known(seen.mtime.0, seen.mtime.1),
                xattrs: seen.xattrs.clone(),
            };
            model.nodes.insert(ino, node);
            let cut = path.iter().rposition(|&b| b == b'/');
            let (above, name) = match cut {
                Some(cut) => (&path[..cut], &path[cut + 1..]),
                None => (&path[..0], &path[..]),
            };
            let above = model.at(above);
            if let Some(Body::Directory(entries)) = above
                .filter(|_| !name.is_empty())
                .and_then(|above| model.nodes.get_mut(&above))
                .map(|node| &mut node.body)
            {
                entries.insert(name.to_vec(), ino);
            }
        }
        model
    }

    /// Does every operation in turn.
    ///
    /// # Errors
    /// When one is not legal here.
    pub fn apply(&mut self, ops: &[Op]) -> Result<(), Refusal> {
        ops.iter().try_for_each(|op| {
            self.one(op)
                .map_err(|why| format!("the model refuses {op:?}: {why}"))
        })
    }

    /// The inode at a path.
    pub fn at(&self, path: &[u8]) -> Option<Ino> {
        let mut ino = ROOT;
        for name in path.split(|&b| b == b'/').filter(|name| !name.is_empty()) {
            let Body::Directory(entries) = &self.nodes[&ino].body else {
                return None;
            };
            ino = *entries.get(name)?;
        }
        Some(ino)
    }

    /// An inode.
    pub fn node(&self, ino: Ino) -> &Node {
        &self.nodes[&ino]
    }

    /// Whether an inode has, or once had, more than one name.
    pub(crate) fn was_linked(&self, ino: Ino) -> bool {
        self.linked.contains(&ino)
    }

    /// Whether there is, or was, an inode of that number.
    pub fn has(&self, ino: Ino) -> bool {
        self.nodes.contains_key(&ino)
    }

    /// Every path and its inode, sorted as bytes; the root is the empty path.
    pub fn paths(&self) -> BTreeMap<PathBytes, Ino> {
        let mut found = BTreeMap::new();
        let mut todo = vec![(Vec::new(), ROOT)];
        while let Some((path, ino)) = todo.pop() {
            if let Body::Directory(entries) = &self.nodes[&ino].body {
                for (name, &child) in entries {
                    let mut below = path.clone();
                    if !below.is_empty() {
                        below.push(b'/');
                    }
                    below.extend_from_slice(name);
                    todo.push((below, child));
                }
            }
            found.insert(path, ino);
        }
        found
    }

    /// Changes the inode at a path, which has to be there.
    pub(crate) fn update(&mut self, path: &[u8], change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.at(path).and_then(|ino| self.nodes.get_mut(&ino)) {
            change(node);
        }
    }

    /// Gives the name at a path an inode of its own, equal to the one it had, whose other names keep that.
    pub(crate) fn split(&mut self, path: &[u8]) -> Option<Ino> {
        let twin = self.node(self.at(path)?).clone();
        let ino = self.next;
        self.next += 1;
        self.nodes.insert(ino, twin);
        self.replace(path, ino)?;
        Some(ino)
    }

    /// Exchanges what two paths name, neither of which is above the other.
    pub(crate) fn exchange(&mut self, one: &[u8], other: &[u8]) {
        if let (Some(first), Some(second)) = (self.at(one), self.at(other)) {
            for (path, ino) in [(one, second), (other, first)] {
                self.replace(path, ino);
                self.update(above(path), |node| node.mtime = Mtime::now());
            }
        }
    }

    /// Lets a path name another inode; its directory's time stays.
    fn replace(&mut self, path: &[u8], ino: Ino) -> Option<()> {
        let directory = above(path);
        let name = &path[directory.len()..];
        let name = name.strip_prefix(b"/").unwrap_or(name);
        let above = self.at(directory)?;
        match &mut self.nodes.get_mut(&above)?.body {
            Body::Directory(entries) => entries.insert(name.to_vec(), ino).map(drop),
            _ => None,
        }
    }

    /// Changes every inode, in place.
    pub fn for_each(&mut self, mut change: impl FnMut(Ino, &mut Node)) {
        for (&ino, node) in &mut self.nodes {
            change(ino, node);
        }
    }

    fn one(&mut self, op: &Op) -> Result<(), Refusal> {
        match op {
            Op::Dir(path) => self.make(path, Body::Directory(BTreeMap::new()), 0o755),
            Op::File(path, content) => self.put(path, content),
            Op::Write(path, offset, content) => self.edit(path, |bytes| {
                let start = usize::try_from(*offset).unwrap_or(usize::MAX);
                let end = start + content.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(content);
            }),
            Op::Truncate(path, length) => self.edit(path, |bytes| {
                bytes.resize(usize::try_from(*length).unwrap_or(usize::MAX), 0);
            }),
            Op::Symlink(path, target) => self.make(path, Body::Symlink(target.clone()), 0o777),
            Op::Link(existing, new) => {
                let ino = self.find(existing)?;
                self.linked.insert(ino);
                self.insert(new, ino)
            }
            Op::Fifo(path) => self.make(path, Body::Fifo, 0o644),
            Op::Socket(path) => self.make(path, Body::Socket, 0o755),
            Op::Character(path, major, minor) => {
                self.make(path, Body::Character(*major, *minor), 0o600)
            }
            Op::Block(path, major, minor) => self.make(path, Body::Block(*major, *minor), 0o600),
            Op::Chmod(path, mode) => self.change(path, |node| node.mode = *mode),
            Op::Chown(path, uid, gid) => self.change(path, |node| {
                (node.uid, node.gid) = (*uid, *gid);
                // chown(2): setuid, setgid of an executable, and file capabilities are cleared, also for root.
                if matches!(node.body, Body::File(_)) {
                    let group = if node.mode & 0o010 != 0 { 0o2000 } else { 0 };
                    node.mode &= !(0o4000 | group);
                }
                node.xattrs.remove(&b"security.capability"[..]);
            }),
            Op::Mtime(path, seconds, nanoseconds) => self.change(path, |node| {
                node.mtime = Mtime::Known(*seconds, *nanoseconds);
            }),
            Op::Xattr(path, name, value) => self.change(path, |node| {
                node.xattrs.insert(name.clone(), value.clone());
            }),
            Op::Remove(path) => self.take(path).map(drop),
            Op::Rename(from, to) => {
                let ino = self.take(from)?;
                if self.at(to).is_some() {
                    self.take(to)?;
                }
                self.insert(to, ino)
            }
        }
    }

    fn find(&self, path: &[u8]) -> Result<Ino, Refusal> {
        self.at(path).ok_or_else(|| "it is not there".to_owned())
    }

    fn change(&mut self, path: &[u8], change: impl FnOnce(&mut Node)) -> Result<(), Refusal> {
        let ino = self.find(path)?;
        self.nodes.get_mut(&ino).map(change);
        Ok(())
    }

    fn edit(&mut self, path: &[u8], edit: impl FnOnce(&mut Vec<u8>)) -> Result<(), Refusal> {
        let mut is_file = false;
        self.change(path, |node| {
            if let Body::File(content) = &mut node.body {
                is_file = true;
                edit(Arc::make_mut(content));
                node.mtime = Mtime::now();
                // Writing takes away what a file was trusted for (file_remove_privs); root keeps the setuid bit.
                node.xattrs.remove(&b"security.capability"[..]);
            }
        })?;
        is_file
            .then_some(())
            .ok_or_else(|| "it is no file".to_owned())
    }

    fn put(&mut self, path: &[u8], content: &Arc<Vec<u8>>) -> Result<(), Refusal> {
        if self.at(path).is_some() {
            return self.edit(path, |bytes| bytes.clone_from(content));
        }
        self.make(path, Body::File(Arc::clone(content)), 0o644)
    }

    fn make(&mut self, path: &[u8], body: Body, mode: u32) -> Result<(), Refusal> {
        let ino = self.next;
        self.next += 1;
        let node = Node {
            body,
            mode,
            uid: 0,
            gid: 0,
            mtime: Mtime::now(),
            xattrs: BTreeMap::new(),
        };
        self.nodes.insert(ino, node);
        self.insert(path, ino)
    }

    fn insert(&mut self, path: &[u8], ino: Ino) -> Result<(), Refusal> {
        let (entries, name) = self.parent(path)?;
        match entries.insert(name, ino) {
            None => Ok(()),
            Some(_) => Err("the name is taken".to_owned()),
        }
    }

    fn take(&mut self, path: &[u8]) -> Result<Ino, Refusal> {
        let (entries, name) = self.parent(path)?;
        entries
            .remove(&name)
            .ok_or_else(|| "it is not there".to_owned())
    }

    /// The entries of a path's directory, which are about to change, and the path's last name.
    fn parent(&mut self, path: &[u8]) -> Result<(&mut Entries, Vec<u8>), Refusal> {
        let cut = path.iter().rposition(|&b| b == b'/');
        let (above, name) = match cut {
            Some(cut) => (&path[..cut], &path[cut + 1..]),
            None => (&path[..0], path),
        };
        let ino = self.find(above)?;
        match self.nodes.get_mut(&ino) {
            Some(Node {
                body: Body::Directory(entries),
                mtime,
                ..
            }) if !name.is_empty() => {
                *mtime = Mtime::now();
                Ok((entries, name.to_vec()))
            }
            _ => Err("there is no directory to hold it".to_owned()),
        }
    }
}

/// The directory of a path; the root's is the root.
fn above(path: &[u8]) -> &[u8] {
    let cut = path.iter().rposition(|&b| b == b'/').unwrap_or(0);
    &path[..cut]
}
