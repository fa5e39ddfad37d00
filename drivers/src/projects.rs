//! Limits of container layers that are directories, by project quotas of the filesystem below (ext4, xfs).
//!
//! With `quota=on` each item's directory is a **project** of its own: everything made in it, by the driver or by a
//! container, counts for it. The number comes from the directory's inode, which no two directories of a filesystem share:
//! no list of numbers is kept that could be lost, several stores on one filesystem cannot meet, and a number is free
//! again when its directory is gone. The work directory of an overlay lies in the same project as its upper directory, as
//! it must: between projects a rename or a link is EXDEV.
//!
//! What an item has when it is prepared (a copy of its image, where the driver makes one) is no write of the
//! container's: it is remembered in the link `given` beside the item, and added to every limit.
//!
//! The filesystem must have been made for it (see [`crate::sandbox::Ground`]) and be the run's own: elsewhere limits
//! would outlive a run that was killed. A process with CAP_SYS_RESOURCE is held to no limit of these; who works for a
//! container puts it down first ([`Projects::held`]).

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use crate::driver::{Quota, Root};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::subject::{Backing, OptionSpec, Options};
use crate::sys::project::{self, BLOCK, Project};

/// The option of drivers that can be limited so.
pub(crate) const QUOTA: OptionSpec = OptionSpec {
    name: "quota",
    values: &["off", "on"],
    doc: "on: containers can be limited in bytes and inodes, on a backing made for project quotas (ext4, xfs); costs \
          bookkeeping at every allocation",
};

/// Numbers begin here: those that administrators give are small.
const FIRST: u32 = 1 << 30;

/// Beside the item: what its project had when it was prepared, `BLOCKS INODES`.
const GIVEN: &str = "given";

/// The projects of one store; without `quota=on` nothing is done.
#[derive(Debug)]
pub(crate) struct Projects {
    on: bool,
}

impl Projects {
    /// Makes sure that limits hold in `root`, if they are asked for.
    ///
    /// # Errors
    /// `Unsupported`, with the reason.
    pub(crate) fn open(root: &Root, options: &Options) -> Result<Self> {
        if !options.wants_quota() {
            return Ok(Self { on: false });
        }
        let unfit = |why: String| {
            Error::new(ErrorKind::Unsupported, "limit containers in")
                .path(&root.dir)
                .because(why)
        };
        if !matches!(root.backing, Backing::Ext4 | Backing::Xfs) {
            return Err(unfit(format!(
                "project quotas need an ext4 or xfs of the run's own, not {}",
                root.backing
            )));
        }
        let dir = open(&root.dir)?;
        match project::enforce(dir.as_fd()) {
            Err(error) if error.raw_os_error() != Some(libc::EEXIST) => Err(unfit(format!(
                "its filesystem holds no project quotas: {error}"
            ))),
            _ => Ok(Self { on: true }),
        }
    }

    /// Whether containers can be limited.
    pub(crate) fn on(&self) -> bool {
        self.on
    }

    /// What is in effect, for the report.
    pub(crate) fn fact(&self) -> Option<(String, String)> {
        let says = "project quotas; a process that may override limits (CAP_SYS_RESOURCE) or owns a file and runs in the \
                    first user namespace can leave its project";
        self.on.then(|| ("quota".to_owned(), says.to_owned()))
    }

