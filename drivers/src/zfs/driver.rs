//! The opened driver.

use std::collections::{BTreeMap, btree_map};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bases::Hold;
use super::diff;
use super::glance::Glance;
use super::known::Objects;
use super::parse::Inventory;
use super::pool::Pool;
use crate::capabilities::Capabilities;
use crate::changes::{self, Change};
use crate::driver::{DaemonUsage, Driver, Info, Item, Kind, OwnCache, Quota, Root, Usage};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};
use crate::mount::{self, Mount};
use crate::remove;
use crate::store::{Entry, EntryState, Store, When};
use crate::unpack::{Below, Deletions, Stage};
use crate::usage::StoreSpace;
use crate::view::View;

/// The least that a change takes: a new copy of every metadata block above it, each stored two or three times.
const GRANULARITY: u64 = 128 << 10;

/// Transaction groups waited for until the accounts stand still; two or three do.
const SETTLING: u32 = 6;

/// The opened driver.
#[derive(Debug)]
pub(super) struct Zfs {
    pool: Arc<Pool>,
    store: Store,
    /// The bases of container layers being unpacked into, mounted until they are committed, mounted or removed.
    staged: Mutex<BTreeMap<u64, Hold>>,
    capabilities: Capabilities,
    facts: Vec<(String, String)>,
}

impl Zfs {
    pub(super) fn open(
        root: &Root,
        pool: Arc<Pool>,
        capabilities: Capabilities,
        facts: Vec<(String, String)>,
    ) -> Result<Self> {
        let store = Store::open(&root.dir)?;
        let driver = Self {
            pool,
            store,
            staged: Mutex::new(BTreeMap::new()),
            capabilities,
            facts,
        };
        driver.discard_halves()?;
        Ok(driver)
    }

    /// Destroys datasets without a record and directories without an item. The newest first: it may be a clone of another.
    fn discard_halves(&self) -> Result<()> {
        let Inventory {
            mut serials,
            glances,
        } = self.pool.inventory()?;
        for glance in glances {
            // A clone may have gone with its snapshot.
            match self.pool.zfs(&["destroy", "-R", &glance]) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        serials.sort_unstable();
        for serial in serials.into_iter().rev() {
            if !self.store.is_recorded(serial) {
                self.pool.destroy(serial)?;
            }
        }
        self.store
            .orphans()?
            .iter()
            .try_for_each(|dir| remove::tree(dir))
    }

    fn staged(&self) -> MutexGuard<'_, BTreeMap<u64, Hold>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unstage(&self, serial: u64) -> Result<()> {
        let hold = self.staged().remove(&serial);
        hold.map_or(Ok(()), Hold::release)
    }

    fn make(&self, serial: u64, parent: Option<&LayerId>) -> Result<()> {
        let parent = parent
            .map(|parent| self.store.get("clone", Item::Layer(parent)))
            .transpose()?;
        self.pool.make(serial, parent.map(|p| p.serial))
    }

    /// The inodes an item shows, its root's and those of its extended attributes included.
    fn inodes(&self, entry: &Entry) -> Result<u64> {
        let remembered = self.store.dir(entry.serial).join("inodes");
        let immutable = matches!(entry.state, EntryState::Layer { .. });
        if immutable
            && let Ok(text) = std::fs::read_to_string(&remembered)
            && let Ok(inodes) = text.parse()
        {
            return Ok(inodes);
        }
        let hold = self.pool.hold(entry.serial)?;
        let path = hold.path();
        let stat = rustix::fs::statvfs(&path).attempt("count the inodes of", &path)?;
        hold.release()?;
        let inodes = stat.f_files.saturating_sub(stat.f_ffree);
        if immutable {
            std::fs::write(&remembered, inodes.to_string()).attempt("write", &remembered)?;
        }
        Ok(inodes)
    }

    /// Hands ZFS what the kernel still holds of an item's mapped files.
    fn write_back(&self, entry: &Entry) -> Result<()> {
        let base = self.pool.base(entry.serial);
        if self.pool.mounted().contains(&base) {
            write_back(&base)?;
        }
        Ok(())
    }

    /// What differs between an item and the layer it stands on; `None` where ZFS does not tell enough.
    fn differences(&self, parent: u64, entry: &Entry) -> Result<Option<Vec<Change>>> {
        let below = Glance::of_layer(&self.pool, parent)?;
        let above = if matches!(entry.state, EntryState::Layer { .. }) {
            Glance::of_layer(&self.pool, entry.serial)?
        } else {
            self.write_back(entry)?;
            Glance::of_container(&self.pool, entry.serial)?
        };
        let diff = diff::between(below.snapshot(), above.snapshot()).unwrap_or_else(|error| {
            tracing::info!("{error}; the trees are compared whole");
            None
        });
        let found = match diff {
            // What is known holds directories open, which would keep the glances from being closed.
            Some(diff) => match Objects::new(below.path(), above.path(), diff)? {
                Some(known) => Some(changes::compare_known(below.path(), above.path(), &known)?),
                None => None,
            },
            None => None,
        };
        above.close()?;
        below.close()?;
        Ok(found)
    }
}

