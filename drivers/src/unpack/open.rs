//! The directories in use: kept open, found again by path or by identity, and given their times when they are closed.

use std::collections::HashMap;
use std::rc::Rc;

use super::dir::{Dir, Id};
use super::meta::untimely;
use crate::error::Result;

/// Directories kept open; archives come in depth-first order, so that few are needed.
const OPEN_MAX: usize = 64;
/// Paths remembered for them.
const PATHS_MAX: usize = 1024;

/// See the module text. The root is always open and not counted.
pub(super) struct Open {
    root: Rc<Dir>,
    dirs: HashMap<Id, (Rc<Dir>, u64)>,
    paths: HashMap<Box<[u8]>, Id>,
    clock: u64,
}

impl Open {
    pub(super) fn new(root: &Rc<Dir>) -> Self {
        Self {
            root: Rc::clone(root),
            dirs: HashMap::new(),
            paths: HashMap::new(),
            clock: 0,
        }
    }

    /// The directory that a path is known to lead to.
    pub(super) fn remembered(&mut self, path: &[u8]) -> Option<Rc<Dir>> {
        let id = self.paths.get(path)?;
        let (dir, used) = self.dirs.get_mut(id)?;
        self.clock += 1;
        *used = self.clock;
        Some(Rc::clone(dir))
    }

    /// Remembers that a path leads to a directory.
    pub(super) fn remember(&mut self, path: &[u8], dir: &Dir) {
        if dir.id == self.root.id || self.paths.contains_key(path) {
            return;
        }
        if self.paths.len() >= PATHS_MAX {
            self.paths.clear();
        }
        self.paths.insert(path.into(), dir.id);
    }

    /// Keeps a directory open, once: two paths to it share its times.
    pub(super) fn adopt(&mut self, dir: Dir) -> Result<Rc<Dir>> {
        if dir.id == self.root.id {
            return Ok(Rc::clone(&self.root));
        }
        self.clock += 1;
        let clock = self.clock;
        if let Some((known, used)) = self.dirs.get_mut(&dir.id) {
            *used = clock;
            return Ok(Rc::clone(known));
        }
        if self.dirs.len() >= OPEN_MAX {
            self.evict()?;
        }
        let dir = Rc::new(dir);
        self.dirs.insert(dir.id, (Rc::clone(&dir), clock));
        Ok(dir)
    }

    /// Closes the directory that has not been used for the longest time.
    fn evict(&mut self) -> Result<()> {
        let victim = self
            .dirs
            .iter()
            // One that is held elsewhere may still be written to.
            .filter(|(_, (dir, _))| Rc::strong_count(dir) == 1)
            .min_by_key(|(_, (_, used))| *used)
            .map(|(id, _)| *id);
        if let Some((dir, _)) = victim.and_then(|id| self.dirs.remove(&id)) {
            self.paths.retain(|_, id| *id != dir.id);
            settle(&dir)?;
        }
        Ok(())
    }

    /// To be called when a directory or a symbolic link has been removed: paths may lead elsewhere now.
    pub(super) fn forget_paths(&mut self) {
        self.paths.clear();
    }

    /// The open directory of that identity.
    pub(super) fn by_id(&self, id: Id) -> Option<&Rc<Dir>> {
        if id == self.root.id {
            return Some(&self.root);
        }
        self.dirs.get(&id).map(|(dir, _)| dir)
    }

    /// All but the root.
    pub(super) fn dirs(&self) -> impl Iterator<Item = &Rc<Dir>> {
        self.dirs.values().map(|(dir, _)| dir)
    }

    /// Gives every directory its times.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.paths.clear();
        for (_, (dir, _)) in self.dirs.drain() {
            settle(&dir)?;
        }
        settle(&self.root)
    }
}

fn settle(dir: &Dir) -> Result<()> {
    dir.settle().map_err(|e| untimely(e, &dir.path))
}
