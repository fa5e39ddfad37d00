//! How a stack of directories becomes one tree: the difference between the drivers.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use crate::capabilities::Capabilities;
use crate::driver::{DaemonUsage, OwnCache};
use crate::error::{Attempt as _, Result};
use crate::mount::{self, Mount};
use crate::owners::Owners;

/// The directories one mount merges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stack<'a> {
    /// The directory that holds the items' directories.
    pub(crate) entries: &'a Path,
    /// Serials of the layers, the topmost first.
    pub(crate) lowers: &'a [u64],
    /// Serial of the item that takes the writes. Without it there are two lowers or more: the kernel refuses one alone.
    pub(crate) upper: Option<u64>,
    /// Mounted read-only although there is an upper.
    pub(crate) read_only: bool,
    /// The owners shown, where they are not those stored.
    pub(crate) owners: Option<&'a Owners>,
}

impl Stack<'_> {
    /// The directories of the lowers, relative to `entries`.
    pub(crate) fn lower_names(&self) -> impl Iterator<Item = PathBuf> {
        self.lowers.iter().copied().map(diff_name)
    }

    /// The upper and the work directory, relative to `entries`.
    pub(crate) fn upper_names(&self) -> Option<(PathBuf, PathBuf)> {
        self.upper
            .map(|serial| (diff_name(serial), PathBuf::from(format!("{serial}/work"))))
    }
}

/// `7/diff`.
pub(crate) fn diff_name(serial: u64) -> PathBuf {
    PathBuf::from(format!("{serial}/diff"))
}

/// Mounts stacks.
pub(crate) trait Merge: Debug + Send + Sync {
    /// Mounts a stack on the existing directory `at`.
    fn merge(&self, stack: &Stack<'_>, at: &Path) -> Result<Mount>;

    /// Whether the mechanism shows [`Stack::owners`] only where the directories it merges do.
    fn maps_layers(&self) -> bool {
        false
    }

    /// What the mechanism declares.
    fn capabilities(&self) -> &Capabilities;

    /// Versions, effective options, fall-backs.
    fn facts(&self) -> Vec<(String, String)>;

    /// How deletion is recorded in an upper directory: the prefix of the mechanism's own xattrs.
    fn xattr_prefix(&self) -> &'static str;

    /// Other names and xattrs of the mechanism's own that stand in an upper directory and are no content.
    fn is_private_xattr(&self, name: &[u8]) -> bool {
        name.starts_with(self.xattr_prefix().as_bytes())
    }

    /// Whether lower hard links stay links when one of their names is written (index=on): such an upper directory tells
    /// the truth only together with its index.
    fn keeps_links(&self) -> bool {
        false
    }

    /// Whether owners other than the caller can be stored.
    fn keeps_owners(&self) -> bool;

    /// Called before a container layer becomes a layer.
    fn before_mount(&self, work: &Path) -> Result<()> {
        let _ = work;
        Ok(())
    }

    /// See [`crate::Driver::drop_caches`]: every mount has a daemon of its own, or none has any.
    fn own_cache(&self) -> OwnCache {
        match self.daemon_usage().alive {
            0 => OwnCache::Empty("no daemon is running".to_owned()),
            alive => OwnCache::Held(format!(
                "{alive} mounted containers have daemons, and what a daemon keeps in its own memory no call shows"
            )),
        }
    }

    /// See [`crate::Driver::daemon_usage`].
    fn daemon_usage(&self) -> DaemonUsage {
        DaemonUsage::default()
    }
}

/// Merges a stack whose directories show the owners asked for: they are reached through a mount of all items that does,
/// made on the empty directory `point` for as long as it takes. What was merged keeps mounts of its own.
pub(crate) fn on_mapped_layers(
    stack: &Stack<'_>,
    owners: &Owners,
    point: &Path,
    merge: impl FnOnce(&Stack<'_>) -> Result<Mount>,
) -> Result<Mount> {
    let mapped = mount::bind_as(stack.entries, point, false, Some(owners))?;
    let merged = merge(&Stack {
        entries: point,
        ..*stack
    });
    let left = mapped
        .unmount()
        .and_then(|()| std::fs::remove_dir(point).attempt("remove the mountpoint", point));
    match (merged, left) {
        (Ok(merged), Ok(())) => Ok(merged),
        (Ok(merged), Err(error)) => merged.unmount().and(Err(error)),
        (Err(error), _) => Err(error),
    }
}
