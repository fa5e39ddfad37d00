//! The first stage: packages are fetched, their checksums noted, and unpacked into three directories of the cache.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::apt::Apt;
use super::guests::Guest;
use super::job::{Job, ask, program};
use super::place::Cache;
use super::stamp::{Stamp, digest};
use crate::exit;

/// What the guest's programs are from, beside the libraries they need.
const USER: &[&str] = &[
    "zfsutils-linux",
    "e2fsprogs",
    "xfsprogs",
    "btrfs-progs",
    "fuse-overlayfs",
    "fuse3",
    "libelf1",
    "libgcc-s1",
];
/// What runs and assembles the guest, on the host; busybox runs in it.
const TOOLS: &[&str] = &[
    "qemu-system-x86",
    "seabios",
    "busybox-static",
    "kmod",
    "xz-utils",
];

const SETS: [&str; 3] = ["kernel", "user", "tools"];
/// Of each set a file that nothing works without: what keeps temporary directories tidy may have been at the cache.
const SIGNS: [(&str, &str); 4] = [
    ("kernel", "usr/src"),
    ("user", "etc/mke2fs.conf"),
    ("tools", "usr/bin/qemu-system-x86_64"),
    ("tools", "bin/busybox"),
];
const UNPACK_LIMIT: Duration = Duration::from_secs(300);

/// What of the packages the next stages need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kernel {
    /// `6.12.95+deb12-cloud-amd64`.
    pub(super) version: String,
    /// The directory below `usr/src` of the headers that all flavours share.
    pub(super) common: String,
}

/// What the stage is made from: a cache of other packages is made anew.
pub(super) fn recipe(guest: Guest) -> String {
    let parts = [
        guest.name,
        &guest.suites.join(" "),
        &USER.join(" "),
        &TOOLS.join(" "),
    ];
    digest(&parts.map(str::as_bytes))
}

/// Where the stage's stamp is.
pub(super) fn stamp_path(cache: &Cache) -> PathBuf {
    cache.path("packages.stamp")
}

/// Whether the stage is done. Packages are unpacked and then gone: what became of them is trusted.
pub(super) fn done(cache: &Cache, guest: Guest) -> Option<Stamp> {
    Stamp::read(&stamp_path(cache)).filter(|stamp| {
        stamp.from == recipe(guest)
            && SIGNS
                .iter()
                .all(|(set, path)| cache.root(set).join(path).exists())
    })
}

/// Fetches and unpacks.
///
/// # Errors
/// Code 6 where packages cannot be had; what else a tool gives.
pub(super) fn make(cache: &Cache, guest: Guest, mirror: Option<&str>) -> anyhow::Result<Stamp> {
    cache.discard(&stamp_path(cache))?;
    for old in ["root", "mods", "guest"] {
        cache.discard(&cache.path(old))?;
    }
    let apt = Apt::new(cache, guest, mirror)?;
    let debs = cache.fresh("debs")?;
    for set in SETS {
        std::fs::create_dir_all(debs.join(set))?;
    }
    apt.fetch(&debs.join("kernel"), &kernel_packages(&apt)?)?;
    apt.fetch_all(&debs.join("user"), USER)?;
    apt.fetch_all(&debs.join("tools"), TOOLS)?;
    let mut names = Vec::new();
    for set in SETS {
        let found = debs_in(&debs.join(set))?;
        if found.is_empty() {
            return Err(exit::coded(
                exit::MISSING,
                format!(
                    "no package came for {set}: see the logs in {}",
                    cache.dir().display()
                ),
            ));
        }
        names.extend(found.into_iter().map(|name| format!("{set}/{name}")));
    }
    let stamp = Stamp::of(&recipe(guest), &debs, &names)?;
    unpack(cache, &debs, &names)?;
    for gone in ["debs", "apt"] {
        cache.discard(&cache.path(gone))?;
    }
    stamp.write(&stamp_path(cache))?;
    Ok(stamp)
}

/// The kernel's image, what modules are built with, and the source of ZFS.
fn kernel_packages(apt: &Apt<'_>) -> anyhow::Result<Vec<String>> {
    let image = apt.dependency("linux-image-cloud-amd64", "linux-image-", "")?;
    let headers = image.replacen("linux-image-", "linux-headers-", 1);
    let common = apt.dependency(&headers, "linux-headers-", "-common")?;
    let build = apt.dependency(&headers, "linux-kbuild-", "")?;
    Ok(vec![image, headers, common, build, "zfs-dkms".to_owned()])
}

