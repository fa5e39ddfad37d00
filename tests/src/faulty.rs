//! Drivers that break one promise: the suite itself is tested by what it makes of them.
//!
//! [`Faulty`] wraps a driver and commits one [`Fault`]. With [`Fault::None`] it only takes the same detours, so that a
//! case that fails because of the wrapping is noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drivers::error::Attempt as _;
use drivers::unpack::Stage;
use drivers::{
    Applied, Capabilities, Change, Driver, Error, ErrorKind, Info, Item, Key, Kind, LayerId,
    Limits, Mount, OwnCache, Owners, Quota, Result, Usage, View,
};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount_change, mount_remount, unmount,
};

use crate::faults::Fault;
use crate::flipped::flipped;
use crate::oracle::archive;

mod answers;
mod archives;
mod dialects;
mod trees;
mod trusting;

/// A driver that commits one fault.
#[derive(Debug)]
pub struct Faulty {
    inner: Box<dyn Driver>,
    capabilities: Capabilities,
    fault: Fault,
    reopened: bool,
    past: Mutex<Past>,
}

/// What was done with the driver.
#[derive(Debug, Default)]
struct Past {
    /// The key that was mounted first of those on a layer.
    first: BTreeMap<LayerId, Key>,
    /// The keys that were mounted.
    mounted: BTreeSet<Key>,
    /// The exports of removed containers.
    removed: BTreeMap<Key, Vec<u8>>,
    /// How many exports there were.
    exports: u32,
    /// What was said of space.
    told: answers::Told,
}

impl Faulty {
    /// Wraps a driver; `reopened` tells whether its root was open before.
    ///
    /// # Errors
    /// `NotFound`, when the fault is a capability that does not exist.
    pub fn new(inner: Box<dyn Driver>, fault: Fault, reopened: bool) -> Result<Self> {
        let capabilities = match fault {
            Fault::Flipped(name) => flipped(inner.capabilities(), name)?,
            _ => inner.capabilities().clone(),
        };
        Ok(Self {
            inner,
            capabilities,
            fault,
            reopened,
            past: Mutex::default(),
        })
    }

