//! The contract between layerbench and a storage driver.
//!
//! # Vocabulary
//! A **layer** is an immutable set of filesystem changes, named by its chain id ([`LayerId`]); it stands on at most one
//! parent layer. A **container layer** is a writable layer named by a [`Key`], standing on at most one layer. A **view**
//! is a container layer that refuses writes. An [`Item`] is either. The **content** of an item is what a container sees:
//! its own changes on top of everything below. A **stage** is the directory the unpacker writes a layer's archive to.
//!
//! # Life cycle
//! ```text
//! prepare(key, parent, Writable) --> apply(key, tar)* --> commit(key, layer) --> a layer, key gone
//! prepare(key, Some(layer), Writable) --> mount(key, at) --> ... --> unmount --> remove(key)
//! prepare(key, Some(layer), View) ----> mount(key, at) --> ... --> unmount --> remove(key)
//! ```
//! Example, a pull of two layers: prepare `p1` on nothing, apply, commit as A; prepare `p2` on A, apply, commit as B.
//! Example, a container: prepare `c` on B, mount, write, unmount, `changes`, `export`, remove.
//! Example, a build step: prepare `s` on B, mount, write, unmount, commit as C; C is now a parent like any other.
//!
//! # Promises (the conformance case that proves each is named after it)
//! - Names are taken once: a second `prepare` of a key is `AlreadyExists`, whatever its kind. *[duplicate_key_is_refused]*
//! - The parent must exist: otherwise `NotFound`, and nothing is left behind. *[missing_parent_is_refused]*
//! - After `commit` the key is gone and the layer is immutable. *[commit_consumes_the_key]*
//! - `remove` of a layer with children is `InUse` and changes nothing. *[layer_in_use_is_kept]*
//! - `remove` of a mounted item is `InUse` and changes nothing. *[mounted_item_is_kept]*
//! - Siblings never see one another's writes, and nothing changes a layer. *[siblings_are_isolated]*, *[image_never_changes]*
//! - An operation that fails leaves no item, mount or file behind. *[failed_apply_leaves_nothing]*
//! - State survives `open` of the same root, and half-made items do not. *[reopen_restores_state]*
//! - All methods may be called from several threads. *[parallel_prepare_and_remove]*

use std::fmt::Debug;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capabilities::Capabilities;
use crate::changes::{self, Change};
use crate::error::{Error, ErrorKind, Result};
use crate::export;
use crate::host::{Host, Support};
use crate::ids::{Key, LayerId};
use crate::mount::{self, Mount};
use crate::owners::Owners;
use crate::subject::{Backing, OptionSpec, Options};
use crate::unpack::{self, Applied, Limits, Stage};
use crate::usage::{self, StoreSpace};
use crate::view::View;

/// A kind of driver: static, one per file, listed in [`crate::ALL`].
pub trait Backend: Debug + Send + Sync {
    /// The field's own name: `overlay2`, `btrfs`.
    fn name(&self) -> &'static str;

    /// One sentence for `layerbench list`.
    fn summary(&self) -> &'static str;

    /// The backing stores it can stand on, the default first.
    fn backings(&self) -> &'static [Backing];

    /// The options it understands.
    fn options(&self) -> &'static [OptionSpec] {
        &[]
    }

    /// Whether this host can run it, and what would mend it if not. Changes nothing on the host.
    fn probe(&self, host: &Host) -> Support;

    /// Opens (or creates) the driver's state under `root`; half-made items of an earlier process are discarded.
    ///
    /// # Errors
    /// `Unsupported` when the backing is unfit (with the reason), `Missing` when a tool is absent, `BadInput` for an
    /// option value it does not know.
    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>>;
}

/// Where a driver may write: one directory of one backing store, owned by a run.
#[derive(Debug, Clone)]
pub struct Root {
    /// A directory for the driver's state. On [`Backing::Pool`] it lies on the host's filesystem.
    pub dir: PathBuf,
    /// What the directory stands on.
    pub backing: Backing,
    /// For [`Backing::Pool`]: the sparse file to build the pool on.
    pub store_file: Option<PathBuf>,
    /// A name unique to the run, `[a-z0-9-]`, for things with a host-wide name (zpools).
    pub run_id: String,
}

/// Whether a container layer can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An ordinary container layer.
    Writable,
    /// A view: mounted read-only, every write is EROFS.
    View,
}

/// One thing a driver keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A container layer or view.
    Container(&'a Key),
    /// An immutable layer.
    Layer(&'a LayerId),
}

impl std::fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Container(key) => write!(f, "container layer {key}"),
            Self::Layer(id) => write!(f, "layer {id}"),
        }
    }
}

/// What `list` says of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The container layer's name; `None` for a layer.
    pub key: Option<Key>,
    /// The layer's id; `None` for a container layer.
    pub layer: Option<LayerId>,
    /// The layer it stands on.
    pub parent: Option<LayerId>,
    /// `None` for a layer.
    pub kind: Option<Kind>,
}