    /// Gives the new directory of an item a project of its own, before anything is made in it.
    pub(crate) fn begin(&self, dir: &Path) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let file = open(dir)?;
        let inode = std::fs::metadata(dir).attempt("stat", dir)?.ino();
        let id = u32::try_from(inode)
            .ok()
            .filter(|id| *id < FIRST)
            .map(|id| id | FIRST)
            .ok_or_else(|| {
                Error::new(ErrorKind::Unsupported, "number the project of")
                    .path(dir)
                    .because(format!("its inode number {inode} is too large"))
            })?;
        // What had this number before is gone; its limits went with it, unless its process was killed.
        project::limit(file.as_fd(), id, 0, 0).attempt("lift the limits of the project of", dir)?;
        project::join(file.as_fd(), id).attempt("put into a project", dir)
    }

    /// Remembers what an item was given, before it is published.
    pub(crate) fn given(&self, dir: &Path) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let Some((_, _, now)) = read(dir)? else {
            return Ok(());
        };
        let text = format!("{} {}", now.bytes.div_ceil(BLOCK), now.inodes);
        let link = dir.join(GIVEN);
        symlink(text, &link).attempt("remember what was given to", &link)
    }

    /// Limits the item in the directory `dir`.
    pub(crate) fn limit(&self, dir: &Path, quota: Quota) -> Result<()> {
        if !self.on {
            if quota == Quota::default() {
                return Ok(());
            }
            return Err(
                Error::new(ErrorKind::Unsupported, "limit the container layer")
                    .because("quotas are off")
                    .hint("quota=on turns them on, where the backing store can"),
            );
        }
        let Some((file, id, _)) = read(dir)? else {
            if quota == Quota::default() {
                return Ok(());
            }
            return Err(
                Error::new(ErrorKind::Unsupported, "limit the container layer")
                    .path(dir)
                    .because("it is a view, or was made without quota=on"),
            );
        };
        let (blocks, inodes) = given(dir)?;
        // A limit of nothing is the smallest there is: 0 would be none.
        let most = |asked: Option<u64>, unit: u64, given: u64| {
            asked.map_or(0, |asked| (asked / unit).saturating_add(given).max(1))
        };
        project::limit(
            file.as_fd(),
            id,
            most(quota.bytes, BLOCK, blocks),
            most(quota.inodes, 1, inodes),
        )
        .attempt("limit the project of", dir)
    }

    /// The limits of the item in the directory `dir`.
    pub(crate) fn quota(&self, dir: &Path) -> Result<Quota> {
        if !self.on {
            return Ok(Quota::default());
        }
        let Some((_, _, now)) = read(dir)? else {
            return Ok(Quota::default());
        };
        let (blocks, inodes) = given(dir)?;
        let asked = |most: u64, given: u64| (most > 0).then(|| most.saturating_sub(given));
        Ok(Quota {
            bytes: asked(now.most_blocks, blocks).map(|blocks| blocks * BLOCK),
            inodes: asked(now.most_inodes, inodes),
        })
    }

    /// Lifts the limits of the item in the directory `dir`: it becomes a layer, or goes.
    pub(crate) fn end(&self, dir: &Path) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let file = open(dir)?;
        let id = project::of(file.as_fd()).attempt("read the project of", dir)?;
        if id < FIRST {
            return Ok(());
        }
        project::limit(file.as_fd(), id, 0, 0).attempt("lift the limits of the project of", dir)
    }

    /// Until what it gives is dropped, this thread is held to limits like any other.
    pub(crate) fn held(&self) -> Result<Held> {
        if !self.on {
            return Ok(Held(None));
        }
        let op = || "of this thread".to_owned();
        let before = capabilities(None).attempt("read the capabilities", op())?;
        if !before.effective.contains(CapabilitySet::SYS_RESOURCE) {
            return Ok(Held(None));
        }
        let effective = before.effective - CapabilitySet::SYS_RESOURCE;
        let less = CapabilitySets {
            effective,
            permitted: before.permitted,
            inheritable: before.inheritable,
        };
        set_capabilities(None, less).attempt("put down a capability", op())?;
        Ok(Held(Some(before)))
    }
}

/// See [`Projects::held`].
#[derive(Debug)]
pub(crate) struct Held(Option<CapabilitySets>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(before) = self.0.take()
            && let Err(errno) = set_capabilities(None, before)
        {
            tracing::error!("the capability put down cannot be taken up again: {errno}");
        }
    }
}

fn open(dir: &Path) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(CWD, dir, flags, Mode::empty()).attempt("open the directory", dir)
}

/// The item's directory, its project and what that takes; nothing, where it has none.
fn read(dir: &Path) -> Result<Option<(OwnedFd, u32, Project)>> {
    let file = open(dir)?;
    let id = project::of(file.as_fd()).attempt("read the project of", dir)?;
    if id < FIRST {
        return Ok(None);
    }
    let now = project::read(file.as_fd(), id).attempt("read the limits of", dir)?;
    Ok(Some((file, id, now)))
}

/// What the item was given, in blocks and inodes.
fn given(dir: &Path) -> Result<(u64, u64)> {
    let link = dir.join(GIVEN);
    let text = std::fs::read_link(&link).attempt("read what was given to", &link)?;
    let text = text.to_string_lossy();
    text.split_once(' ')
        .and_then(|(blocks, inodes)| Some((blocks.parse().ok()?, inodes.parse().ok()?)))
        .ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "read what was given to")
                .path(&link)
                .because(format!("it says {text:?}"))
        })
}
