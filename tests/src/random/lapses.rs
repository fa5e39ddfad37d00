//! Drivers with faults that only sequences show: the test of the generator and the shrinker.
//!
//! [`Forgetful`] wraps a driver whose stage is all that a container shows (a copy of what is below). Between two mounts,
//! or at a commit, it does to that what a driver of whiteouts and copied-up files does when it gets one thing wrong.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use drivers::error::Attempt as _;
use drivers::unpack::Stage;
use drivers::{
    Applied, Capabilities, Change, Driver, Info, Item, Key, Kind, LayerId, Limits, Mount, Result,
    Usage, View,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapse {
    /// A directory in the place of a deleted one, made or renamed there, shows from the next mount on what that one had.
    OpaqueLost,
    /// A file with several names from below has been written to: from the next mount on its names part.
    LinksPart,
    /// A deletion is lost at the commit where the name is the beginning of another one in its directory.
    DeletionLost,
    /// A new directory without anything in it is gone with the next mount.
    EmptyDirectoryLost,
    /// A sibling starts with the files that the container before it had in its root.
    SiblingInherits,
}

impl Lapse {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::OpaqueLost,
        Self::LinksPart,
        Self::DeletionLost,
        Self::EmptyDirectoryLost,
        Self::SiblingInherits,
    ];
}

/// What was in a container.
type Was = BTreeMap<PathBuf, Node>;

/// An inode: its number, which is used again, when it was made, and when it was modified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    number: u64,
    made: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl Node {
    fn is(&self, other: &Self) -> bool {
        (self.number, self.made) == (other.number, other.made)
    }
}

/// A driver that commits one lapse.
#[derive(Debug)]
pub struct Forgetful {
    inner: Box<dyn Driver>,
    lapse: Lapse,
    /// By container: what was there at first.
    was: Mutex<BTreeMap<Key, Was>>,
}

impl Forgetful {
    /// Wraps a driver.
    pub fn new(inner: Box<dyn Driver>, lapse: Lapse) -> Self {
        Self {
            inner,
            lapse,
            was: Mutex::default(),
        }
    }

    /// The content below a container.
    fn below(&self, key: &Key) -> Result<Option<View>> {
        let parent = self.inner.parent(Item::Container(key))?;
        parent
            .map(|id| self.inner.view(Item::Layer(&id)))
            .transpose()
    }