fn debs_in(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(dir).with_context(|| format!("could not list {}", dir.display()))?
    {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".deb") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn unpack(cache: &Cache, debs: &Path, names: &[String]) -> anyhow::Result<()> {
    for set in SETS {
        std::fs::create_dir_all(cache.root(set))?;
    }
    let script = "set -e; unpack=$1; to=$2; shift 2; for deb; do \"$unpack\" -x \"$deb\" \"$to/root/${deb%%/*}\"; done";
    let (tool, to) = (program("dpkg-deb", "dpkg")?, cache.dir().to_path_buf());
    let mut line: Vec<&std::ffi::OsStr> = vec![
        "-c".as_ref(),
        script.as_ref(),
        "sh".as_ref(),
        tool.as_os_str(),
        to.as_os_str(),
    ];
    line.extend(names.iter().map(std::ffi::OsStr::new));
    Job {
        what: "unpack the packages",
        dir: debs,
        log: cache.path("unpack.log"),
        limit: UNPACK_LIMIT,
        variables: Vec::new(),
    }
    .run("/bin/sh".as_ref(), &line)
}

/// Which kernel was unpacked.
///
/// # Errors
/// When it is not as Debian lays it out.
pub(super) fn kernel(cache: &Cache) -> anyhow::Result<Kernel> {
    let root = cache.root("kernel");
    let one = |dir: &str, fits: &dyn Fn(&str) -> bool| {
        let mut names: Vec<String> = std::fs::read_dir(root.join(dir))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| fits(name))
            .collect();
        names.sort();
        names.pop().ok_or_else(|| {
            exit::coded(
                exit::OS,
                format!(
                    "the kernel's packages have nothing of the kind in {dir}: layerbench vm prepare --again fetches them anew"
                ),
            )
        })
    };
    Ok(Kernel {
        version: one("lib/modules", &|_| true)?,
        common: one("usr/src", &|name| {
            name.starts_with("linux-headers-") && name.ends_with("-common")
        })?,
    })
}

/// The source of ZFS.
///
/// # Errors
/// As [`kernel`].
pub(super) fn zfs_source(cache: &Cache) -> anyhow::Result<(PathBuf, String)> {
    let sources = cache.root("kernel").join("usr/src");
    let name = debs_named(&sources, "zfs-")?;
    let version = name.trim_start_matches("zfs-").to_owned();
    Ok((sources.join(name), version))
}

fn debs_named(dir: &Path, begins: &str) -> anyhow::Result<String> {
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .find(|name| name.starts_with(begins))
        .ok_or_else(|| {
            exit::coded(
                exit::OS,
                format!("there is no {begins}* in {}", dir.display()),
            )
        })
}

/// A program of the tools, with the libraries it came with.
pub(super) fn tool(cache: &Cache, path: &str) -> (PathBuf, String) {
    let root = cache.root("tools");
    let libraries = library_path(&root);
    (root.join(path), libraries)
}

/// Where the libraries of an unpacked root are.
pub(super) fn library_path(root: &Path) -> String {
    let root = root.display();
    format!("{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu")
}

/// Runs a program of the tools to its end and gives what it printed.
pub(super) fn ask_tool(
    cache: &Cache,
    path: &str,
    args: &[String],
    limit: Duration,
) -> anyhow::Result<String> {
    let (program_path, libraries) = tool(cache, path);
    let mut line = vec![
        format!("LD_LIBRARY_PATH={libraries}"),
        program_path.display().to_string(),
    ];
    line.extend_from_slice(args);
    ask(&program("env", "coreutils")?, &line, limit)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::vm::guests;

    /// Leaves what the stage leaves, without content.
    pub(in super::super) fn made(cache: &Cache, guest: Guest) {
        for (set, path) in SIGNS {
            let path = cache.root(set).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
        }
        let stamp = Stamp {
            from: recipe(guest),
            files: vec![("0".repeat(64), "kernel/a.deb".to_owned())],
        };
        stamp.write(&stamp_path(cache)).unwrap();
    }

    #[test]
    fn packages_that_were_cut_short_are_not_done() {
        let dir = tempfile::tempdir().unwrap();
        let guest = guests::ALL[0];
        let cache = Cache::open(Some(dir.path()), guest, true).unwrap();
        assert_eq!(done(&cache, guest), None);
        let stamp = Stamp {
            from: recipe(guest),
            files: vec![("0".repeat(64), "kernel/a.deb".to_owned())],
        };
        stamp.write(&stamp_path(&cache)).unwrap();
        assert_eq!(done(&cache, guest), None);
        for (set, path) in SIGNS {
            let path = cache.root(set).join(path);
            assert_eq!(done(&cache, guest), None, "without {}", path.display());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
        }
        assert_eq!(done(&cache, guest), Some(stamp));
        assert_eq!(done(&cache, guests::ALL[1]), None);
        assert!(kernel(&cache).is_err() && zfs_source(&cache).is_err());
    }
}