/// The space an item takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Usage {
    /// Bytes allocated on the backing store for this item alone: what its removal frees.
    pub exclusive_bytes: u64,
    /// Bytes allocated for everything it shows, shared or not.
    pub referenced_bytes: u64,
    /// Inodes that belong to this item alone.
    pub exclusive_inodes: u64,
    /// The smallest amount this driver can tell apart, in bytes: a reading below it is noise.
    pub granularity_bytes: u64,
}

/// The most that a container layer itself may take; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Bytes on the backing store.
    pub bytes: Option<u64>,
    /// Files, directories and whatever else takes an inode.
    pub inodes: Option<u64>,
}

/// What helper processes (FUSE daemons) have cost since the driver was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaemonUsage {
    /// User and system CPU time, of live and of ended daemons.
    pub cpu: Duration,
    /// The part of it that belongs to daemons alive now; an ended one, once reaped, is among this process's children.
    pub live_cpu: Duration,
    /// The largest resident set of any one of them, in bytes.
    pub peak_rss_bytes: u64,
    /// Daemons alive now.
    pub alive: u32,
}

/// What a driver caches beside the kernel's page cache, once it was asked to give it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnCache {
    /// Nothing, and how that is known: `the pool was exported and imported`.
    Empty(String),
    /// It may hold data that no system call shows, and why it could not give it up.
    Held(String),
}

/// An opened driver. See the module text for the vocabulary, the life cycle and the promises.
pub trait Driver: Debug + Send + Sync {
    /// The facts this driver declares, for this backing and these options.
    fn capabilities(&self) -> &Capabilities;

    /// What is in effect, for the report: versions, effective mount options, and each fall-back with its reason.
    /// Keys are short (`version`, `redirect_dir`, `reflink`, `fallback`); a key may repeat.
    fn facts(&self) -> Vec<(String, String)>;

    /// The part of the subject's name that says what it stands on: `ext4`, `zfs-fuse-0.7.0`.
    fn ground_label(&self) -> String;

    /// A directory of the backing store outside every layer: volumes and the `hostdir` control live here.
    fn plain_dir(&self) -> &Path;

    /// Makes a new container layer (or view) on `parent`.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound` (parent), `Unsupported` (too many layers, and how many are allowed).
    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()>;

    /// Where and how the unpacker writes into `key`.
    ///
    /// # Errors
    /// `NotFound`; `InUse` when the key is mounted.
    fn stage(&self, key: &Key) -> Result<Stage>;