    fn before_mount(&self, key: &Key) -> Result<()> {
        // A view has no stage, and nothing to get wrong.
        let Ok(Stage { dir, .. }) = self.inner.stage(key) else {
            return Ok(());
        };
        let Some(below) = self.below(key)? else {
            return Ok(());
        };
        let mut all = self.was.lock().unwrap_or_else(PoisonError::into_inner);
        let now = look(&dir)?;
        let was = match all.entry(key.clone()) {
            Entry::Occupied(was) => was.into_mut(),
            Entry::Vacant(first) => {
                // Whatever is made or written from here on has a later time, so that a sequence fails every time or never.
                next_tick();
                first.insert(now.clone())
            }
        };
        let place = |path: &Path| dir.join(path);
        match self.lapse {
            Lapse::OpaqueLost => {
                let other = |(path, node): &(&PathBuf, &Node)| {
                    was.get(*path).is_some_and(|before| !before.is(node))
                };
                for (path, _) in now.iter().filter(other).filter(|(p, _)| place(p).is_dir()) {
                    show_through(&below.path().join(path), &place(path))?;
                }
            }
            Lapse::LinksPart => {
                for (path, now) in &now {
                    let meta = fs::symlink_metadata(place(path)).attempt("look at", path)?;
                    let written = |was: &Node| was.is(now) && was.modified != now.modified;
                    let written = was.values().any(written);
                    if meta.is_file() && meta.nlink() > 1 && written {
                        copy_in_place(&place(path))?;
                    }
                }
            }
            Lapse::EmptyDirectoryLost => {
                for path in now
                    .keys()
                    .rev()
                    .filter(|path| !below.path().join(path).exists())
                {
                    // One that is not empty stays.
                    drop(fs::remove_dir(place(path)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn before_commit(&self, key: &Key) -> Result<()> {
        if self.lapse != Lapse::DeletionLost {
            return Ok(());
        }
        let Some(below) = self.below(key)? else {
            return Ok(());
        };
        let Stage { dir, .. } = self.inner.stage(key)?;
        let now = look(&dir)?;
        for path in look(below.path())?.keys() {
            let begins = |other: &PathBuf| {
                let bytes = path.as_os_str().as_bytes();
                other.parent() == path.parent() && other.as_os_str().as_bytes().starts_with(bytes)
            };
            let source = below.path().join(path);
            if !now.contains_key(path) && source.is_file() && now.keys().any(begins) {
                fs::copy(&source, dir.join(path)).attempt("copy", &source)?;
            }
        }
        Ok(())
    }

    fn after_prepare(&self, key: &Key, parent: &LayerId) -> Result<()> {
        let mut older: Vec<Key> = self
            .inner
            .list()?
            .into_iter()
            .filter(|info| info.parent.as_ref() == Some(parent))
            .filter_map(|info| info.key)
            .collect();
        older.retain(|other| other != key);
        let (Some(other), Ok(new)) = (older.last(), self.inner.stage(key)) else {
            return Ok(());
        };
        let view = self.inner.view(Item::Container(other))?;
        for entry in fs::read_dir(view.path()).attempt("list", view.path())? {
            let path = entry.attempt("list", view.path())?.path();
            let to = new.dir.join(path.file_name().unwrap_or_default());
            if path.is_file() && !path.is_symlink() && !to.exists() {
                fs::copy(&path, &to).attempt("copy", &path)?;
            }
        }
        view.close()
    }
}

/// Waits for the clock that inodes are stamped with: some milliseconds at most.
fn next_tick() {
    let stamp = || rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    let before = stamp();
    while stamp() == before {
        std::thread::yield_now();
    }
}

/// Everything in a directory, however deep.
fn look(root: &Path) -> Result<Was> {
    let mut found = Was::new();
    let mut todo: BTreeSet<PathBuf> = BTreeSet::from([PathBuf::new()]);
    while let Some(dir) = todo.pop_first() {
        let here = root.join(&dir);
        for entry in fs::read_dir(&here).attempt("list", &here)? {
            let entry = entry.attempt("list", &here)?;
            let meta = entry.metadata().attempt("look at", entry.path())?;
            let path = dir.join(entry.file_name());
            let node = Node {
                number: meta.ino(),
                made: meta.created().ok(),
                modified: meta.modified().ok(),
            };
            found.insert(path.clone(), node);
            if meta.is_dir() {
                todo.insert(path);
            }
        }
    }
    Ok(found)
}

/// Copies the files of a directory below to one above that has no such names.
fn show_through(below: &Path, above: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(below) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.attempt("list", below)?.path();
        let to = above.join(path.file_name().unwrap_or_default());
        if path.is_file() && !path.is_symlink() && !to.exists() {
            fs::copy(&path, &to).attempt("copy", &path)?;
        }
    }
    Ok(())
}

/// Gives a name a file of its own.
fn copy_in_place(path: &Path) -> Result<()> {
    let content = fs::read(path).attempt("read", path)?;
    fs::remove_file(path).attempt("remove", path)?;
    fs::write(path, content).attempt("write", path)
}

impl Driver for Forgetful {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.inner.facts()
    }

    fn ground_label(&self) -> String {
        self.inner.ground_label()
    }

    fn plain_dir(&self) -> &Path {
        self.inner.plain_dir()
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        self.inner.prepare(key, parent, kind)?;
        match parent {
            Some(parent) if self.lapse == Lapse::SiblingInherits => self.after_prepare(key, parent),
            _ => Ok(()),
        }
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        self.inner.stage(key)
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        self.inner.apply(key, tar, limits)
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        self.before_mount(key)?;
        self.inner.mount(key, at)
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.before_commit(key)?;
        self.inner.commit(key, layer)
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        self.inner.view(of)
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        self.inner.parent(of)
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.inner.changes(of)
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        self.inner.export(of, sink)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        self.inner.usage(of)
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        self.inner.remove(of)
    }

    fn list(&self) -> Result<Vec<Info>> {
        self.inner.list()
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }
}
