//! The modules of the guest's kernel: which ones, in what order, and unpacked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::job::{Job, program};
use super::place::Cache;
use super::{build, packages};
use crate::{exit, progress};

/// Disks and ports, every filesystem a subject may need, ZFS; what they need is found.
const WANTED: &[&str] = &[
    "virtio_pci",
    "virtio_blk",
    "virtio_console",
    "virtio_rng",
    "loop",
    "ext4",
    "quota_v2",
    "xfs",
    "btrfs",
    "fuse",
    "overlay",
    "zfs",
];
const LIMIT: Duration = Duration::from_secs(120);

/// What the list is made from.
pub(super) fn recipe() -> String {
    WANTED.join(" ")
}

/// Files of modules in the order they are to be loaded, unpacked, in a directory of the cache.
pub(super) fn gather(cache: &Cache) -> anyhow::Result<Vec<PathBuf>> {
    let version = packages::kernel(cache)?.version;
    let root = cache.root("kernel");
    let tree = root.join("lib/modules").join(&version);
    let extra = tree.join("extra");
    cache.discard(&extra)?;
    std::fs::create_dir_all(&extra)
        .with_context(|| format!("could not make {}", extra.display()))?;
    for entry in std::fs::read_dir(build::modules(cache))? {
        let entry = entry?;
        std::fs::copy(entry.path(), extra.join(entry.file_name()))?;
    }
    // One program goes by many names, and the package's links are absolute.
    let names = cache.root("tools").join("names");
    std::fs::create_dir_all(&names)?;
    for name in ["depmod", "modprobe"] {
        let link = names.join(name);
        cache.discard(&link)?;
        std::os::unix::fs::symlink("../bin/kmod", &link)?;
    }
    let root = root.display().to_string();
    let line = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    packages::ask_tool(
        cache,
        "names/depmod",
        &line(&["-b", &root, &version]),
        LIMIT,
    )?;
    let mut order = Order::default();
    for wanted in WANTED {
        let shown = packages::ask_tool(
            cache,
            "names/modprobe",
            &line(&["-d", &root, "-S", &version, "--show-depends", wanted]),
            LIMIT,
        );
        match shown {
            Ok(shown) => order.add(&shown),
            // Drivers find out what is missing, and say so.
            Err(error) => progress::say(&format!(
                "layerbench: the guest goes without {wanted}: {error:#}"
            )),
        }
    }
    unpack(cache, &order.files)
}

/// Modules, each once, after what it needs.
#[derive(Debug, Default)]
struct Order {
    files: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
}

impl Order {
    /// Adds lines `insmod PATH [OPTIONS]` of `modprobe --show-depends`; `builtin NAME` needs nothing.
    fn add(&mut self, shown: &str) {
        for line in shown.lines() {
            let Some(rest) = line.trim().strip_prefix("insmod ") else {
                continue;
            };
            let path = PathBuf::from(rest.split(' ').next().unwrap_or_default());
            if self.seen.insert(path.clone()) {
                self.files.push(path);
            }
        }
    }
}

/// Copies them into one directory and unpacks those that are packed.
fn unpack(cache: &Cache, files: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let dir = cache.fresh("unpacked")?;
    let mut packed = Vec::new();
    let mut found = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default();
        let copy = dir.join(name);
        std::fs::copy(file, &copy).with_context(|| format!("could not copy {}", file.display()))?;
        if copy.extension().is_some_and(|e| e == "xz") {
            found.push(copy.with_extension(""));
            packed.push(copy);
        } else if copy.extension().is_some_and(|e| e == "ko") {
            found.push(copy);
        } else {
            return Err(exit::coded(
                exit::OS,
                format!(
                    "{} is packed in a way that is not known here",
                    file.display()
                ),
            ));
        }
    }
    if !packed.is_empty() {
        let (xz, libraries) = packages::tool(cache, "usr/bin/xz");
        let mut line = vec![
            format!("LD_LIBRARY_PATH={libraries}"),
            xz.display().to_string(),
            "-d".to_owned(),
        ];
        line.extend(packed.iter().map(|path| path.display().to_string()));
        Job {
            what: "unpack the kernel's modules",
            dir: &dir,
            log: cache.path("modules.log"),
            limit: LIMIT,
            variables: Vec::new(),
        }
        .run(&program("env", "coreutils")?, &line)?;
    }
    Ok(found)
}

/// The name of a module's file.
pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_once_and_after_what_they_need() {
        let mut order = Order::default();
        order.add("builtin virtio\ninsmod /m/spl.ko \ninsmod /m/zfs.ko zfs_arc_max=1\n");
        order.add("insmod /m/spl.ko\ninsmod /m/fuse.ko.xz\n");
        let names: Vec<String> = order.files.iter().map(|path| name(path)).collect();
        assert_eq!(names, ["spl.ko", "zfs.ko", "fuse.ko.xz"]);
    }
}
