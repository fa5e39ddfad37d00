//! vfs: every container layer is a full copy of its parent. Nothing is shared by the driver, so nothing can go wrong
//! there: it is the plainest of all, and pays for it in `prepare` and in space.
//!
//! `e/<serial>/fs` is the whole content of an item.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, Mode, chmodat, mkdirat};

use crate::capabilities::{Capabilities, CopyUp};
use crate::copy::{self, Method};
use crate::driver::{Backend, Driver, Info, Item, Kind, Quota, Root, Usage};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fsprobe;
use crate::host::{Host, Support};
use crate::ids::{Key, LayerId};
use crate::mount::{self, Mount};
use crate::projects::{Projects, QUOTA};
use crate::remove;
use crate::store::{EntryState, Store, When};
use crate::subject::{Backing, OptionSpec, Options, SYNC};
use crate::unpack::{self, Applied, Below, Deletions, Limits, Stage};
use crate::usage;
use crate::view::View;

/// The `vfs` backend.
pub const VFS: &dyn Backend = &Vfs;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "copy",
        values: &["auto", "reflink", "range", "readwrite"],
        doc: "how files are copied: auto shares blocks where the filesystem can, else copies in the kernel",
    },
    SYNC,
    QUOTA,
];

#[derive(Debug)]
struct Vfs;

impl Backend for Vfs {
    fn name(&self) -> &'static str {
        "vfs"
    }

    fn summary(&self) -> &'static str {
        "a full copy of the image for every container: needs nothing, costs the most"
    }

    fn backings(&self) -> &'static [Backing] {
        Backing::ANY_FILESYSTEM
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn probe(&self, _host: &Host) -> Support {
        Support::Ready(Vec::new())
    }

    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
        options.check(self.name(), OPTIONS)?;
        let projects = Projects::open(root, options)?;
        let store = Store::open(&root.dir)?.syncing_commits(options.syncs_commits());
        for orphan in store.orphans()? {
            projects.end(&orphan)?;
            remove::tree(&orphan)?;
        }
        let plain = root.dir.join("plain");
        std::fs::create_dir_all(&plain).attempt("create the directory", &plain)?;
        let filesystem = fsprobe::probe(&root.dir)?;
        let method = method(options.get("copy").unwrap_or("auto"), &filesystem)?;
        let shared = match method {
            Method::Reflink => true,
            Method::Range => filesystem.capabilities.reflink,
            Method::BySize | Method::ReadWrite => false,
        };
        let capabilities = Capabilities {
            constant_time_prepare: false,
            shares_data_with_parent: shared,
            layers_are_sealed: false,
            layers_survive_power_cuts: options.syncs_commits(),
            // A container's copy of its image is synced by nobody; shared blocks have been, with the layer.
            image_files_survive_power_cuts: shared,
            copy_up: if shared {
                CopyUp::Blocks
            } else {
                CopyUp::PaidAtPrepare
            },
            // Copies are made without flags: an immutable file could not be given its attributes.
            file_flags_of_layers_hold: false,
            file_flags_reach_children: false,
            quota_bytes: projects.on(),
            quota_inodes: projects.on(),
            // It writes to the filesystem itself, which lets a process with CAP_SYS_RESOURCE pass.
            quota_holds_the_privileged: !projects.on(),
            ..filesystem.capabilities
        };
        Ok(Box::new(Opened {
            store,
            projects,
            plain,
            ground: filesystem.kind,
            method,
            asked: options.get("copy").unwrap_or("auto").to_owned(),
            capabilities,
        }))
    }
}

fn method(asked: &str, filesystem: &fsprobe::Filesystem) -> Result<Method> {
    match asked {
        "reflink" if !filesystem.capabilities.reflink => Err(Error::new(
            ErrorKind::Unsupported,
            "use copy=reflink with vfs",
        )
        .because(format!("{} cannot share blocks here", filesystem.kind))
        .hint("take copy=auto, or a backing of xfs or btrfs")),
        "reflink" => Ok(Method::Reflink),
        "auto" if filesystem.capabilities.reflink => Ok(Method::Reflink),
        "auto" => Ok(Method::BySize),
        "range" => Ok(Method::Range),
        _ => Ok(Method::ReadWrite),
    }
}

#[derive(Debug)]
struct Opened {
    store: Store,
    projects: Projects,
    plain: PathBuf,
    ground: String,
    method: Method,
    asked: String,
    capabilities: Capabilities,
}

impl Opened {
    fn content(&self, serial: u64) -> PathBuf {
        self.store.dir(serial).join("fs")
    }

