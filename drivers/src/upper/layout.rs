//! The form on disk: `e/<serial>/{diff,work}`, a plain directory beside it, and mountpoints for views.

use std::collections::HashMap;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{attributes, merge};
use crate::driver::{Item, Kind};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};
use crate::projects::Projects;
use crate::remove;
use crate::store::{Entry, Store};
use crate::usage::{self, Space};

/// The directories of one driver root.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) store: Store,
    pub(crate) projects: Projects,
    plain: PathBuf,
    views: PathBuf,
    next_view: AtomicU64,
    /// What layers take, by serial: they never change, so they are measured once.
    sizes: Mutex<HashMap<u64, Space>>,
}

impl Layout {
    /// Opens or makes the directories, and discards what an earlier process left half-made.
    pub(crate) fn open(root: &Path, sync_commits: bool, projects: Projects) -> Result<Self> {
        let store = Store::open(root)?.syncing_commits(sync_commits);
        for orphan in store.orphans()? {
            projects.end(&orphan)?;
            remove::tree(&orphan)?;
        }
        let (plain, views) = (root.join("plain"), root.join("v"));
        for dir in [&plain, &views] {
            std::fs::create_dir_all(dir).attempt("create the directory", dir)?;
        }
        // Mountpoints of views that a killed process left; one that is still mounted in this namespace stays.
        for entry in std::fs::read_dir(&views).attempt("list", &views)? {
            let path = entry.attempt("list", &views)?.path();
            if let Err(error) = std::fs::remove_dir(&path) {
                tracing::warn!("{}", Error::io("remove the old mountpoint", &path, error));
            }
        }
        Ok(Self {
            store,
            projects,
            plain,
            views,
            next_view: AtomicU64::new(u64::from(std::process::id()) << 32),
            sizes: Mutex::default(),
        })
    }

    pub(crate) fn plain(&self) -> &Path {
        &self.plain
    }

    /// What an item itself changed.
    pub(crate) fn diff(&self, serial: u64) -> PathBuf {
        self.store.entries_dir().join(merge::diff_name(serial))
    }

    /// The layers an entry stands on, the topmost first.
    pub(crate) fn lowers(&self, entry: &Entry) -> Result<Vec<u64>> {
        self.store.chain(entry.parent.as_ref())
    }

    /// Makes an item. Its root directory shows the parent's attributes from the first moment.
    pub(crate) fn prepare(
        &self,
        key: &Key,
        parent: Option<&LayerId>,
        kind: Kind,
        max_layers: Option<u32>,
        is_private_xattr: impl Fn(&[u8]) -> bool,
    ) -> Result<()> {
        let slot = self.store.reserve(key, parent, kind)?;
        let lowers = self.store.chain(parent)?;
        let depth = u32::try_from(lowers.len()).unwrap_or(u32::MAX);
        if let Some(limit) = max_layers.filter(|limit| depth > *limit) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("prepare the container layer {key}"),
            )
            .because(format!(
                "it would stand on {depth} layers, and at most {limit} can be mounted"
            ))
            .hint("join layers of the image"));
        }
        let made = self.fill(slot.dir(), lowers.first().copied(), kind, is_private_xattr);
        made.and_then(|()| {
            let dir = slot.dir().to_owned();
            slot.publish()
                .map_err(|error| (error, dir))
                .or_else(|(error, dir)| {
                    remove::tree(&dir)?;
                    Err(error)
                })
        })
    }

    fn fill(
        &self,
        dir: &Path,
        top: Option<u64>,
        kind: Kind,
        is_private_xattr: impl Fn(&[u8]) -> bool,
    ) -> Result<()> {
        if kind == Kind::View && top.is_some() {
            return Ok(());
        }
        self.projects.begin(dir)?;
        let make = |name: &str| {
            let path = dir.join(name);
            std::fs::DirBuilder::new()
                .mode(0o755)
                .create(&path)
                .attempt("create the directory", &path)?;
            Ok(path)
        };
        let outcome = make("diff").and_then(|diff| {
            match top {
                Some(top) => {
                    drop(make("work")?);
                    attributes::copy(&self.diff(top), &diff, is_private_xattr)
                }
                // Whatever the umask is, an empty root is 0755.
                None => std::fs::set_permissions(&diff, std::fs::Permissions::from_mode(0o755))
                    .attempt("set the mode of", &diff),
            }
        });
        let outcome = outcome.and_then(|()| self.projects.given(dir));
        if outcome.is_err() {
            for name in ["diff", "work"] {
                remove::tree(&dir.join(name))?;
            }
        }
        outcome
    }

    /// The smallest amount the filesystem allocates.
    pub(crate) fn block_size(&self) -> Result<u64> {
        let dir = self.store.entries_dir();
        Ok(rustix::fs::statvfs(dir)
            .attempt("ask the filesystem of", dir)?
            .f_frsize)
    }

    /// Moves an unmounted container layer that stands on nothing onto a parent.
    pub(crate) fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        self.store.rebase(key, parent, |entry| {
            let work = self.store.dir(entry.serial).join("work");
            match std::fs::create_dir(&work) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    Err(Error::io("create the directory", &work, error))
                }
                _ => Ok(()),
            }
        })
    }

    /// A fresh mountpoint; the caller removes it.
    pub(crate) fn view_point(&self) -> Result<PathBuf> {
        let number = self.next_view.fetch_add(1, Ordering::Relaxed);
        let point = self.views.join(format!("{number:x}"));
        std::fs::create_dir(&point).attempt("create the mountpoint", &point)?;
        Ok(point)
    }

    /// Removes an item and its directory.
    pub(crate) fn remove(&self, of: Item<'_>) -> Result<()> {
        self.store.remove(of, |entry, dir| {
            self.sizes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&entry.serial);
            self.projects.end(dir)?;
            remove::tree(dir)
        })
    }

    /// What a layer takes; measured once.
    pub(crate) fn layer_size(&self, serial: u64) -> Result<Space> {
        let known = |sizes: &Mutex<HashMap<u64, Space>>| {
            sizes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&serial)
                .copied()
        };
        if let Some(size) = known(&self.sizes) {
            return Ok(size);
        }
        let size = content_space(&self.diff(serial), false)?;
        self.sizes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(serial, size);
        Ok(size)
    }
}

/// What is in a directory, the directory itself not counted: an idle container takes nothing. Blocks whose allocation
/// is delayed count already (ext4, xfs, btrfs and tmpfs tell them in st_blocks).
/// With `sharing`, blocks that other files have too (clones of lower files) are not counted.
pub(crate) fn content_space(dir: &Path, sharing: bool) -> Result<Space> {
    let (whole, shared) = if sharing {
        usage::with_sharing(dir)?
    } else {
        (usage::of_tree(dir)?, 0)
    };
    let own = std::fs::metadata(dir).attempt("measure", dir)?.blocks() * 512;
    Ok(Space {
        bytes: whole.bytes.saturating_sub(own + shared),
        inodes: whole.inodes.saturating_sub(1),
    })
}
