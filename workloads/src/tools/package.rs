//! dpkg: a package installed into a root, and upgraded. Packages are made here, without scripts: nothing of them runs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;

use super::program::Program;
use crate::cell::Cell;
use crate::made::{PlainDir, wrong};

/// dpkg, and what makes packages.
#[derive(Debug)]
pub(super) struct Dpkg {
    pub(super) dpkg: Program,
    pub(super) deb: Program,
}

fn archive(version: u32) -> String {
    format!("package_{version}.deb")
}

/// The root that is installed into.
fn root(dir: &Path) -> PathBuf {
    dir.join("root")
}

fn content(number: u32, version: u32) -> Vec<u8> {
    format!("file {number} of version {version}\n")
        .repeat(200)
        .into_bytes()
}

fn file(number: u32) -> String {
    format!("usr/share/layerbench-probe/d{}/f{number}", number / 50)
}

/// The files of the installed package.
pub(super) fn names(files: u32) -> Vec<PathBuf> {
    (0..files)
        .map(|number| Path::new("root").join(file(number)))
        .collect()
}

/// Makes an empty root with a package database, and the package in two versions.
pub(super) fn fill(dpkg: &Dpkg, dir: &Path, files: u32) -> Result<()> {
    let make = |path: PathBuf| std::fs::create_dir_all(&path).attempt("create", &path);
    let write = |path: PathBuf, text: &[u8]| std::fs::write(&path, text).attempt("write", &path);
    let database = root(dir).join("var/lib/dpkg");
    for sub in ["info", "updates", "triggers", "parts"] {
        make(database.join(sub))?;
    }
    for empty in ["status", "available"] {
        write(database.join(empty), b"")?;
    }
    make(root(dir).join("var/log"))?;
    for version in [1, 2] {
        let tree = PlainDir::create(dir.join(format!("tree{version}")))?;
        make(tree.path().join("DEBIAN"))?;
        let control = format!(
            "Package: layerbench-probe\nVersion: {version}\nArchitecture: all\nMaintainer: layerbench <layerbench@localhost>\nDescription: files to install\n"
        );
        write(tree.path().join("DEBIAN/control"), control.as_bytes())?;
        for number in 0..files {
            let path = tree.path().join(file(number));
            if let Some(parent) = path.parent() {
                make(parent.to_owned())?;
            }
            write(path, &content(number, version))?;
        }
        let line: [&OsStr; 6] = [
            "--root-owner-group".as_ref(),
            "-Zgzip".as_ref(),
            "-z1".as_ref(),
            "--build".as_ref(),
            tree.path().as_os_str(),
            &dir.join(archive(version)).into_os_string(),
        ];
        dpkg.deb.run(dir, &line)?;
        tree.remove()?;
    }
    Ok(())
}

/// As [`fill`], with the first version installed.
pub(super) fn installed(dpkg: &Dpkg, dir: &Path, files: u32) -> Result<()> {
    fill(dpkg, dir, files)?;
    install(dpkg, dir, 1)
}

fn install(dpkg: &Dpkg, dir: &Path, version: u32) -> Result<()> {
    let mut root_is = OsString::from("--root=");
    root_is.push(root(dir));
    // Not the host's, which its settings name.
    let mut log_is = OsString::from("--log=");
    log_is.push(root(dir).join("var/log/dpkg.log"));
    let package = dir.join(archive(version));
    // Not asked for: programs in PATH that only scripts of packages would need, and being root outside a namespace.
    // Images of containers often switch dpkg's syncing off; here it is as dpkg ships.
    let line: [&OsStr; 7] = [
        &root_is,
        &log_is,
        "--force-bad-path".as_ref(),
        "--force-not-root".as_ref(),
        "--refuse-unsafe-io".as_ref(),
        "--install".as_ref(),
        package.as_os_str(),
    ];
    dpkg.dpkg.run(dir, &line).map(drop)
}

/// Times installing a version, and checks every file of it.
pub(super) fn time(
    cell: &mut Cell<'_>,
    dpkg: &Dpkg,
    dir: &Path,
    phase: &str,
    version: u32,
) -> Result<()> {
    let files = cell.scale.tools.tools_package_files;
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        phase,
        || install(dpkg, dir, version),
        || environment.sync(),
    )?;
    for number in 0..files {
        let path = root(dir).join(file(number));
        if std::fs::read(&path).attempt("read", &path)? != content(number, version) {
            return Err(wrong(&path, format!("it is not of version {version}")));
        }
    }
    let status = root(dir).join("var/lib/dpkg/status");
    let text = std::fs::read_to_string(&status).attempt("read", &status)?;
    if text.contains(&format!("Version: {version}\n")) && text.contains("install ok installed") {
        return Ok(());
    }
    Err(wrong(&status, "the package is not listed as installed"))
}