    fn require_daemon(&self) -> Result<()> {
        let once = self.is(Fault::DaemonDiesOnce) && !self.reopened;
        if once || self.is(Fault::DaemonAlwaysDies) {
            return Err(Error::new(ErrorKind::Daemon, "ask the daemon").because("it has ended"));
        }
        Ok(())
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The key that was mounted first of those on the same layer.
    fn first_sibling(&self, key: &Key) -> Result<Key> {
        let Some(parent) = self.inner.parent(Item::Container(key))? else {
            return Ok(key.clone());
        };
        let mut past = self.past();
        let first = past.first.entry(parent).or_insert_with(|| key.clone());
        Ok(first.clone())
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory of an item's content: the driver underneath keeps it as it is, and lets it be written to.
    fn content(&self, of: Item<'_>) -> Result<PathBuf> {
        Ok(self.inner.view(of)?.path().to_owned())
    }

    /// That of its parent.
    /// No container has a key whose first 32 bytes are those of `key`.
    fn alike(&self, key: &Key) -> Result<()> {
        let cut = |key: &Key| key.as_str().get(..32).map(str::to_owned);
        let Some(name) = cut(key) else { return Ok(()) };
        let taken = self.inner.list()?;
        if taken
            .iter()
            .any(|info| info.key.as_ref().and_then(cut).as_ref() == Some(&name))
        {
            return Err(Error::new(ErrorKind::AlreadyExists, "prepare").because(name));
        }
        Ok(())
    }

    fn content_below(&self, of: Item<'_>) -> Result<Option<PathBuf>> {
        let parent = self.inner.parent(of)?;
        parent.map(|id| self.content(Item::Layer(&id))).transpose()
    }

    /// How many layers there are up to this one.
    fn depth(&self, layer: &LayerId) -> Result<u32> {
        let mut depth = 1;
        let mut next = self.inner.parent(Item::Layer(layer))?;
        while let Some(id) = next {
            depth += 1;
            next = self.inner.parent(Item::Layer(&id))?;
        }
        Ok(depth)
    }

    fn kind(&self, key: &Key) -> Result<Option<Kind>> {
        let list = self.inner.list()?;
        let info = list.iter().find(|info| info.key.as_ref() == Some(key));
        Ok(info.and_then(|info| info.kind))
    }

    /// Turns a refusal into success, if that is the fault.
    fn forgive(&self, fault: Fault, error: Error) -> Result<()> {
        if self.is(fault) { Ok(()) } else { Err(error) }
    }
}

impl Driver for Faulty {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
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
        self.require_daemon()?;
        let kind = if self.is(Fault::WritableView) {
            Kind::Writable
        } else {
            kind
        };
        if self.is(Fault::LongNamesCut) {
            self.alike(key)?;
        }
        let mut below = parent.cloned();
        if let Some(id) = parent
            && self.is(Fault::DeepLayersLost)
            && self.depth(id)? > 10
        {
            below = self.inner.parent(Item::Layer(id))?;
        }
        match self.inner.prepare(key, below.as_ref(), kind) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return self.forgive(Fault::DuplicateKey, error);
            }
            Err(error) if error.kind() == ErrorKind::NotFound && self.is(Fault::MissingParent) => {
                drop(error);
                return self.inner.prepare(key, None, kind);
            }
            Err(error) => return Err(error),
        }
        let root = self.content(Item::Container(key))?;
        if parent.is_some() {
            trees::copied(self.fault, &root)?;
        }
        if self.is(Fault::RootsArePrivate) && parent.is_none() {
            trees::mode(&root, 0o700)?;
        }
        let old = self.past().removed.get(key).cloned();
        if let Some(old) = old
            && self.is(Fault::OldContentShows)
        {
            self.inner.apply(key, &mut &old[..], &Limits::default())?;
        }
        Ok(())
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        self.inner.stage(key)
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let mut bytes = Vec::new();
        tar.read_to_end(&mut bytes)
            .attempt("read the archive for", key.as_str())?;
        let limits = if self.is(Fault::LimitsIgnored) {
            &Limits::default()
        } else {
            limits
        };
        let dir = self.inner.stage(key)?.dir;
        if self.is(Fault::FollowLinks) {
            trusting::unpack(&dir, &bytes);
            return Ok(Applied::default());
        }
        let (mut markers, mut rest) = (Vec::new(), Vec::new());
        if archives::treats_markers(self.fault) {
            (markers, rest) = archives::without_markers(bytes.clone());
        }
        if self.is(Fault::MarkersHideOwnLayer) {
            self.inner.apply(key, &mut &rest[..], limits)?;
            return self
                .inner
                .apply(key, &mut &archive::write(&markers)[..], limits);
        }
        let bytes = dialects::misread(self.fault, bytes);
        let bytes = archives::applied(self.fault, bytes, &dir);
        let outcome = if self.is(Fault::ModesByPath) {
            let mut source = trusting::ModesByPath::new(&bytes, &dir);
            let outcome = self.inner.apply(key, &mut source, limits);
            // It stops early when it sees that it is fooled.
            std::io::copy(&mut source, &mut std::io::sink()).attempt("read", key.as_str())?;
            outcome
        } else {
            self.inner.apply(key, &mut &bytes[..], limits)
        };
        match outcome {
            Ok(applied) => {
                trees::marked(self.fault, &dir, &markers)?;
                Ok(applied)
            }
            Err(error) if error.kind() == ErrorKind::BadInput => self
                .forgive(Fault::BadArchive, error)
                .map(|()| Applied::default()),
            Err(error) => Err(error),
        }
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        let item = Item::Container(key);
        let again = !self.past().mounted.insert(key.clone()) || self.reopened;
        match self.fault {
            Fault::SharedWrites => return self.inner.mount(&self.first_sibling(key)?, at),
            Fault::WriteThrough => {
                if let Some(below) = self.content_below(item)? {
                    return drivers::mount::bind(&below, at, false);
                }
            }
            Fault::ViewsForgotten if self.reopened => {
                return drivers::mount::bind(&self.content(item)?, at, false);
            }
            Fault::WritesLost if again => {
                let parent = self.inner.parent(item)?;
                let kind = self.kind(key)?.unwrap_or(Kind::Writable);
                self.inner.remove(item)?;
                self.inner.prepare(key, parent.as_ref(), kind)?;
            }
            Fault::InodesChange | Fault::WrittenTimesLost if again => {
                trees::remounted(self.fault, &self.content(item)?)?;
            }
            Fault::DeletedComeBack if again => {
                if let Some(below) = self.content_below(item)? {
                    trees::bring_back(&below, &self.content(item)?)?;
                }
            }
            Fault::LazyUnmount => {
                let path = at.to_owned();
                return Ok(self.inner.mount(key, at)?.left_by(move || {
                    unmount(&path, UnmountFlags::DETACH).attempt("detach", &path)
                }));
            }
            Fault::MountLeft => {
                std::mem::forget(drivers::mount::bind(self.inner.plain_dir(), at, false)?);
            }
            Fault::SharedMount => {
                let mount = self.inner.mount(key, at)?;
                mount_change(at, MountPropagationFlags::SHARED).attempt("share", at)?;
                return Ok(mount);
            }
            Fault::MountedNoDevices => {
                let mount = self.inner.mount(key, at)?;
                let flags = MountFlags::BIND | MountFlags::NODEV | MountFlags::NOSUID;
                mount_remount(at, flags, "").attempt("remount", at)?;
                return Ok(mount);
            }
            Fault::MountedNoPrograms => {
                let mount = self.inner.mount(key, at)?;
                let flags = MountFlags::BIND | MountFlags::NOEXEC;
                mount_remount(at, flags, "").attempt("remount", at)?;
                return Ok(mount);
            }
            _ => {}
        }
        self.inner.mount(key, at)
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        let item = Item::Container(key);
        let parent = self.inner.parent(item)?;
        let (content, below) = (self.content(item)?, self.content_below(item)?);
        trees::committed(self.fault, &content, below.as_deref())?;
        if let Some(below) = below
            && self.is(Fault::DeletedComeBack)
            && self.past().mounted.contains(key)
        {
            trees::bring_back(&below, &content)?;
        }
        match self.inner.commit(key, layer) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.forgive(Fault::DuplicateLayer, error)?;
            }
            other => other?,
        }
        if self.is(Fault::KeyAfterCommit) {
            self.inner.prepare(key, parent.as_ref(), Kind::Writable)?;
        }
        Ok(())
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        let rebased = self.inner.rebase(key, parent);
        rebased.or_else(|error| self.forgive(Fault::RebaseIgnored, error))
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        self.inner.view(of)
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        self.inner.parent(of)
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let found = self.inner.changes(of)?;
        let (content, below) = (self.content(of)?, self.content_below(of)?);
        Ok(answers::changes(
            self.fault,
            found,
            &content,
            below.as_deref(),
        ))
    }

    fn changes_naive(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.inner.changes_naive(of)
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        let mut bytes = Vec::new();
        self.inner.export(of, &mut bytes)?;
        let number = self.past().exports;
        self.past().exports += 1;
        sink.write_all(&archives::exported(self.fault, number, bytes))
            .attempt("write the export of", of.to_string())
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let usage = self.inner.usage(of)?;
        let (content, below) = (self.content(of)?, self.content_below(of)?);
        let changed = match self.fault {
            Fault::ChangedFilesCountTwice => self.inner.changes(of)?,
            _ => Vec::new(),
        };
        let told = &mut self.past().told;
        told.changed = changed;
        answers::usage(self.fault, told, of, usage, &content, below.as_deref())
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        match self.fault {
            Fault::LimitsForgotten => Ok(()),
            _ => self.inner.limit(key, quota),
        }
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        self.inner.quota(key)
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        if let Item::Container(key) = of {
            match self.fault {
                Fault::NothingRemoved => return Ok(()),
                Fault::OldContentShows => {
                    let mut old = Vec::new();
                    self.inner.export(of, &mut old)?;
                    self.past().removed.insert(key.clone(), old);
                }
                Fault::RemovalReachesVolumes => {
                    let volumes = self.inner.plain_dir();
                    drivers::remove::tree(volumes)?;
                    std::fs::create_dir(volumes).attempt("make the directory", volumes)?;
                }
                Fault::QuotasEnded => {
                    let line = [
                        "quota".as_ref(),
                        "disable".as_ref(),
                        self.inner.plain_dir().as_os_str(),
                    ];
                    let limit = std::time::Duration::from_secs(30);
                    drivers::sys::command::output(Path::new("btrfs"), &line, limit)?;
                }
                Fault::RemovalLeavesFiles => {
                    let path = self.inner.plain_dir().join(format!("left of {key}"));
                    std::fs::write(&path, "left").attempt("write", &path)?;
                }
                Fault::RemovalTakesSibling => {
                    let parent = self.inner.parent(of)?;
                    let others = self.inner.list()?.into_iter().filter_map(|info| {
                        let sibling = info.parent == parent && info.key.as_ref() != Some(key);
                        info.key.filter(|_| sibling)
                    });
                    for other in others {
                        self.inner.remove(Item::Container(&other))?;
                    }
                }
                _ => {}
            }
        }
        self.inner.remove(of).or_else(|error| {
            let fault = match (error.kind(), of) {
                (ErrorKind::InUse, Item::Layer(_)) => Fault::ChildrenIgnored,
                (ErrorKind::InUse, Item::Container(_)) => Fault::MountIgnored,
                (ErrorKind::NotFound, _) => Fault::UnknownRemoved,
                _ => return Err(error),
            };
            self.forgive(fault, error)
        })
    }

    fn list(&self) -> Result<Vec<Info>> {
        let list = self.inner.list()?;
        Ok(answers::list(self.fault, self.reopened, list))
    }

    fn sync(&self) -> Result<()> {
        self.require_daemon()?;
        self.inner.sync()
    }

    fn drop_caches(&self) -> Result<OwnCache> {
        if self.is(Fault::CachesDroppedWithWrites) {
            for info in self.inner.list()? {
                if let (Some(key), Some(kind)) = (info.key, info.kind)
                    && self.inner.remove(Item::Container(&key)).is_ok()
                {
                    self.inner.prepare(&key, info.parent.as_ref(), kind)?;
                }
            }
        }
        self.inner.drop_caches()
    }

    fn backing_file(&self, of: Item<'_>, path: &Path) -> Result<Option<PathBuf>> {
        if self.is(Fault::WrongFileNamed) {
            let below = self.content_below(of)?;
            return Ok(below.map(|dir| dir.join(path)).filter(|path| path.exists()));
        }
        self.inner.backing_file(of, path)
    }

    fn mount_as(&self, key: &Key, at: &Path, owners: &Owners) -> Result<Mount> {
        self.inner.mount_as(key, at, owners)
    }

    fn commits_waited(&self) -> std::time::Duration {
        self.inner.commits_waited()
    }

    fn close(self: Box<Self>) -> Result<()> {
        match self.fault {
            Fault::CloseIgnoresMounts => self.inner.close().or(Ok(())),
            _ => self.inner.close(),
        }
    }
}
