//! The third stage: the base, a compressed archive the guest's kernel unpacks as its root, and the kernel beside it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::cpio::Archive;
use super::guests::Guest;
use super::libraries;
use super::place::Cache;
use super::stamp::{Stamp, digest};
use super::{modules, packages};
use crate::exit;

/// The guest's first process.
const INIT: &str = include_str!("init.sh");
/// Changed when what is put into the base is.
const RECIPE: &str = "base 1";
/// What the drivers and their grounds call, from the user packages.
const PROGRAMS: &[&str] = &[
    "zpool",
    "zfs",
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
    "fuse-overlayfs",
    "fusermount3",
];
/// Libraries that are opened by name while a program runs.
const OPENED: &[&str] = &["libgcc_s.so.1"];
/// The files of the stage, in the cache's `guest`.
const KERNEL: &str = "vmlinuz";
const BASE: &str = "base.cpio.zst";
/// Modules are small and the archive is read once a boot: a better compression costs more than it saves.
const LEVEL: i32 = 3;
const MAKE_STORE_LIMIT: Duration = Duration::from_secs(60);

/// What a guest is booted from.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) kernel: PathBuf,
    pub(super) base: PathBuf,
}

/// The image of a cache.
pub(super) fn of(cache: &Cache) -> Image {
    Image {
        kernel: cache.path("guest").join(KERNEL),
        base: cache.path("guest").join(BASE),
    }
}

fn stamp_path(cache: &Cache) -> PathBuf {
    cache.path("image.stamp")
}

fn from(built: &Stamp) -> String {
    let parts = [
        RECIPE,
        INIT,
        &PROGRAMS.join(" "),
        &modules::recipe(),
        &built.digest(),
    ];
    digest(&parts.map(str::as_bytes))
}

/// Whether the stage is done.
pub(super) fn done(cache: &Cache, built: &Stamp) -> Option<Stamp> {
    Stamp::read(&stamp_path(cache))
        .filter(|stamp| !stamp.files.is_empty() && stamp.holds(&from(built), &cache.path("guest")))
}

/// Assembles it.
///
/// # Errors
/// When a program, a library or a module is not where it was unpacked to.
pub(super) fn make(cache: &Cache, guest: Guest, built: &Stamp) -> anyhow::Result<Stamp> {
    cache.discard(&stamp_path(cache))?;
    let dir = cache.fresh("guest")?;
    let version = packages::kernel(cache)?.version;
    let kernel = cache.root("kernel").join(format!("boot/vmlinuz-{version}"));
    std::fs::copy(&kernel, dir.join(KERNEL))
        .with_context(|| format!("could not copy {}", kernel.display()))?;
    let files = modules::gather(cache)?;
    let base = dir.join(BASE);
    let write = || -> anyhow::Result<()> {
        let encoder = zstd::Encoder::new(File::create(&base)?, LEVEL)?;
        let mut archive = Archive::new(encoder);
        fill(&mut archive, cache, guest, &files)?;
        archive.finish()?.finish()?.sync_all()?;
        Ok(())
    };
    write().with_context(|| format!("could not make {}", base.display()))?;
    cache.discard(&cache.path("unpacked"))?;
    let stamp = Stamp::of(&from(built), &dir, &[KERNEL.to_owned(), BASE.to_owned()])?;
    stamp.write(&stamp_path(cache))?;
    Ok(stamp)
}

