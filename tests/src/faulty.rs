//! Drivers that break one promise: the suite itself is tested by what it makes of them.
//!
//! [`Faulty`] wraps a driver and commits one [`Fault`]. With [`Fault::None`] it only takes the same detours, so that a
//! case that fails because of the wrapping is noticed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use drivers::error::Attempt as _;
use drivers::unpack::Stage;
use drivers::{
    Applied, Capabilities, Change, ChangeKind, Driver, Error, ErrorKind, Info, Item, Key, Kind,
    LayerId, Limits, Mount, Result, Usage, View,
};

use crate::faults::Fault;
use crate::flipped::flipped;
use crate::oracle::archive::{self, Entry};
use crate::oracle::live::place;

/// A driver that commits one fault.
#[derive(Debug)]
pub struct Faulty {
    inner: Box<dyn Driver>,
    capabilities: Capabilities,
    fault: Fault,
    reopened: bool,
    mounted: Mutex<BTreeMap<LayerId, Key>>,
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
            mounted: Mutex::new(BTreeMap::new()),
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
        let mut mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(mounted.entry(parent).or_insert_with(|| key.clone()).clone())
    }

    fn size(&self, of: Item<'_>, path: &[u8]) -> Option<u64> {
        let view = self.inner.view(of).ok()?;
        let meta = std::fs::symlink_metadata(place(view.path(), path)).ok()?;
        meta.is_file().then_some(meta.len())
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
        match self.inner.prepare(key, parent, kind) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.fault.forgive(Fault::DuplicateKey, error)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && self.is(Fault::MissingParent) => {
                drop(error);
                self.inner.prepare(key, None, kind)
            }
            other => other,
        }
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        self.inner.stage(key)
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let mut bytes = Vec::new();
        tar.read_to_end(&mut bytes)
            .attempt("read the archive for", key.as_str())?;
        if self.is(Fault::FollowLinks) {
            follow(&self.inner.stage(key)?.dir, &bytes);
            return Ok(Applied::default());
        }
        let bytes = self.fault.applied(bytes);
        match self.inner.apply(key, &mut &bytes[..], limits) {
            Err(error) if error.kind() == ErrorKind::BadInput => self
                .fault
                .forgive(Fault::BadArchive, error)
                .map(|()| Applied::default()),
            other => other,
        }
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        match self.fault {
            Fault::SharedWrites => self.inner.mount(&self.first_sibling(key)?, at),
            Fault::WriteThrough => {
                let Some(parent) = self.inner.parent(Item::Container(key))? else {
                    return self.inner.mount(key, at);
                };
                let view = self.inner.view(Item::Layer(&parent))?;
                drivers::mount::bind(view.path(), at, false)
            }
            _ => self.inner.mount(key, at),
        }
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        let parent = self.inner.parent(Item::Container(key))?;
        self.inner.commit(key, layer)?;
        if self.is(Fault::KeyAfterCommit) {
            self.inner.prepare(key, parent.as_ref(), Kind::Writable)?;
        }
        Ok(())
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        self.inner.rebase(key, parent)
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        self.inner.view(of)
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        self.inner.parent(of)
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let mut found = self.inner.changes(of)?;
        let parent = self.inner.parent(of)?;
        found.retain(|change| match self.fault {
            Fault::SameSizeMissed if change.kind == ChangeKind::Modified => {
                let before = parent
                    .as_ref()
                    .and_then(|id| self.size(Item::Layer(id), &change.path));
                before.is_none() || before != self.size(of, &change.path)
            }
            Fault::DeletionsMissed => change.kind != ChangeKind::Deleted,
            _ => true,
        });
        Ok(found)
    }

    fn changes_naive(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.inner.changes_naive(of)
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        let mut bytes = Vec::new();
        self.inner.export(of, &mut bytes)?;
        sink.write_all(&self.fault.exported(bytes))
            .attempt("write the export of", of.to_string())
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let usage = self.inner.usage(of)?;
        if self.is(Fault::ConstantUsage) {
            return Ok(Usage {
                exclusive_bytes: 4096,
                ..usage
            });
        }
        Ok(usage)
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        if self.is(Fault::NothingRemoved) && matches!(of, Item::Container(_)) {
            return Ok(());
        }
        match (self.inner.remove(of), of) {
            (Err(error), Item::Layer(_)) if error.kind() == ErrorKind::InUse => {
                self.fault.forgive(Fault::ChildrenIgnored, error)
            }
            (Err(error), Item::Container(_)) if error.kind() == ErrorKind::InUse => {
                self.fault.forgive(Fault::MountIgnored, error)
            }
            (other, _) => other,
        }
    }

    fn list(&self) -> Result<Vec<Info>> {
        let mut list = self.inner.list()?;
        if self.is(Fault::ForgottenContainers) && self.reopened {
            list.retain(|info| info.key.is_none());
        }
        Ok(list)
    }

    fn sync(&self) -> Result<()> {
        self.require_daemon()?;
        self.inner.sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }
}

/// Unpacks as trustingly as can be: the path of an entry is joined to the directory, and links on the way are followed.
/// What does not work is left out.
fn follow(dir: &Path, tar: &[u8]) {
    for entry in archive::read(tar).unwrap_or_default() {
        let path = place(dir, &entry.path);
        let target = Path::new(std::ffi::OsStr::new(
            std::str::from_utf8(&entry.target).unwrap_or_default(),
        ));
        let done = match entry.kind {
            tar::EntryType::Regular => std::fs::write(&path, &entry.data),
            tar::EntryType::Symlink => std::os::unix::fs::symlink(target, &path),
            tar::EntryType::Directory => std::fs::create_dir(&path),
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::debug!("{}: {error}", path.display());
        }
    }
}

/// Rewrites an archive entry by entry; one that cannot be read is left as it is.
pub(crate) fn rewrite(tar: Vec<u8>, change: impl FnMut(Entry) -> Option<Entry>) -> Vec<u8> {
    match archive::read(&tar) {
        Some(entries) => {
            let changed: Vec<_> = entries.into_iter().filter_map(change).collect();
            archive::write(&changed)
        }
        None => tar,
    }
}