    /// Makes the content of a new item.
    fn fill(&self, to: &Path, parent: Option<&LayerId>) -> Result<()> {
        match parent {
            Some(parent) => {
                let parent = self.store.get("copy", Item::Layer(parent))?;
                copy::tree(&self.content(parent.serial), to, self.method).map(drop)
            }
            None => {
                mkdirat(CWD, to, Mode::RWXU).attempt("create the directory", to)?;
                let mode = Mode::from_raw_mode(0o755);
                chmodat(CWD, to, mode, rustix::fs::AtFlags::empty()).attempt("set the mode of", to)
            }
        }
    }

    fn commit_when(&self, key: &Key, layer: &LayerId, when: When) -> Result<()> {
        self.store.commit(key, layer, when, |_| Ok(()))?;
        if self.projects.on() {
            // The layer is there whatever becomes of this: nobody writes to it.
            let entry = self.store.get("commit", Item::Layer(layer))?;
            if let Err(error) = self.projects.end(&self.store.dir(entry.serial)) {
                tracing::warn!("{error}");
            }
        }
        Ok(())
    }
}

impl Driver for Opened {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![(
            "copy".to_owned(),
            match self.method {
                Method::Reflink => "reflink (FICLONE)",
                Method::Range => "copy_file_range",
                Method::BySize => "copy_file_range, small files read and written",
                Method::ReadWrite => "read and write",
            }
            .to_owned(),
        )];
        facts.extend(self.projects.fact());
        facts.push((
            "native_diff".to_owned(),
            "off, because a copy does not know what was done to it: whole trees are compared"
                .to_owned(),
        ));
        if self.asked == "auto" && self.method != Method::Reflink {
            facts.push((
                "fallback".to_owned(),
                format!("no reflink: {} cannot share blocks here", self.ground),
            ));
        }
        facts
    }

    fn ground_label(&self) -> String {
        self.ground.clone()
    }

    fn plain_dir(&self) -> &Path {
        &self.plain
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        let slot = self.store.reserve(key, parent, kind)?;
        let content = slot.dir().join("fs");
        let filled = self
            .projects
            .begin(slot.dir())
            .and_then(|()| self.fill(&content, parent))
            .and_then(|()| self.projects.given(slot.dir()));
        if let Err(error) = filled {
            if let Err(rest) = remove::tree(&content) {
                tracing::error!("{rest}; the next open discards it");
            }
            return Err(error);
        }
        slot.publish()
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        let op = "unpack into the container layer";
        let entry = self.store.require_unmounted(op, Item::Container(key))?;
        if matches!(
            entry.state,
            EntryState::Container {
                kind: Kind::View,
                ..
            }
        ) {
            return Err(Error::new(ErrorKind::Unsupported, op).because(format!("{key} is a view")));
        }
        Ok(Stage {
            dir: self.content(entry.serial),
            below: match entry.parent {
                Some(_) => Below::Merged,
                None => Below::Nothing,
            },
            deletions: Deletions::Remove,
            keep_owners: self.capabilities.arbitrary_owners,
        })
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let stage = self.stage(key)?;
        let _held = self.projects.held()?;
        unpack::apply(&stage, tar, limits)
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        let item = Item::Container(key);
        let entry = self.store.get("mount", item)?;
        let in_use = self.store.mounted(item)?;
        let view = matches!(
            entry.state,
            EntryState::Container {
                kind: Kind::View,
                ..
            }
        );
        let mount = mount::bind(&self.content(entry.serial), at, view)?;
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
        Ok(View::plain(self.content(entry.serial)))
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        Ok(self.store.get("find the parent of", of)?.parent)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let entry = self.store.get("measure", of)?;
        self.store.sync()?;
        let content = self.content(entry.serial);
        let (space, shared) = if self.capabilities.reflink {
            usage::with_sharing(&content)?
        } else {
            (usage::of_tree(&content)?, 0)
        };
        Ok(Usage {
            exclusive_bytes: space.bytes - shared,
            referenced_bytes: space.bytes,
            exclusive_inodes: space.inodes,
            granularity_bytes: 4096,
        })
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        let entry = self.store.get("limit", Item::Container(key))?;
        self.projects.limit(&self.store.dir(entry.serial), quota)
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        let entry = self.store.get("read the limits of", Item::Container(key))?;
        self.projects.quota(&self.store.dir(entry.serial))
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        self.store.remove(of, |_, dir| {
            self.projects.end(dir)?;
            remove::tree(dir)
        })
    }

    fn list(&self) -> Result<Vec<Info>> {
        Ok(self.store.list())
    }

    fn sync(&self) -> Result<()> {
        self.store.settle()?;
        self.store.sync()
    }

    fn commits_waited(&self) -> Duration {
        self.store.commits_waited()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.store.require_idle()
    }
}

#[cfg(test)]
mod tests;
