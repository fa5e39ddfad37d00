//! The second stage: the modules of ZFS, which Debian ships as source only, are built for the guest's kernel.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::job::{Job, program};
use super::packages::{self, Kernel};
use super::place::Cache;
use super::stamp::Stamp;
use crate::exit;

/// Changed when the steps below are.
const RECIPE: &str = "modules 1";
/// A minute and a half on two idle processors; ten times as long on a busy machine.
const CONFIGURE_LIMIT: Duration = Duration::from_secs(2400);
/// Three minutes on two idle processors; more on a busy machine.
const MAKE_LIMIT: Duration = Duration::from_secs(3600);
const COPY_LIMIT: Duration = Duration::from_secs(120);

/// Where the modules are, stripped.
pub(super) fn modules(cache: &Cache) -> PathBuf {
    cache.path("mods")
}

fn stamp_path(cache: &Cache) -> PathBuf {
    cache.path("modules.stamp")
}

fn from(packages: &Stamp) -> String {
    super::stamp::digest(&[RECIPE.as_bytes(), packages.digest().as_bytes()])
}

/// Whether the stage is done.
pub(super) fn done(cache: &Cache, packages: &Stamp) -> Option<Stamp> {
    Stamp::read(&stamp_path(cache))
        .filter(|stamp| !stamp.files.is_empty() && stamp.holds(&from(packages), &modules(cache)))
}

/// Builds them.
///
/// # Errors
/// Code 6 without a compiler; the end of the log when the build fails.
pub(super) fn make(cache: &Cache, packages: &Stamp, jobs: usize) -> anyhow::Result<Stamp> {
    cache.discard(&stamp_path(cache))?;
    let kernel = packages::kernel(cache)?;
    let (source, _) = packages::zfs_source(cache)?;
    let compiler = compiler()?;
    let headers = prepare_headers(cache, &kernel)?;
    let build = cache.path("build");
    cache.discard(&build)?;
    let (copy, make, strip) = (
        program("cp", "coreutils")?,
        program("make", "make")?,
        program("strip", "binutils")?,
    );
    // objtool of the headers' package needs libelf.
    let libraries = packages::library_path(&cache.root("user"));
    let job = |what, log: &str, dir, limit| Job {
        what,
        dir,
        log: cache.path(format!("{log}.log")),
        limit,
        variables: vec![
            ("CC", compiler.as_os_str()),
            ("LD_LIBRARY_PATH", OsStr::new(&libraries)),
        ],
    };
    job("copy the source of ZFS", "copy", cache.dir(), COPY_LIMIT).run(
        &copy,
        &["-a".as_ref(), source.as_os_str(), build.as_os_str()],
    )?;
    let common = cache.root("kernel").join("usr/src").join(&kernel.common);
    job(
        "configure ZFS for the guest's kernel",
        "configure",
        &build,
        CONFIGURE_LIMIT,
    )
    .run(
        &build.join("configure"),
        &[
            "--disable-dependency-tracking".to_owned(),
            "--prefix=/usr".to_owned(),
            "--with-config=kernel".to_owned(),
            format!("--with-linux={}", common.display()),
            format!("--with-linux-obj={}", headers.display()),
        ],
    )?;
    job("build the modules of ZFS", "make", &build, MAKE_LIMIT).run(
        &make,
        &[
            "-s".to_owned(),
            format!("-j{jobs}"),
            format!("CC={}", compiler.display()),
        ],
    )?;
    let made = collect(cache, &build.join("module"))?;
    let mut line = vec!["--strip-debug".to_owned()];
    line.extend(made.iter().cloned());
    job(
        "strip the modules of ZFS",
        "strip",
        &modules(cache),
        COPY_LIMIT,
    )
    .run(&strip, &line)?;
    cache.discard(&build)?;
    let stamp = Stamp::of(&from(packages), &modules(cache), &made)?;
    stamp.write(&stamp_path(cache))?;
    Ok(stamp)
}

/// The compiler; one of another version than the kernel's will do.
fn compiler() -> anyhow::Result<PathBuf> {
    for name in ["gcc-12", "gcc"] {
        if let Some(found) = drivers::Host::detect().tool(name) {
            return Ok(found);
        }
    }
    program("gcc", "gcc")
}

/// Makes the unpacked headers usable where they are, and gives their directory.
fn prepare_headers(cache: &Cache, kernel: &Kernel) -> anyhow::Result<PathBuf> {
    let root = cache.root("kernel");
    let headers = root.join(format!("usr/src/linux-headers-{}", kernel.version));
    // They name their home absolutely.
    let home = format!("include {}/usr/src/", root.display());
    edit(&headers.join("Makefile"), |line| {
        Some(match line.strip_prefix("include /usr/src/") {
            Some(rest) => format!("{home}{rest}"),
            None => line.to_owned(),
        })
    })?;
    // Where it is, type information is made for each module, by a tool that few hosts have.
    cache.discard(&headers.join("vmlinux"))?;
    // Debugging information would double the work. Only what make reads: the compiler's file shapes structures.
    edit(&headers.join("include/config/auto.conf"), |line| {
        (!line.starts_with("CONFIG_DEBUG_INFO")).then(|| line.to_owned())
    })?;
    Ok(headers)
}

/// Rewrites a file line by line; `None` drops one.
fn edit(path: &Path, change: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let context = || format!("could not edit {}", path.display());
    let text = std::fs::read_to_string(path).with_context(context)?;
    let lines: Vec<String> = text.lines().filter_map(change).collect();
    std::fs::write(path, lines.join("\n") + "\n").with_context(context)
}

/// Copies the modules that were made to their place, and gives their names.
fn collect(cache: &Cache, built: &Path) -> anyhow::Result<Vec<String>> {
    let into = cache.fresh("mods")?;
    let mut names = Vec::new();
    let mut dirs = vec![built.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in
            std::fs::read_dir(&dir).with_context(|| format!("could not list {}", dir.display()))?
        {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "ko") {
                let name = entry.file_name().to_string_lossy().into_owned();
                std::fs::copy(&path, into.join(&name))
                    .with_context(|| format!("could not copy {}", path.display()))?;
                names.push(name);
            }
        }
    }
    if names.iter().any(|name| name == "zfs.ko") {
        Ok(names)
    } else {
        Err(exit::coded(
            exit::OS,
            format!(
                "the build ended well and made no zfs.ko: see {}",
                cache.path("make.log").display()
            ),
        ))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Leaves what the stage leaves, with other content.
    pub(in super::super) fn made(cache: &Cache, packages: &Stamp) {
        let names = ["spl.ko", "zfs.ko"].map(str::to_owned);
        let dir = cache.fresh("mods").unwrap();
        for name in &names {
            std::fs::write(dir.join(name), name).unwrap();
        }
        let stamp = Stamp::of(&from(packages), &dir, &names).unwrap();
        stamp.write(&stamp_path(cache)).unwrap();
    }

    #[test]
    fn files_are_edited_line_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auto.conf");
        std::fs::write(&path, "CONFIG_A=y\nCONFIG_DEBUG_INFO=y\nCONFIG_B=m").unwrap();
        edit(&path, |line| {
            (!line.contains("DEBUG")).then(|| line.to_owned())
        })
        .unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "CONFIG_A=y\nCONFIG_B=m\n"
        );
        assert!(edit(&dir.path().join("absent"), |_| None).is_err());
    }
}
