//! What the driver needs, and how it is opened.

use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::statfs;

use super::driver::Btrfs;
use super::items::ROOT_INODE;
use super::quota::{self, Quota};
use super::subvolume;
use crate::capabilities::Capabilities;
use crate::driver::{Backend, Driver, Root};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fsprobe;
use crate::host::{Host, MissingReason, Support};
use crate::subject::{Backing, OptionSpec, Options, SYNC};

/// `f_type` of btrfs, from linux/magic.h.
const BTRFS_SUPER_MAGIC: u32 = 0x9123_683e;

/// The driver, to be listed in [`crate::ALL`].
pub const BTRFS: &dyn Backend = &BtrfsBackend;

#[derive(Debug)]
struct BtrfsBackend;

impl Backend for BtrfsBackend {
    fn name(&self) -> &'static str {
        "btrfs"
    }

    fn summary(&self) -> &'static str {
        "subvolumes and snapshots of btrfs: containers share blocks with their image, writes copy blocks"
    }

    fn backings(&self) -> &'static [Backing] {
        &[Backing::Btrfs, Backing::Directory]
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[
            OptionSpec {
                name: "quota",
                values: quota::VALUES,
                doc: "How exclusive space is counted: none reads the item's extents and costs nothing until asked; simple \
                  (also: on) and full turn on quotas of the filesystem, which cost time on every write, snapshot and \
                  deletion. With on, containers can be limited.",
            },
            SYNC,
        ]
    }

    fn probe(&self, host: &Host) -> Support {
        if !host.has_filesystem("btrfs") {
            return Support::missing(
                MissingReason::Kernel,
                "the kernel has no btrfs, or its module is not loaded",
                "modprobe btrfs",
            );
        }
        if !host.root || host.user_namespace {
            return Support::missing(
                MissingReason::Permission,
                "subvolumes are searched, snapshotted and deleted with CAP_SYS_ADMIN of the host",
                "run as root, outside any user namespace",
            );
        }
        if host.tool("mkfs.btrfs").is_none() {
            return Support::missing(
                MissingReason::Tool,
                "mkfs.btrfs is not installed",
                host.install("btrfs-progs", "btrfs-progs"),
            );
        }
        Support::Ready(vec![(
            "version".to_owned(),
            format!("Linux {}", host.kernel),
        )])
    }

    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
        options.check(self.name(), self.options())?;
        let dir = &root.dir;
        let kind = statfs(dir)
            .attempt("look at the filesystem of", dir)?
            .f_type;
        if u32::try_from(kind) != Ok(BTRFS_SUPER_MAGIC) {
            return Err(Error::new(ErrorKind::Unsupported, "use btrfs in")
                .path(dir)
                .because(format!("it is on another filesystem (type {kind:#x})"))
                .hint("give a directory on btrfs, or let the run make one: btrfs@btrfs"));
        }
        let quota = Quota::asked(options);
        let fd = subvolume::open(dir)?;
        quota.enable(fd.as_fd(), dir, root.backing)?;
        let no_limits = quota::no_limits(fd.as_fd(), root.backing)?;
        let found = fsprobe::probe(dir)?;
        let facts = facts(dir, &found.options, quota)?;
        Ok(Box::new(Btrfs::open(
            root,
            (quota, no_limits),
            Capabilities {
                layers_survive_power_cuts: options.syncs_commits(),
                quota_bytes: no_limits.is_none(),
                ..found.capabilities
            },
            facts,
        )?))
    }
}

fn facts(dir: &Path, options: &str, quota: Quota) -> Result<Vec<(String, String)>> {
    let mut facts = vec![
        (
            "version".to_owned(),
            format!("Linux {}", Host::detect().kernel),
        ),
        ("quota".to_owned(), quota.describe().to_owned()),
        ("mount".to_owned(), options.to_owned()),
        (
            "native_diff".to_owned(),
            "on, by searching the trees for what is younger than the snapshot".to_owned(),
        ),
    ];
    let about = std::fs::metadata(dir).attempt("stat", dir)?;
    if about.ino() != ROOT_INODE {
        facts.push((
            "warning".to_owned(),
            "the root is a directory inside a subvolume: a snapshot of that subvolume leaves out every item".to_owned(),
        ));
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probe_names_what_is_missing() {
        let mut host = Host::detect();
        host.filesystems = vec!["ext4".to_owned()];
        let Support::Missing(missing) = BTRFS.probe(&host) else {
            panic!("a kernel without btrfs is ready")
        };
        assert_eq!(missing.reason, MissingReason::Kernel);
        host.filesystems.push("btrfs".to_owned());
        host.root = true;
        host.user_namespace = true;
        let Support::Missing(missing) = BTRFS.probe(&host) else {
            panic!("a user namespace is ready")
        };
        assert_eq!(missing.reason, MissingReason::Permission);
        host.user_namespace = false;
        host.path.clear();
        let Support::Missing(missing) = BTRFS.probe(&host) else {
            panic!("a host without mkfs.btrfs is ready")
        };
        assert!(missing.fix.contains("btrfs-progs"));
    }
}