fn write_back(path: &Path) -> Result<()> {
    let root = std::fs::File::open(path).attempt("open", path)?;
    rustix::fs::syncfs(root.as_fd()).attempt("sync the filesystem of", path)
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

impl Driver for Zfs {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.facts.clone()
    }

    fn ground_label(&self) -> String {
        self.pool.engine.label.clone()
    }

    fn plain_dir(&self) -> &Path {
        self.pool.plain_dir()
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        let slot = self.store.reserve(key, parent, kind)?;
        let serial = slot.serial();
        let made = self.make(serial, parent).and_then(|()| slot.publish());
        made.inspect_err(|_| {
            let discarded = self
                .pool
                .destroy(serial)
                .and_then(|()| remove::tree(&self.store.dir(serial)));
            if let Err(error) = discarded {
                tracing::warn!("{error}; the next open of this root removes the rest");
            }
        })
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        let op = "unpack into the container layer";
        let entry = self.store.require_unmounted(op, Item::Container(key))?;
        if is_view(&entry) {
            return Err(Error::new(ErrorKind::Unsupported, op).because(format!("{key} is a view")));
        }
        let mut staged = self.staged();
        if let btree_map::Entry::Vacant(free) = staged.entry(entry.serial) {
            free.insert(self.pool.hold(entry.serial)?);
        }
        drop(staged);
        Ok(Stage {
            dir: self.pool.base(entry.serial),
            below: if entry.parent.is_some() {
                Below::Merged
            } else {
                Below::Nothing
            },
            deletions: Deletions::Remove,
            keep_owners: true,
        })
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        let item = Item::Container(key);
        let in_use = self.store.mounted(item)?;
        let entry = self.store.get("mount", item)?;
        let hold = self.pool.hold(entry.serial)?;
        self.unstage(entry.serial)?;
        let mount = mount::bind(&hold.path(), at, is_view(&entry))?;
        Ok(mount.when_released(move || {
            let released = hold.release();
            drop(in_use);
            released
        }))
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.store.commit(key, layer, When::Now, |entry| {
            self.unstage(entry.serial)?;
            self.pool.unmount_idle()?;
            self.pool
                .require_unmounted("commit the container layer", entry.serial)?;
            self.pool.seal(entry.serial)
        })
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        let in_use = self.store.mounted(of)?;
        let entry = self.store.get("view", of)?;
        let glance = if matches!(entry.state, EntryState::Layer { .. }) {
            Glance::of_layer(&self.pool, entry.serial)?
        } else {
            self.write_back(&entry)?;
            Glance::of_container(&self.pool, entry.serial)?
        };
        let shown = Mount::plain(glance.path());
        Ok(View::mounted(shown.and_then(move || {
            let closed = glance.close();
            drop(in_use);
            closed
        })))
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        Ok(self.store.get("find the parent of", of)?.parent)
    }

    /// Walks only where ZFS knows of a difference; see [`super::known`].
    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let op = "find the changes of";
        let entry = self.store.get(op, of)?;
        let Some(parent) = entry
            .parent
            .as_ref()
            .filter(|_| self.capabilities.native_changes)
        else {
            return self.changes_naive(of);
        };
        if is_view(&entry) {
            return Ok(Vec::new());
        }
        let below = self.store.get(op, Item::Layer(parent))?;
        let found = self.differences(below.serial, &entry)?;
        found.map_or_else(|| self.changes_naive(of), Ok)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let entry = self.store.get("measure", of)?;
        self.write_back(&entry)?;
        // Deletions are counted with the next transaction group only.
        self.pool.flush()?;
        let [used, referenced] = self.pool.bytes(entry.serial)?;
        let shown = self.inodes(&entry)?;
        let below = match &entry.parent {
            Some(parent) => {
                let parent = self.store.get("measure", Item::Layer(parent))?;
                self.inodes(&parent)?
            }
            None => 0,
        };
        Ok(Usage {
            exclusive_bytes: used,
            referenced_bytes: referenced,
            exclusive_inodes: shown.saturating_sub(below),
            granularity_bytes: GRANULARITY,
        })
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        let op = "limit the container layer";
        let entry = self.store.get(op, Item::Container(key))?;
        if quota.inodes.is_some() {
            return Err(Error::new(ErrorKind::Unsupported, op)
                .because("a dataset of this ZFS has no limit of inodes")
                .hint("limit the bytes"));
        }
        self.pool.limit(entry.serial, quota.bytes)
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        let entry = self.store.get("read the limits of", Item::Container(key))?;
        Ok(Quota {
            bytes: self.pool.quota(entry.serial)?,
            inodes: None,
        })
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        match self.store.require_unmounted("remove", of) {
            Ok(entry) => {
                self.unstage(entry.serial)?;
                self.pool.unmount_idle()?;
                self.pool.require_unmounted("remove", entry.serial)?;
            }
            // It may be one whose removal failed half-way: the records know.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.store.remove(of, |entry, dir| {
            self.pool.destroy(entry.serial)?;
            remove::tree(dir)
        })
    }

    fn list(&self) -> Result<Vec<Info>> {
        Ok(self.store.list())
    }

    fn sync(&self) -> Result<()> {
        for base in self.pool.mounted() {
            write_back(&base)?;
        }
        write_back(self.plain_dir())?;
        self.pool.flush()?;
        // The records, and whatever of the store file the host still holds.
        self.store.sync()
    }

    fn drop_caches(&self) -> Result<OwnCache> {
        Ok(match self.pool.empty_arc()? {
            None => OwnCache::Empty(
                "the pool was exported and imported, which empties its ARC".to_owned(),
            ),
            Some(why) => OwnCache::Held(why),
        })
    }

    fn store_space(&self) -> Result<StoreSpace> {
        // What is freed is given back some transaction groups later.
        let mut bytes = self.pool.used_bytes()?;
        for _ in 0..SETTLING {
            self.pool.flush()?;
            let before = std::mem::replace(&mut bytes, self.pool.used_bytes()?);
            if before == bytes {
                break;
            }
        }
        // A dataset counts its own inodes only.
        Ok(StoreSpace {
            bytes,
            inodes: None,
        })
    }

    fn daemon_usage(&self) -> DaemonUsage {
        self.pool.engine.usage()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.store.require_idle()?;
        let staged = std::mem::take(&mut *self.staged());
        for hold in staged.into_values() {
            hold.release()?;
        }
        self.pool.close()
    }
}