    /// Applies one uncompressed layer archive (OCI image spec, layer.md). The archive is hostile: nothing in it may
    /// touch a path outside the key's content. On failure the key still exists and must be removed by the caller.
    ///
    /// # Errors
    /// `BadInput` for a malformed or hostile archive, `NoSpace`, and whatever writing may give.
    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        unpack::apply(&self.stage(key)?, tar, limits)
    }

    /// Mounts a container layer on the existing directory `at`. Several mounts of one key are allowed if all have ended
    /// before the key is changed otherwise.
    ///
    /// # Errors
    /// `NotFound`, and whatever the mount may give, with the kernel's own words.
    fn mount(&self, key: &Key, at: &Path) -> Result<Mount>;

    /// As [`Driver::mount`], with other owners shown, and stored as they were: nothing is copied or changed for it.
    /// *[ids_are_mapped_without_copying]*
    ///
    /// # Errors
    /// `Unsupported` unless [`Capabilities::idmapped_mounts`]; `InUse` where it is mounted with others already, and only
    /// one can be had at a time, which holds for [`Driver::mount`] and [`Driver::view`] meanwhile too.
    fn mount_as(&self, key: &Key, at: &Path, owners: &Owners) -> Result<Mount> {
        mount::shown_to(self.mount(key, at)?, owners)
    }

    /// Turns a container layer into an immutable layer. The key is gone afterwards.
    ///
    /// # Errors
    /// `AlreadyExists` (the layer is there: remove the key), `InUse` (mounted), `NotFound`.
    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()>;

    /// As [`Driver::commit`], but what is committed lasts beyond this process only from the next [`Driver::settle`] on:
    /// several layers wait for the disk once. To all who use this driver it is a layer at once. After a crash before that
    /// it is not there, nor what was prepared on it; its key may be, with whatever content.
    ///
    /// # Errors
    /// As `commit`.
    fn commit_soon(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.commit(key, layer)
    }

    /// Has everything that was committed by [`Driver::commit_soon`] last, by whomever it was.
    ///
    /// # Errors
    /// Whatever waiting for the disk gives; what was not settled can be removed, or settled later.
    fn settle(&self) -> Result<()> {
        Ok(())
    }

    /// Sets the parent of an unmounted container layer that was prepared on nothing and unpacked with
    /// [`crate::unpack::Below::Unknown`], so that layers can be applied in parallel.
    ///
    /// # Errors
    /// `Unsupported` unless [`Capabilities::parallel_apply`]; `NotFound`, `InUse`.
    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        let _ = parent;
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("move {key} onto another parent"),
        )
        .because("this driver applies layers in order"))
    }

    /// A directory that shows the item's content, read-only by convention; mounted for the occasion where needed.
    ///
    /// # Errors
    /// `NotFound`, and whatever a mount may give.
    fn view(&self, of: Item<'_>) -> Result<View>;

    /// The layer an item stands on.
    ///
    /// # Errors
    /// `NotFound`.
    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>>;

    /// What the item changed, sorted by path. The default compares two trees.
    ///
    /// # Errors
    /// `NotFound`, and whatever reading may give.
    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.changes_naive(of)
    }

    /// What the item changed, found by comparing its whole content with its parent's: slow, and the yardstick that
    /// every faster `changes` must equal. *[changes_equal_the_naive_comparison]*
    ///
    /// # Errors
    /// As `changes`.
    fn changes_naive(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let upper = self.view(of)?;
        let lower = self
            .parent(of)?
            .map(|id| self.view(Item::Layer(&id)))
            .transpose()?;
        let found = changes::compare(lower.as_ref().map(View::path), upper.path())?;
        upper.close()?;
        lower.map_or(Ok(()), View::close)?;
        Ok(found)
    }

    /// Writes the item's own changes as an OCI layer archive, uncompressed, in canonical order.
    ///
    /// # Errors
    /// As `changes`, and whatever the sink gives.
    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        let found = self.changes(of)?;
        let view = self.view(of)?;
        export::write(view.path(), &found, sink)?;
        view.close()
    }

    /// The space the item takes, after making sure that pending writes are counted.
    ///
    /// # Errors
    /// `NotFound`, and whatever reading may give.
    fn usage(&self, of: Item<'_>) -> Result<Usage>;

    /// Limits what a container layer itself may take; what it stands on does not count. The limit lasts until it is set
    /// anew, over remounts and restarts, and goes with the container layer.
    ///
    /// # Errors
    /// `Unsupported` for a limit that is not declared by [`Capabilities::quota_bytes`] or
    /// [`Capabilities::quota_inodes`], and nothing is changed: no limit is ever ignored in silence. `NotFound`.
    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        self.parent(Item::Container(key))?;
        if quota == Quota::default() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("limit the container layer {key}"),
        )
        .because("this driver holds no limits here"))
    }

    /// The limits of a container layer that are in force.
    ///
    /// # Errors
    /// `NotFound`.
    fn quota(&self, key: &Key) -> Result<Quota> {
        self.parent(Item::Container(key))?;
        Ok(Quota::default())
    }

    /// Removes an item and everything in it, nested subvolumes and datasets included.
    ///
    /// # Errors
    /// `InUse` (children, or mounted), `NotFound`.
    fn remove(&self, of: Item<'_>) -> Result<()>;

    /// Everything the driver keeps, in order of creation.
    ///
    /// # Errors
    /// When the records cannot be read.
    fn list(&self) -> Result<Vec<Info>>;

    /// Everything written so far is durable on the backing store when this returns.
    ///
    /// # Errors
    /// Whatever syncfs gives.
    fn sync(&self) -> Result<()>;

    /// Gives up what the driver caches beside the kernel's page cache: the memory of its daemons, the ARC of a pool.
    /// Loses nothing that was written, and what is mounted stays usable: where the two cannot be had together, the cache is
    /// held. No other method may be called meanwhile. *[dropped_caches_lose_nothing]*
    ///
    /// # Errors
    /// When the store cannot be used any more, or whatever the tools give.
    fn drop_caches(&self) -> Result<OwnCache> {
        Ok(OwnCache::Empty("it caches nothing itself".to_owned()))
    }

    /// The file of the backing store whose pages a container on `of` (or `of` itself) fills when it reads the file `path`
    /// of it, where that is an ordinary file which others read too. `None`: each container has a file of its own, or there
    /// is no ordinary file.
    ///
    /// # Errors
    /// `NotFound` for the item, and whatever looking for the file gives.
    fn backing_file(&self, of: Item<'_>, path: &Path) -> Result<Option<PathBuf>> {
        let _ = path;
        self.parent(of).map(|_| None)
    }

    /// What the whole backing store holds, as of its last sync: the space everything takes, whoever put it there.
    ///
    /// # Errors
    /// Whatever the store gives.
    fn store_space(&self) -> Result<StoreSpace> {
        usage::of_store(self.plain_dir())
    }

    /// How long [`Driver::commit`] has waited for the disk since the driver was opened: the part of it that is spent making
    /// data durable. Zero where commits wait for nothing, and where the tools do not tell it apart.
    fn commits_waited(&self) -> Duration {
        Duration::ZERO
    }

    /// What helper processes have cost so far; zero for drivers without any.
    fn daemon_usage(&self) -> DaemonUsage {
        DaemonUsage::default()
    }

    /// Releases what the driver holds on the host (pools, daemons). Items stay, for a later `open`; dropping the driver
    /// does the same but can only log a failure.
    ///
    /// # Errors
    /// `InUse` when something is still mounted.
    fn close(self: Box<Self>) -> Result<()>;
}

/// `NotFound` for an item, in the words every driver uses.
pub fn not_found(op: &'static str, item: Item<'_>) -> Error {
    Error::new(ErrorKind::NotFound, op).because(format!("there is no {item}"))
}
