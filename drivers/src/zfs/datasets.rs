//! The datasets of a pool: making, sealing, destroying and measuring them.

use std::path::Path;
use std::sync::atomic::Ordering;

use rustix::io::Errno;

use super::engine::Tool;
use super::parse::Inventory;
use super::pool::Pool;
use super::{namespace, parse};
use crate::driver::Kind;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::mount::unmount_at;

/// The snapshot that makes a dataset a layer.
pub(super) const SNAPSHOT: &str = "layer";
const READ_ONLY: [&str; 2] = ["-o", "readonly=on"];

impl Pool {
    /// `POOL/name`.
    pub(super) fn dataset(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// The dataset of an item.
    pub(super) fn item(&self, serial: u64) -> String {
        format!("{}/e{serial}", self.name)
    }

    /// Runs `zfs`, again while it is busy.
    pub(super) fn zfs(&self, args: &[&str]) -> Result<String> {
        self.engine.settle(Tool::Zfs, args)
    }

    /// Makes the dataset of a new item, not mounted.
    pub(super) fn make(&self, serial: u64, parent: Option<u64>, kind: Kind) -> Result<()> {
        let name = format!("e{serial}");
        if let Some(parent) = parent {
            let origin = format!("{}@{SNAPSHOT}", self.item(parent));
            return self.clone_unmounted(&origin, &name, kind == Kind::View);
        }
        let dataset = self.dataset(&name);
        let mut args = vec!["create", "-o", "canmount=noauto"];
        if kind == Kind::View {
            args.extend(READ_ONLY);
        }
        args.push(&dataset);
        self.zfs(&args).map(drop)
    }

    /// Clones a snapshot as `POOL/name`.
    pub(super) fn clone_unmounted(&self, origin: &str, name: &str, read_only: bool) -> Result<()> {
        let dataset = self.dataset(name);
        let mut args = vec!["clone", "-o", "canmount=noauto"];
        if read_only {
            args.extend(READ_ONLY);
        }
        args.extend([origin, &dataset]);
        if !self.engine.quirks.clone_mounts {
            return self.zfs(&args).map(drop);
        }
        // It comes mounted, asked or not; mounting belongs to `mount`.
        let _mounting = self.engine.mounting();
        self.zfs(&args)?;
        let at = self.mountpoints.join(name);
        await_service(&at)?;
        match unmount_at(&at) {
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(Error::io("unmount", at, errno)),
        }
    }

    /// Refuses writes to a layer's dataset from now on, and the writes that zfs-fuse makes by itself: reading the extended
    /// attributes of a file that has none stores an empty directory for them, 8 KiB each, even in a read-only mount.
    pub(super) fn freeze(&self, serial: u64) -> Result<()> {
        self.zfs(&["set", "readonly=on", &self.item(serial)])
            .map(drop)
    }

    /// Makes the content of an item the content of a layer.
    pub(super) fn seal(&self, serial: u64) -> Result<()> {
        let snapshot = format!("{}@{SNAPSHOT}", self.item(serial));
        match self.zfs(&["snapshot", &snapshot]) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                // Of an earlier commit that did not get as far as its record.
                self.zfs(&["destroy", &snapshot])?;
                self.zfs(&["snapshot", &snapshot]).map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Destroys an item's dataset with everything in it. `zfs` would unmount it wherever it is mounted: the caller has
    /// made sure that it is not.
    pub(super) fn destroy(&self, serial: u64) -> Result<()> {
        match self.zfs(&["destroy", "-r", &self.item(serial)]) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let base = self.base(serial);
        match std::fs::remove_dir(&base) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).attempt("remove the mountpoint", &base)
            }
            _ => Ok(()),
        }
    }

    /// All that is there.
    pub(super) fn inventory(&self) -> Result<Inventory> {
        let text = self.zfs(&["list", "-H", "-o", "name", "-t", "all", "-r", &self.name])?;
        parse::inventory(&text, &self.name)
    }

    /// Brings the accounts and the store file up to date: setting any property waits for the open transaction group.
    pub(super) fn flush(&self) -> Result<()> {
        if self.engine.quirks.modern_commands {
            return self
                .engine
                .call(Tool::Zpool, &["sync", self.name.as_str()])
                .map(drop);
        }
        let flush = self.flushes.fetch_add(1, Ordering::Relaxed);
        self.zfs(&["set", &format!("layerbench:flush={flush}"), &self.name])
            .map(drop)
    }

    /// Bytes of an item: used by it alone, and shown by it.
    pub(super) fn bytes(&self, serial: u64) -> Result<[u64; 2]> {
        let text = self.zfs(&[
            "get",
            "-Hp",
            "-o",
            "property,value",
            "used,referenced",
            &self.item(serial),
        ])?;
        parse::numbers(&text, ["used", "referenced"])
    }

    /// Refuses while the item's dataset is mounted anywhere, known to us or not.
    pub(super) fn require_unmounted(&self, op: &'static str, serial: u64) -> Result<()> {
        if parse::is_mounted(&namespace::mounts()?, &self.item(serial)) {
            return Err(Error::new(ErrorKind::InUse, op)
                .because(format!("{} is still mounted", self.item(serial)))
                .hint("unmount it first"));
        }
        Ok(())
    }
}

/// Waits until the daemon serves a new mount. Unmounted before it does, the dataset stays busy for good.
pub(super) fn await_service(at: &Path) -> Result<()> {
    rustix::fs::statvfs(at)
        .map(drop)
        .attempt("ask the new mount on", at)
}
