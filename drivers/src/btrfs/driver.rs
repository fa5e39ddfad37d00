//! The opened driver.

use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::mount::{MountFlags, mount_remount};

use super::cleaner::Cleaner;
use super::known::Snapshot;
use super::quota::Quota;
use super::{limits, space, subvolume};
use crate::capabilities::Capabilities;
use crate::changes::{self, Change};
use crate::driver::{self, Driver, Info, Item, Kind, Root, Usage};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};
use crate::mount::{self, Mount};
use crate::remove;
use crate::store::{Entry, EntryState, Store, When};
use crate::sys::btrfs as sys;
use crate::unpack::{Below, Deletions, Stage};
use crate::view::View;

/// Data is allocated in sectors of this size; metadata, in nodes of 16 KiB, only counts with quotas.
const SECTOR: u64 = 4096;
const NODE: u64 = 16 << 10;

/// The opened driver.
#[derive(Debug)]
pub(super) struct Btrfs {
    dir: PathBuf,
    plain: PathBuf,
    /// Mountpoints of views.
    views: PathBuf,
    next_view: AtomicU64,
    store: Store,
    quota: Quota,
    /// Why no container can be limited, if so.
    no_limits: Option<&'static str>,
    cleaner: Cleaner,
    facts: Vec<(String, String)>,
    capabilities: Capabilities,
}

impl Btrfs {
    /// `filesystem` is what the backing filesystem was found to give: nothing is lost on top of it.
    pub(super) fn open(
        root: &Root,
        (quota, no_limits): (Quota, Option<&'static str>),
        filesystem: Capabilities,
        facts: Vec<(String, String)>,
    ) -> Result<Self> {
        let store = Store::open(&root.dir)?.syncing_commits(filesystem.layers_survive_power_cuts);
        let mut driver = Self {
            dir: root.dir.clone(),
            plain: root.dir.join("plain"),
            views: root.dir.join("v"),
            next_view: AtomicU64::new(0),
            store,
            quota,
            no_limits,
            cleaner: Cleaner::default(),
            facts,
            capabilities: Capabilities {
                native_changes: true,
                // An extent stays whole while any part of it is in use, and is counted so.
                overwritten_blocks_are_given_back: false,
                ..filesystem
            },
        };
        for dir in [&driver.plain, &driver.views] {
            std::fs::create_dir_all(dir).attempt("create the directory", dir)?;
        }
        // Mountpoints of views of a process that was killed: its mounts went with its namespace.
        for entry in std::fs::read_dir(&driver.views).attempt("list", &driver.views)? {
            let path = entry.attempt("list", &driver.views)?.path();
            std::fs::remove_dir(&path).attempt("remove the mountpoint", &path)?;
        }
        for orphan in driver.store.orphans()? {
            // One that cannot go must not keep the others from being used.
            if let Err(error) = driver.discard(&orphan) {
                driver.facts.push(("warning".to_owned(), error.to_string()));
            }
        }
        if driver.no_limits.is_none() {
            // A process that was killed may have committed one and not lifted its limit.
            for layer in driver.store.list().iter().filter_map(|i| i.layer.as_ref()) {
                let entry = driver.store.get("lift the limit of", Item::Layer(layer))?;
                limits::end(&driver.content(&entry)?)?;
            }
        }
        Ok(driver)
    }

    /// The subvolume with the item's content.
    fn content(&self, entry: &Entry) -> Result<PathBuf> {
        let serial = match (&entry.state, &entry.parent) {
            // A view shows its parent, which no write can reach and which stays as long as the view does.
            (
                EntryState::Container {
                    kind: Kind::View, ..
                },
                Some(parent),
            ) => {
                self.store
                    .get("find the parent of the view", Item::Layer(parent))?
                    .serial
            }
            _ => entry.serial,
        };
        Ok(self.store.dir(serial).join("fs"))
    }

    fn make(&self, dir: &Path, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        match parent {
            None => subvolume::create(dir),
            Some(_) if kind == Kind::View => Ok(()),
            Some(parent) => {
                let parent = self.store.get("snapshot", Item::Layer(parent))?;
                subvolume::snapshot(&self.content(&parent)?, dir)
            }
        }
    }

    /// Deletes an item's directory with the subvolumes in it.
    fn discard(&self, dir: &Path) -> Result<()> {
        let content = dir.join("fs");
        if self.no_limits.is_none() && content.exists() {
            // First: to take a subvolume out of another costs metadata there, which at its limit has none left.
            limits::end(&content)?;
        }
        let mut deleted = Vec::new();
        let outcome = subvolume::destroy(dir, &mut deleted);
        self.cleaner.add(deleted);
        outcome?;
        remove::tree(dir)
    }

    fn commit_when(&self, key: &Key, layer: &LayerId, when: When) -> Result<()> {
        let mut sealed = None;
        let outcome = self.store.commit(key, layer, when, |entry| {
            let content = self.content(entry)?;
            let seal = subvolume::set_read_only(&content, true);
            sealed = Some(content);
            seal
        });
        outcome.inspect_err(|_| {
            if let Some(content) = sealed
                && let Err(error) = subvolume::set_read_only(&content, false)
            {
                tracing::warn!("{error}; the container layer stays read-only");
            }
        })?;
        if self.no_limits.is_none() {
            // Whatever becomes of that, the layer is there; the next open lifts it.
            let entry = self.store.get("lift the limit of", Item::Layer(layer))?;
            if let Err(error) = limits::end(&self.content(&entry)?) {
                tracing::warn!("{error}");
            }
        }
        Ok(())
    }
}

fn is_view(entry: &Entry) -> bool {
    matches!(
        entry.state,
        EntryState::Container {
            kind: Kind::View,
            ..
        }
    )
}

impl Driver for Btrfs {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.facts.clone()
    }

