//! The datasets of a pool: making, sealing, destroying and measuring them.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::engine::Tool;
use super::parse::Inventory;
use super::pool::Pool;
use super::{namespace, parse};
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// The snapshot that makes a dataset a layer.
const SNAPSHOT: &str = "layer";

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
        self.require_running()?;
        self.engine.settle(Tool::Zfs, args)
    }

    /// Makes the dataset of a new item, not mounted.
    pub(super) fn make(&self, serial: u64, parent: Option<u64>) -> Result<()> {
        let name = format!("e{serial}");
        let Some(parent) = parent else {
            let dataset = self.dataset(&name);
            return self
                .zfs(&["create", "-o", "canmount=noauto", &dataset])
                .map(drop);
        };
        let origin = self.layer_snapshot(parent);
        if !self.engine.quirks.clone_mounts {
            return self.clone_of(&origin, &name);
        }
        // It comes mounted, asked or not; mounting belongs to `mount`.
        let at = self.clone_mounted(&origin, &name)?;
        self.unmount_dataset(&name, &at)
    }

    /// Clones a snapshot as `POOL/name`, and mounts it at the directory given back.
    pub(super) fn clone_mounted(&self, origin: &str, name: &str) -> Result<PathBuf> {
        let at = self.mountpoints.join(name);
        if !self.engine.quirks.clone_mounts {
            self.clone_of(origin, name)?;
            self.mount_dataset(name, &at)?;
            return Ok(at);
        }
        let mut mounting = self.engine.mounting(&at)?;
        self.clone_of(origin, name)?;
        mounting.add();
        self.engine.await_service(&at)?;
        Ok(at)
    }

    fn clone_of(&self, origin: &str, name: &str) -> Result<()> {
        let dataset = self.dataset(name);
        self.zfs(&["clone", "-o", "canmount=noauto", origin, &dataset])
            .map(drop)
    }

    /// The snapshot that is a layer's content.
    pub(super) fn layer_snapshot(&self, serial: u64) -> String {
        format!("{}@{SNAPSHOT}", self.item(serial))
    }

    /// Makes the content of an item the content of a layer.
    pub(super) fn seal(&self, serial: u64) -> Result<()> {
        let snapshot = self.layer_snapshot(serial);
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
            self.require_running()?;
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

    /// Sets or lifts the limit of an item's dataset; see the fact `quota`.
    pub(super) fn limit(&self, serial: u64, bytes: Option<u64>) -> Result<()> {
        let value = bytes.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string());
        self.zfs(&["set", &format!("quota={value}"), &self.item(serial)])
            .map(drop)
    }

    /// The limit of an item's dataset.
    pub(super) fn quota(&self, serial: u64) -> Result<Option<u64>> {
        let text = self.zfs(&[
            "get",
            "-Hp",
            "-o",
            "property,value",
            "quota",
            &self.item(serial),
        ])?;
        // 0 is how it spells none.
        let [bytes] = parse::numbers(&text, ["quota"])?;
        Ok(Some(bytes).filter(|bytes| *bytes > 0))
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
