//! The driver over a [`Merge`]: life cycle, mounts and views.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ground::ground_label;
use super::layout::{Layout, content_space};
use super::links;
use super::live::Live;
use super::lower_file;
use super::merge::{Merge, Stack, on_mapped_layers};
use super::native;
use crate::capabilities::{Capabilities, CopyUp};
use crate::changes::{self, Change};
use crate::driver::{DaemonUsage, Driver, Info, Item, Kind, OwnCache, Quota, Root, Usage};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};
use crate::mount::{self, Mount};
use crate::owners::Owners;
use crate::projects::Projects;
use crate::store::{Entry, EntryState, When};
use crate::subject::Options;
use crate::unpack::{self, Applied, Below, Deletions, Limits, Stage};
use crate::usage::Space;
use crate::view::View;

/// A driver whose items are upper directories.
#[derive(Debug)]
pub(crate) struct UpperDriver<M> {
    layout: Layout,
    merge: M,
    live: Live,
    ground: String,
}

impl<M: Merge> UpperDriver<M> {
    /// Opens the form on disk under `root`, to be merged by `merge`.
    pub(crate) fn open(
        root: &Root,
        options: &Options,
        projects: Projects,
        merge: M,
    ) -> Result<Self> {
        Ok(Self {
            layout: Layout::open(&root.dir, options.syncs_commits(), projects)?,
            merge,
            live: Live::default(),
            ground: ground_label(root)?,
        })
    }

    fn stack<'a>(&'a self, lowers: &'a [u64], upper: Option<u64>, read_only: bool) -> Stack<'a> {
        Stack {
            entries: self.layout.store.entries_dir(),
            lowers,
            upper,
            read_only,
            owners: None,
        }
    }

    /// Merges a stack, with the owners that it says.
    fn merge(&self, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
        let Some(owners) = stack.owners.filter(|_| self.merge.maps_layers()) else {
            return self.merge.merge(stack, at);
        };
        let point = self.layout.view_point()?;
        let merged = on_mapped_layers(stack, owners, &point, |stack| self.merge.merge(stack, at));
        if merged.is_err() {
            drop(std::fs::remove_dir(&point));
        }
        merged
    }

    fn mount_with(&self, key: &Key, at: &Path, owners: Option<&Owners>) -> Result<Mount> {
        let item = Item::Container(key);
        let entry = self.layout.store.get("mount", item)?;
        let in_use = self.layout.store.mounted(item)?;
        let lowers = self.layout.lowers(&entry)?;
        let at = &std::path::absolute(at).attempt("resolve", at)?;
        let mount = match (is_view(&entry), lowers.is_empty()) {
            (true, false) => self.mount_lowers(&lowers, at, owners)?,
            (view, true) => mount::bind_as(&self.layout.diff(entry.serial), at, view, owners)?,
            (false, false) => {
                let ids = owners.map(|owners| (owners.first(), owners.count()));
                self.live.mount(entry.serial, at, ids, || {
                    let work = self.layout.store.dir(entry.serial).join("work");
                    self.merge.before_mount(&work)?;
                    let stack = self.stack(&lowers, Some(entry.serial), false);
                    self.merge(&Stack { owners, ..stack }, at)
                })?
            }
        };
        Ok(mount.when_released(move || {
            drop(in_use);
            Ok(())
        }))
    }

    /// Mounts what is below a view, or a layer's content: nothing of it can be written.
    fn mount_lowers(&self, lowers: &[u64], at: &Path, owners: Option<&Owners>) -> Result<Mount> {
        let stack = |lowers, upper| Stack {
            owners,
            ..self.stack(lowers, upper, true)
        };
        let limit = self.merge.capabilities().max_layers;
        match lowers {
            [] => Err(Error::new(ErrorKind::Corrupt, "mount")
                .path(at)
                .because("there is nothing to show")),
            [only] => mount::bind_as(&self.layout.diff(*only), at, true, owners),
            // One more than the mechanism takes as lowers: the topmost stands in as a read-only upper.
            [top, below @ ..] if limit.is_some_and(|limit| lowers.len() > limit as usize) => {
                let work = self.layout.store.dir(*top).join("work");
                if !work.exists() {
                    std::fs::create_dir(&work).attempt("create the directory", &work)?;
                }
                self.merge.before_mount(&work)?;
                self.merge(&stack(below, Some(*top)), at)
            }
            lowers => self.merge(&stack(lowers, None), at),
        }
    }

