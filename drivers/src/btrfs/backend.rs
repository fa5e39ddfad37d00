//! What the driver needs, and how it is opened.

use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, StatxFlags, statfs, statx};

use super::driver::Btrfs;
use super::items::ROOT_INODE;
use super::quota::{self, Quota};
use super::subvolume;
use crate::driver::{Backend, Driver, Root};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::host::{Host, MissingReason, Support};
use crate::subject::{Backing, OptionSpec, Options};

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
        &[OptionSpec {
            name: "quota",
            values: quota::VALUES,
            doc: "How exclusive space is counted: none reads the item's extents and costs nothing until asked; simple and \
                  full turn on quotas of the filesystem, which cost time on every write, snapshot and deletion.",
        }]
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
        let driver = Btrfs::open(root, quota, facts(dir, quota)?)?;
        Ok(Box::new(driver))
    }
}

fn facts(dir: &Path, quota: Quota) -> Result<Vec<(String, String)>> {
    let host = Host::detect();
    let about = statx(
        CWD,
        dir,
        AtFlags::empty(),
        StatxFlags::BASIC_STATS | StatxFlags::MNT_ID,
    )
    .attempt("stat", dir)?;
    let mut facts = vec![
        ("version".to_owned(), format!("Linux {}", host.kernel)),
        ("quota".to_owned(), quota.describe().to_owned()),
    ];
    let mounts = std::fs::read_to_string("/proc/thread-self/mountinfo")
        .attempt("read", "/proc/thread-self/mountinfo")?;
    if let Some(options) = mount_options(&mounts, about.stx_mnt_id) {
        facts.push(("mount".to_owned(), options.to_owned()));
    }
    if about.stx_ino != ROOT_INODE {
        facts.push((
            "warning".to_owned(),
            "the root is a directory inside a subvolume: a snapshot of that subvolume leaves out every item".to_owned(),
        ));
    }
    Ok(facts)
}

/// The filesystem's own options of the mount with that id (proc_pid_mountinfo(5)).
fn mount_options(mountinfo: &str, id: u64) -> Option<&str> {
    let id = id.to_string();
    mountinfo
        .lines()
        .find(|line| line.split(' ').next() == Some(&id))?
        .split(' ')
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_right_mount_are_read() {
        let text = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                    36 21 0:40 /a /b rw - btrfs /dev/loop0 rw,ssd,subvolid=256,subvol=/a\n";
        assert_eq!(
            mount_options(text, 36),
            Some("rw,ssd,subvolid=256,subvol=/a")
        );
        assert_eq!(mount_options(text, 3), None);
    }

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