fn fill<W: std::io::Write>(
    archive: &mut Archive<W>,
    cache: &Cache,
    guest: Guest,
    files: &[PathBuf],
) -> anyhow::Result<()> {
    for dir in [
        "bin",
        "proc",
        "sys",
        "dev",
        "root",
        "run",
        "tmp",
        "etc",
        "var",
        "suite",
        "lib/x86_64-linux-gnu",
    ] {
        archive.directory(dir)?;
    }
    archive.bytes("init", 0o755, INIT.as_bytes())?;
    let user = cache.root("user");
    for (path, text) in [
        (
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n".to_owned(),
        ),
        ("etc/group", "root:x:0:\nnogroup:x:65534:\n".to_owned()),
        ("etc/hostname", "guest\n".to_owned()),
        ("etc/fuse.conf", "user_allow_other\n".to_owned()),
        (
            "etc/os-release",
            format!(
                "PRETTY_NAME=\"Debian {} (the guest {} of layerbench)\"\nID=debian\nVERSION_ID=\"{}\"\n",
                guest.release, guest.name, guest.release
            ),
        ),
    ] {
        archive.bytes(path, 0o644, text.as_bytes())?;
    }
    archive.link("etc/mtab", "/proc/self/mounts")?;
    archive.copy("etc/mke2fs.conf", 0o644, &user.join("etc/mke2fs.conf"))?;
    let (busybox, _) = packages::tool(cache, "bin/busybox");
    archive.copy("bin/busybox", 0o755, &busybox)?;
    archive.link("bin/sh", "busybox")?;
    programs(archive, &user)?;
    let mut order = String::new();
    for file in files {
        let name = modules::name(file);
        archive.copy(&format!("modules/{name}"), 0o644, file)?;
        order.extend([name.as_str(), "\n"]);
    }
    archive.bytes("modules/order", 0o644, order.as_bytes())?;
    Ok(())
}

/// Programs of the user packages with their libraries and the loader.
fn programs<W: std::io::Write>(archive: &mut Archive<W>, user: &Path) -> anyhow::Result<()> {
    let path = packages::library_path(user);
    let mut needed = std::collections::BTreeMap::new();
    for name in PROGRAMS {
        let program = program(user, name)?;
        archive.copy(&format!("usr/bin/{name}"), 0o755, &program)?;
        needed.extend(libraries::of(user, &path, &program)?);
    }
    for name in OPENED {
        let found = path
            .split(':')
            .map(|dir| Path::new(dir).join(name))
            .find(|library| library.exists());
        needed.extend(found.map(|library| ((*name).to_owned(), library)));
    }
    for (name, library) in needed {
        archive.copy(&format!("lib/x86_64-linux-gnu/{name}"), 0o755, &library)?;
    }
    let loader = libraries::loader(user);
    archive.copy(libraries::LOADER, 0o755, &loader)?;
    Ok(())
}

/// Where a program of the user packages is, links followed.
fn program(user: &Path, name: &str) -> anyhow::Result<PathBuf> {
    ["usr/sbin", "sbin", "usr/bin", "bin"]
        .into_iter()
        .map(|dir| user.join(dir).join(name))
        .find_map(|path| path.canonicalize().ok())
        .ok_or_else(|| {
            exit::coded(
                exit::OS,
                format!("the guest's packages have no {name}: layerbench vm prepare --again fetches them anew"),
            )
        })
}

/// Makes an empty ext4 on a sparse file, with the guest's own tool.
pub(super) fn make_store(cache: &Cache, path: &Path, size: u64) -> anyhow::Result<()> {
    let context = || format!("could not make the scratch disk {}", path.display());
    File::create(path)
        .and_then(|file| file.set_len(size))
        .with_context(context)?;
    let user = cache.root("user");
    let tool = program(&user, "mkfs.ext4")?;
    let line = [
        format!("MKE2FS_CONFIG={}", user.join("etc/mke2fs.conf").display()),
        libraries::loader(&user).display().to_string(),
        "--library-path".to_owned(),
        packages::library_path(&user),
        tool.display().to_string(),
        "-q".to_owned(),
        "-F".to_owned(),
        "-t".to_owned(),
        "ext4".to_owned(),
        // It is thrown away: what a crash leaves of it is read by nobody.
        "-O".to_owned(),
        "^has_journal".to_owned(),
        "-E".to_owned(),
        "lazy_itable_init=1,nodiscard,root_owner=0:0".to_owned(),
        path.display().to_string(),
    ];
    super::job::ask(
        &super::job::program("env", "coreutils")?,
        &line,
        MAKE_STORE_LIMIT,
    )
    .with_context(context)
    .map(drop)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Leaves what the stage leaves, with other content.
    pub(in super::super) fn made(cache: &Cache, built: &Stamp) {
        let names = [KERNEL, BASE].map(str::to_owned);
        let dir = cache.fresh("guest").unwrap();
        for name in &names {
            std::fs::write(dir.join(name), name).unwrap();
        }
        let stamp = Stamp::of(&from(built), &dir, &names).unwrap();
        stamp.write(&stamp_path(cache)).unwrap();
    }
}
