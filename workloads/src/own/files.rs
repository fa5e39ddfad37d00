//! Paths inside a root, found as a process in it would find them: symbolic links never lead out.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};

use super::Own;

/// Where a program without a `/` in its name is looked for, as in a container.
const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// The files that the state of the caches is proven by, relative to the root: the programs, and those the user named.
///
/// # Errors
/// `Unsupported` when the image has not all that were named.
pub(super) fn of(own: &Own, root: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = own
        .commands()
        .filter_map(|command| program(root, command.first()?))
        .collect();
    for file in &own.files {
        let found = regular(root, file).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "find in the image the file")
                .path(file)
                .because("it has no such file, or it is empty")
        })?;
        files.push(found);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Where a root has a program, relative to the root.
pub(super) fn program(root: &Path, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return regular(root, Path::new(name));
    }
    PATH.iter()
        .find_map(|dir| regular(root, &Path::new(dir).join(name)))
}

/// A file with content, all links followed, relative to the root.
fn regular(root: &Path, path: &Path) -> Option<PathBuf> {
    let (top, at) = open(root, path).ok()?;
    let stat = fstat(&at).ok()?;
    let fits = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_size > 0;
    let shown = |fd: &OwnedFd| std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let file = shown(&at).ok()?;
    let relative = file.strip_prefix(shown(&top).ok()?).ok()?;
    fits.then(|| relative.to_owned())
}

/// A descriptor of the root, and one of a path in it, for its name only.
pub(super) fn open(root: &Path, path: &Path) -> Result<(OwnedFd, OwnedFd)> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let top = openat(CWD, root, flags | OFlags::DIRECTORY, Mode::empty())
        .attempt("open the root", root)?;
    let relative = path.strip_prefix("/").unwrap_or(path);
    let at = openat2(
        top.as_fd(),
        relative,
        flags,
        Mode::empty(),
        ResolveFlags::IN_ROOT,
    )
    .attempt("find in the root", path)?;
    Ok((top, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_through_links_of_the_root_and_never_outside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("usr/bin")).unwrap();
        std::fs::write(root.join("usr/bin/prog-1.2"), "x").unwrap();
        std::fs::write(root.join("usr/bin/empty"), "").unwrap();
        std::os::unix::fs::symlink("usr/bin", root.join("bin")).unwrap();
        std::os::unix::fs::symlink("/bin/prog-1.2", root.join("usr/bin/prog")).unwrap();
        std::os::unix::fs::symlink("../../../etc/passwd", root.join("usr/bin/out")).unwrap();
        let path = PathBuf::from("usr/bin/prog-1.2");
        let found = Some(path.clone());
        assert_eq!(program(root, "prog"), found);
        assert_eq!(program(root, "/bin/prog"), found);
        for absent in ["nosuch", "/bin/empty", "/bin", "out", "/usr/bin/out"] {
            assert_eq!(program(root, absent), None, "{absent}");
        }
        let mut own = Own::new("x", vec!["prog".to_owned()]);
        own.setup = Some(vec!["/usr/bin/prog".to_owned()]);
        assert_eq!(of(&own, root).unwrap(), [path]);
        own.files.push("/etc/nosuch".into());
        let error = of(&own, root).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("/etc/nosuch"));
    }
}