    /// Mounts the content of an item read-only, on a mountpoint of its own.
    fn mounted_view(&self, of: Item<'_>, entry: &Entry, lowers: &[u64]) -> Result<View> {
        let in_use = self.layout.store.mounted(of)?;
        let point = self.layout.view_point()?;
        // Shared: what the container sees; a second overlay over its upper directory would be undefined.
        let mounted = match self.live.share(entry.serial, &point).transpose() {
            Some(shared) => shared,
            None if self.merge.keeps_links() && is_writable(entry) => self
                .merge
                .merge(&self.stack(&lowers[1..], Some(entry.serial), true), &point),
            None => self.mount_lowers(lowers, &point, None),
        };
        match mounted {
            Ok(mount) => Ok(View::mounted(mount.when_released(move || {
                drop(in_use);
                std::fs::remove_dir(&point).attempt("remove the mountpoint", &point)
            }))),
            Err(error) => {
                drop(std::fs::remove_dir(&point));
                Err(error)
            }
        }
    }

    /// Whether lower hard links were written: some of their names then changed without being in the upper directory.
    fn has_index(&self, entry: &Entry) -> Result<bool> {
        let index = self.layout.store.dir(entry.serial).join("work/index");
        match std::fs::read_dir(&index) {
            Ok(mut entries) => Ok(entries.next().is_some()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("list", &index, error)),
        }
    }

    /// Puts every name of a written file into the upper directory, through a mount made for that.
    fn complete_links(&self, entry: &Entry) -> Result<()> {
        let lowers = self.layout.lowers(entry)?;
        let point = self.layout.view_point()?;
        let stack = self.stack(&lowers, Some(entry.serial), false);
        let outcome = self.merge.merge(&stack, &point).and_then(|mount| {
            let index = self.layout.store.dir(entry.serial).join("work/index");
            let upper = self.layout.diff(entry.serial);
            let below: Vec<_> = lowers
                .iter()
                .map(|serial| self.layout.diff(*serial))
                .collect();
            let done = links::complete(mount.path(), &upper, &index, &below);
            mount.unmount().and(done)
        });
        let removed = std::fs::remove_dir(&point).attempt("remove the mountpoint", &point);
        outcome.and(removed)
    }

    fn commit_when(&self, key: &Key, layer: &LayerId, when: When) -> Result<()> {
        self.layout.store.commit(key, layer, when, |entry| {
            if self.merge.keeps_links() && entry.parent.is_some() && self.has_index(entry)? {
                self.complete_links(entry)?;
            }
            Ok(())
        })?;
        if self.layout.projects.on() {
            // The layer is there whatever becomes of this: nobody writes to it.
            let entry = self.layout.store.get("commit", Item::Layer(layer))?;
            let dir = self.layout.store.dir(entry.serial);
            if let Err(error) = self.layout.projects.end(&dir) {
                tracing::warn!("{error}");
            }
        }
        Ok(())
    }

