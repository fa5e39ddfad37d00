//! The model of a sequence: every container with the layer it stands on, and what each step does to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drivers::Capabilities;

use crate::oracle::layer;
use crate::oracle::model::{Body, Ino, Model, Mtime};
use crate::oracle::op::{self, Op};

use super::name::above;
use super::step::{Action, NOWHERE, Pair, Step, Turn};

/// The most containers at one time.
const MOST: usize = 3;

/// A container: what is below it, and what is in it.
#[derive(Debug, Clone)]
pub struct Tree {
    below: Arc<Model>,
    model: Model,
    /// Inodes from below that were written to, or could have been: copied up, where that is how it works.
    copied: BTreeSet<Ino>,
    /// There is no layer below: its root is its own.
    on_nothing: bool,
}

impl Tree {
    /// A container in which nothing was done yet.
    pub fn new(below: Arc<Model>) -> Self {
        let mut model = Model::clone(&below);
        model.live = true;
        Self {
            below,
            model,
            copied: BTreeSet::new(),
            on_nothing: false,
        }
    }

    /// A container with no layer below it.
    pub fn on_nothing() -> Self {
        Self {
            on_nothing: true,
            ..Self::new(Arc::new(Model::default()))
        }
    }

    /// What is below.
    pub fn below(&self) -> &Model {
        &self.below
    }

    /// What is in it.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether an inode from below was changed.
    pub fn is_copied(&self, ino: Ino) -> bool {
        self.copied.contains(&ino)
    }

    /// Whether an inode was made in a layer below.
    pub fn is_from_below(&self, ino: Ino) -> bool {
        self.below.has(ino)
    }

    /// The number of names an inode has in the container.
    pub fn names(&self, ino: Ino) -> usize {
        self.model
            .paths()
            .values()
            .filter(|&&other| other == ino)
            .count()
    }

    /// Takes the clock's times from what was seen, also for what is as below.
    pub(super) fn learn(&mut self, times: &BTreeMap<Ino, (i64, u32)>) {
        let as_below = |ino: &Ino| {
            let (below, model) = (&self.below, &self.model);
            below.has(*ino) && below.node(*ino).mtime == model.node(*ino).mtime
        };
        if !self.on_nothing && times.keys().any(as_below) {
            let same: BTreeMap<_, _> = times.iter().filter(|(ino, _)| as_below(ino)).collect();
            Arc::make_mut(&mut self.below).for_each(|ino, node| {
                if let Some(&&(seconds, nanoseconds)) = same.get(&ino) {
                    node.mtime = Mtime::Known(seconds, nanoseconds);
                }
            });
        }
        self.model.for_each(|ino, node| {
            if let (Mtime::Clock(_), Some(&(seconds, nanoseconds))) = (node.mtime, times.get(&ino))
            {
                node.mtime = Mtime::Known(seconds, nanoseconds);
            }
        });
    }

    /// The name at `path` is about to be written to.
    fn touch(&mut self, path: &str, capabilities: &Capabilities) {
        let Some(ino) = self.model.at(path.as_bytes()) else {
            return;
        };
        if !self.is_from_below(ino) || !self.copied.insert(ino) {
            return;
        }
        let parts = !capabilities.hard_links_survive_copy_up
            && !matches!(self.model.node(ino).body, Body::Directory(_))
            && self.names(ino) > 1;
        if parts {
            // Only this name is copied up; the others stay what they are below.
            self.copied.remove(&ino);
            if let Some(own) = self.model.split(path.as_bytes()) {
                self.copied.insert(own);
            }
        }
    }
}

/// All containers of a sequence, one of which is mounted.
#[derive(Debug, Clone)]
pub struct World {
    capabilities: Capabilities,
    trees: Vec<Tree>,
    current: usize,
}

impl World {
    /// One container, on a layer or on nothing.
    pub fn new(capabilities: Capabilities, below: Option<Model>) -> Self {
        let tree = below.map_or_else(Tree::on_nothing, |below| Tree::new(Arc::new(below)));
        Self {
            capabilities,
            trees: vec![tree],
            current: 0,
        }
    }

    /// What the driver declares.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The mounted container.
    pub fn tree(&self) -> &Tree {
        &self.trees[self.current]
    }

    pub(super) fn tree_mut(&mut self) -> &mut Tree {
        &mut self.trees[self.current]
    }

    /// Every container, in order of creation.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The number of the mounted container.
    pub fn current(&self) -> usize {
        self.current
    }

    /// Whether there can be one more container.
    pub fn has_room(&self) -> bool {
        self.trees.len() < MOST
    }

    /// Does a step that is not refused.
    ///
    /// # Errors
    /// When the model itself refuses: [`rules`](super::rules) and the model disagree.
    pub fn take(&mut self, step: &Step) -> Result<(), String> {
        let capabilities = self.capabilities.clone();
        match step {
            Step::On(action, path) => self.tree_mut().act(*action, path, &capabilities),
            Step::Between(pair, from, to) => self.tree_mut().pair(*pair, from, to, &capabilities),
            Step::Turn(turn) => {
                self.turn(*turn);
                Ok(())
            }
        }
    }

    /// An open for writing that led to nothing: it was one all the same.
    pub(super) fn opened(&mut self, path: &str) {
        let capabilities = self.capabilities.clone();
        self.tree_mut().touch(path, &capabilities);
    }

    fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Commit | Turn::Export => {
                let below = self.tree().model.clone();
                *self.tree_mut() = Tree::new(Arc::new(below));
            }
            Turn::Apply(_) => {
                let mut below = self.tree().model.clone();
                layer::settle(&self.tree().below, &mut below);
                *self.tree_mut() = Tree::new(Arc::new(below));
            }
            Turn::Sibling => {
                let sibling = if self.tree().on_nothing {
                    Tree::on_nothing()
                } else {
                    Tree::new(Arc::clone(&self.tree().below))
                };
                self.trees.push(sibling);
                self.current = self.trees.len() - 1;
            }
            Turn::Switch(number) => self.current = usize::from(number) % self.trees.len(),
            Turn::Remount | Turn::DropCaches | Turn::Restart | Turn::Changes => {}
        }
    }
}

impl Tree {
    fn act(
        &mut self,
        action: Action,
        path: &str,
        capabilities: &Capabilities,
    ) -> Result<(), String> {
        let makes = matches!(
            action,
            Action::Create(_) | Action::Mkdir | Action::Symlink | Action::Fifo | Action::Device
        );
        let removes = matches!(action, Action::Rmdir | Action::Unlink | Action::RemoveAll);
        if makes || removes {
            self.entries_change(path);
        } else {
            self.touch(path, capabilities);
        }
        let size = || match self
            .model
            .at(path.as_bytes())
            .map(|ino| &self.model.node(ino).body)
        {
            Some(Body::File(content)) => content.len() as u64,
            _ => 0,
        };
        let op = match action {
            Action::Create(fill) => op::file(path, fill.bytes()),
            Action::Write(offset, fill) => op::write(path, u64::from(offset), fill.bytes()),
            Action::Append(fill) => op::write(path, size(), fill.bytes()),
            Action::Truncate(length) => op::truncate(path, u64::from(length)),
            Action::Empty => op::truncate(path, 0),
            // Nothing can be mapped of an empty file.
            Action::Map(_) if size() == 0 => return Ok(()),
            Action::Map(letter) => op::write(path, 0, [letter]),
            Action::Punch(offset, length) => {
                let (start, end) = (u64::from(offset), u64::from(offset) + u64::from(length));
                let hole = end.min(size()).saturating_sub(start);
                op::write(
                    path,
                    start.min(size()),
                    vec![0; usize::try_from(hole).unwrap_or(0)],
                )
            }
            Action::Mkdir => op::dir(path),
            Action::Rmdir | Action::Unlink | Action::RemoveAll => op::remove(path),
            Action::Symlink => op::symlink(path, NOWHERE),
            Action::Fifo => op::fifo(path),
            Action::Device => op::character(path, 1, 3),
            Action::Chmod(mode) => op::chmod(path, mode),
            Action::Chown(user, group) => op::chown(path, user, group),
            Action::Mtime(seconds, nanoseconds) => op::mtime(path, seconds, nanoseconds),
            Action::SetXattr(name, value) => op::xattr(path, name.name(), [value]),
            Action::RemoveXattr(name) => {
                self.model.update(path.as_bytes(), |node| {
                    node.xattrs.remove(name.name().as_bytes());
                });
                return Ok(());
            }
        };
        self.apply(op)
    }

    fn pair(
        &mut self,
        pair: Pair,
        from: &str,
        to: &str,
        capabilities: &Capabilities,
    ) -> Result<(), String> {
        if pair != Pair::Link && self.is_one(from, to, capabilities) {
            // rename(2): two names of one file, nothing is done.
            return Ok(());
        }
        self.touch_file(from, capabilities);
        match pair {
            Pair::Link => {
                self.entries_change(to);
                self.apply(op::link(from, to))
            }
            Pair::Exchange => {
                self.touch_file(to, capabilities);
                self.entries_change(from);
                self.entries_change(to);
                self.model.exchange(from.as_bytes(), to.as_bytes());
                Ok(())
            }
            Pair::Rename | Pair::NoReplace => {
                self.entries_change(from);
                self.entries_change(to);
                self.apply(op::rename(from, to))
            }
        }
    }

    /// Whether two names are one inode to the kernel: of a file from below whose names part at the first write, each is
    /// one of its own already.
    pub(super) fn is_one(&self, from: &str, to: &str, capabilities: &Capabilities) -> bool {
        match (self.model.at(from.as_bytes()), self.model.at(to.as_bytes())) {
            (Some(a), Some(b)) if a == b => {
                from == to
                    || capabilities.hard_links_survive_copy_up
                    || !self.is_from_below(a)
                    || self.is_copied(a)
            }
            _ => false,
        }
    }

    fn touch_file(&mut self, path: &str, capabilities: &Capabilities) {
        let at = self.model.at(path.as_bytes());
        if at.is_some_and(|ino| !matches!(self.model.node(ino).body, Body::Directory(_))) {
            self.touch(path, capabilities);
        }
    }

    /// What is in the directory of a path is about to change.
    fn entries_change(&mut self, path: &str) {
        if let Some(ino) = self.model.at(above(path).as_bytes())
            && self.is_from_below(ino)
        {
            self.copied.insert(ino);
        }
    }

    fn apply(&mut self, op: Op) -> Result<(), String> {
        self.model.apply(&[op])
    }
}