    fn ground_label(&self) -> String {
        "btrfs".to_owned()
    }

    fn plain_dir(&self) -> &Path {
        &self.plain
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        let slot = self.store.reserve(key, parent, kind)?;
        let dir = slot.dir().to_owned();
        let made = self.make(&dir, parent, kind).and_then(|()| slot.publish());
        made.inspect_err(|_| {
            // Published or not, nobody can see it: an error here is the next open's to mend.
            if let Err(error) = self.discard(&dir) {
                tracing::warn!("{error}; the next open of this root removes the rest");
            }
        })
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        let entry = self
            .store
            .require_unmounted("unpack into the container layer", Item::Container(key))?;
        if is_view(&entry) {
            return Err(Error::new(ErrorKind::Unsupported, "unpack into")
                .because(format!("{key} is a view")));
        }
        Ok(Stage {
            dir: self.content(&entry)?,
            below: if entry.parent.is_some() {
                Below::Merged
            } else {
                Below::Nothing
            },
            deletions: Deletions::Remove,
            keep_owners: true,
        })
    }

    /// Shows the subvolume by a bind mount. Mounting the filesystem again with `subvol=` would give the very same thing
    /// (one superblock, the same inodes and device number), but has to know the device and its options.
    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        let item = Item::Container(key);
        let in_use = self.store.mounted(item)?;
        let entry = self.store.get("mount", item)?;
        let mount = mount::bind(&self.content(&entry)?, at, is_view(&entry))?;
        Ok(mount.when_released(move || {
            drop(in_use);
            Ok(())
        }))
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.commit_when(key, layer, When::Now)
    }

    fn commit_soon(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.commit_when(key, layer, When::Settled)
    }

    fn settle(&self) -> Result<()> {
        self.store.settle()
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        let entry = self.store.get("view", of)?;
        let content = self.content(&entry)?;
        if matches!(entry.state, EntryState::Layer { .. }) || is_view(&entry) {
            return Ok(View::plain(content));
        }
        // Reading a writable subvolume stores access times, which copies nodes: looking must not change what is seen.
        let at = self
            .views
            .join(self.next_view.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::create_dir(&at).attempt("create the mountpoint", &at)?;
        let mounted = mount::bind(&content, &at, true);
        let rmdir = {
            let at = at.clone();
            move || std::fs::remove_dir(&at).attempt("remove the mountpoint", &at)
        };
        match mounted {
            Ok(mount) => {
                let mount = mount.and_then(rmdir);
                mount_remount(
                    &at,
                    MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOATIME,
                    "",
                )
                .attempt("keep access times of the mount on", &at)?;
                Ok(View::mounted(mount))
            }
            Err(error) => {
                rmdir()?;
                Err(error)
            }
        }
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        Ok(self.store.get("find the parent of", of)?.parent)
    }

    /// Walks only where the item's tree is newer than its snapshot; see [`super::known`].
    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let entry = self.store.get("find the changes of", of)?;
        let Some(parent) = &entry.parent else {
            // All of it is new.
            return self.changes_naive(of);
        };
        if is_view(&entry) {
            return Ok(Vec::new());
        }
        let below = self.view(Item::Layer(parent))?;
        let above = self.view(of)?;
        let found = {
            // It holds directories open, which would keep the views from being closed.
            let known = Snapshot::compare(below.path(), above.path())?;
            changes::compare_known(below.path(), above.path(), &known)?
        };
        above.close()?;
        below.close()?;
        Ok(found)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let entry = self.store.get("measure", of)?;
        let path = self.content(&entry)?;
        let root = subvolume::open(&path)?;
        sys::sync(root.as_fd()).attempt("sync the filesystem of", &path)?;
        let subvolume = subvolume::info(root.as_fd(), &path)?;
        let since = if is_view(&entry) {
            u64::MAX
        } else if subvolume.snapshot {
            subvolume.created
        } else {
            0
        };
        let space = space::measure(root.as_fd(), subvolume.id, since)?;
        let mut usage = Usage {
            exclusive_bytes: space.exclusive,
            referenced_bytes: space.referenced,
            exclusive_inodes: space.inodes,
            granularity_bytes: SECTOR,
        };
        if self.quota != Quota::None && since != u64::MAX {
            self.cleaner.settle(root.as_fd(), self.quota)?;
            if let Some((referenced, exclusive)) = self.quota.count(root.as_fd(), subvolume.id)? {
                usage.exclusive_bytes = exclusive;
                usage.granularity_bytes = NODE;
                if self.quota == Quota::Full {
                    usage.referenced_bytes = referenced;
                }
            }
        }
        Ok(usage)
    }

    fn limit(&self, key: &Key, quota: driver::Quota) -> Result<()> {
        let op = "limit the container layer";
        let entry = self.store.get(op, Item::Container(key))?;
        let refuse =
            |why: &str| Err(Error::new(ErrorKind::Unsupported, op).because(why.to_owned()));
        if quota == driver::Quota::default() && (self.no_limits.is_some() || is_view(&entry)) {
            return Ok(());
        }
        if quota.inodes.is_some() {
            return refuse("btrfs has no limit of inodes");
        }
        if let Some(why) = self.no_limits {
            return refuse(why);
        }
        if is_view(&entry) {
            return refuse("a view takes nothing that could be limited");
        }
        limits::set(&self.content(&entry)?, quota.bytes)
    }

    fn quota(&self, key: &Key) -> Result<driver::Quota> {
        let entry = self.store.get("read the limits of", Item::Container(key))?;
        let bytes = if self.no_limits.is_none() && !is_view(&entry) {
            limits::get(&self.content(&entry)?)?
        } else {
            None
        };
        Ok(driver::Quota {
            bytes,
            inodes: None,
        })
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        self.store.remove(of, |_, dir| self.discard(dir))
    }

    fn list(&self) -> Result<Vec<Info>> {
        Ok(self.store.list())
    }

    fn sync(&self) -> Result<()> {
        self.store.settle()?;
        let root = subvolume::open(&self.dir)?;
        sys::sync(root.as_fd()).attempt("sync the filesystem of", &self.dir)?;
        self.cleaner.settle(root.as_fd(), self.quota)
    }

    fn commits_waited(&self) -> Duration {
        self.store.commits_waited()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.store.require_idle()?;
        self.sync()
    }
}