    /// The item's own directory, if it has one, and those below it.
    fn whole_stack(&self, entry: &Entry) -> Result<Vec<u64>> {
        let mut stack = self.layout.lowers(entry)?;
        if !is_view(entry) || stack.is_empty() {
            stack.insert(0, entry.serial);
        }
        Ok(stack)
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

fn is_writable(entry: &Entry) -> bool {
    matches!(
        entry.state,
        EntryState::Container {
            kind: Kind::Writable,
            ..
        }
    )
}

impl<M: Merge> Driver for UpperDriver<M> {
    fn capabilities(&self) -> &Capabilities {
        self.merge.capabilities()
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.merge.facts()
    }

    fn ground_label(&self) -> String {
        self.ground.clone()
    }

    fn plain_dir(&self) -> &Path {
        self.layout.plain()
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        let limit = self.merge.capabilities().max_layers;
        self.layout.prepare(key, parent, kind, limit, |name| {
            self.merge.is_private_xattr(name)
        })
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        let op = "write to the container layer";
        let entry = self
            .layout
            .store
            .require_unmounted(op, Item::Container(key))?;
        if is_view(&entry) {
            return Err(Error::new(ErrorKind::Unsupported, op).because(format!("{key} is a view")));
        }
        let below = match &entry.parent {
            Some(parent) => Below::Apart(self.view(Item::Layer(parent))?),
            None => Below::Nothing,
        };
        Ok(Stage {
            dir: self.layout.diff(entry.serial),
            below,
            deletions: Deletions::Overlay {
                xattr_prefix: self.merge.xattr_prefix(),
            },
            keep_owners: self.merge.keeps_owners(),
        })
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let stage = self.stage(key)?;
        let _held = self.layout.projects.held()?;
        unpack::apply(&stage, tar, limits)
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        self.mount_with(key, at, None)
    }

    fn mount_as(&self, key: &Key, at: &Path, owners: &Owners) -> Result<Mount> {
        self.mount_with(key, at, Some(owners))
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.commit_when(key, layer, When::Now)
    }

    fn commit_soon(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.commit_when(key, layer, When::Settled)
    }

    fn settle(&self) -> Result<()> {
        self.layout.store.settle()
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        self.layout.rebase(key, parent)
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        let entry = self.layout.store.get("view", of)?;
        let stack = self.whole_stack(&entry)?;
        match stack[..] {
            [only] => Ok(View::plain(self.layout.diff(only))),
            _ => self.mounted_view(of, &entry, &stack),
        }
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        Ok(self.layout.store.get("find the parent", of)?.parent)
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let entry = self.layout.store.get("list the changes", of)?;
        let Some(parent) = &entry.parent else {
            return changes::compare(None, &self.layout.diff(entry.serial));
        };
        if is_view(&entry) {
            return Ok(Vec::new());
        }
        if !self.merge.capabilities().native_changes {
            return self.changes_naive(of);
        }
        if self.merge.keeps_links() && self.has_index(&entry)? {
            return self.changes_naive(of);
        }
        let lower = self.view(Item::Layer(parent))?;
        let upper = self.layout.diff(entry.serial);
        let found = native::changes(self.merge.xattr_prefix(), lower.path(), &upper)?;
        lower.close()?;
        found.map_or_else(|| self.changes_naive(of), Ok)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let entry = self.layout.store.get("measure", of)?;
        let is_layer = matches!(entry.state, EntryState::Layer { .. });
        let mut own = Space::default();
        if is_layer {
            own = self.layout.layer_size(entry.serial)?;
        } else if !is_view(&entry) {
            // Only a container's: what a layer shares with the containers above it is still its own.
            let sharing = self.capabilities().copy_up == CopyUp::Reflink;
            own = content_space(&self.layout.diff(entry.serial), sharing)?;
        }
        let mut referenced = own.bytes;
        for serial in self.layout.lowers(&entry)? {
            referenced += self.layout.layer_size(serial)?.bytes;
        }
        Ok(Usage {
            exclusive_bytes: own.bytes,
            referenced_bytes: referenced,
            exclusive_inodes: own.inodes,
            granularity_bytes: self.layout.block_size()?,
        })
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        let entry = self.layout.store.get("limit", Item::Container(key))?;
        let dir = self.layout.store.dir(entry.serial);
        self.layout.projects.limit(&dir, quota)
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        let op = "read the limits of";
        let entry = self.layout.store.get(op, Item::Container(key))?;
        let dir = self.layout.store.dir(entry.serial);
        self.layout.projects.quota(&dir)
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        self.layout.remove(of)
    }

    fn list(&self) -> Result<Vec<Info>> {
        Ok(self.layout.store.list())
    }

    fn sync(&self) -> Result<()> {
        self.layout.store.settle()?;
        self.layout.store.sync()
    }

    fn commits_waited(&self) -> Duration {
        self.layout.store.commits_waited()
    }

    fn drop_caches(&self) -> Result<OwnCache> {
        Ok(self.merge.own_cache())
    }

    fn backing_file(&self, of: Item<'_>, path: &Path) -> Result<Option<PathBuf>> {
        let entry = self.layout.store.get("find the files of", of)?;
        let stack = self.whole_stack(&entry)?;
        let dirs: Vec<_> = stack
            .iter()
            .map(|serial| self.layout.diff(*serial))
            .collect();
        lower_file::find(&dirs, path, self.merge.xattr_prefix())
    }

    fn daemon_usage(&self) -> DaemonUsage {
        self.merge.daemon_usage()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.layout.store.require_idle()
    }
}
