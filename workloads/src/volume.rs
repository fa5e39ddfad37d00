//! A directory of a root that a program keeps its data in: in the container's layer, or on a volume.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Error, Mount, Result, mount, remove};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;

/// A directory of the backing store, outside the driver, that is mounted in a root. `close` takes it away with what is in
/// it; dropping it does the same silently.
#[derive(Debug)]
pub struct Volume {
    mount: Option<Mount>,
    store: PathBuf,
}

impl Volume {
    /// Makes a volume in `plain`, which belongs to `owner`, and mounts it on the directory `inside` of a root; the directory
    /// is made, if it is not there, and stays.
    ///
    /// # Errors
    /// As [`directory`], and whatever mounting gives.
    pub fn mount(
        plain: &Path,
        root: &Path,
        inside: &Path,
        owner: Option<(u32, u32)>,
    ) -> Result<Self> {
        let at = directory(root, inside, None)?;
        let store = plain.join("volume");
        std::fs::create_dir(&store).attempt("create", &store)?;
        let mut volume = Self { mount: None, store };
        give(&volume.store, owner)?;
        volume.mount = Some(mount::bind(&volume.store, &at, false)?);
        Ok(volume)
    }

    /// Unmounts and empties it.
    ///
    /// # Errors
    /// `InUse` while a program uses it; otherwise whatever removing gives.
    pub fn close(mut self) -> Result<()> {
        self.clear()
    }

    fn clear(&mut self) -> Result<()> {
        if let Some(mount) = self.mount.take() {
            mount.unmount()?;
        }
        remove::tree(&self.store)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // After `close` nothing is left to do; otherwise the failure that led here is the one the user reads.
        drop(self.clear());
    }
}

/// The path of the directory `inside` of a root, made with all above it if it is not there, and given to `owner`. Links
/// are followed as a process in the root would: never out of it.
///
/// # Errors
/// `Io` when something else has its name; otherwise whatever the system calls give.
pub fn directory(root: &Path, inside: &Path, owner: Option<(u32, u32)>) -> Result<PathBuf> {
    let op = "make, inside the root, the directory";
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = openat(CWD, root, flags, Mode::empty()).attempt("open the root", root)?;
    let open = |path: &Path| openat2(&top, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
    let mut at: OwnedFd = open(Path::new("/")).attempt(op, inside)?;
    let mut so_far = PathBuf::from("/");
    for part in inside.strip_prefix("/").unwrap_or(inside) {
        so_far.push(part);
        at = match open(&so_far) {
            Err(Errno::NOENT) => {
                mkdirat(at.as_fd(), part, Mode::from_raw_mode(0o755)).attempt(op, &so_far)?;
                open(&so_far).attempt(op, &so_far)?
            }
            found => found.attempt(op, &so_far)?,
        };
    }
    let link = format!("/proc/self/fd/{}", at.as_raw_fd());
    let path = std::fs::read_link(&link).map_err(|e| Error::io(op, inside, e))?;
    give(&path, owner)?;
    Ok(path)
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> Result<()> {
    match owner {
        Some((user, group)) => chown(path, Some(user), Some(group)).attempt("give away", path),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn directories_are_made_inside_the_root_wherever_links_lead() {
        let dir = tempfile::tempdir().unwrap();
        let (root, out) = (dir.path().join("root"), dir.path().join("out"));
        std::fs::create_dir_all(root.join("var")).unwrap();
        std::fs::create_dir_all(root.join("run")).unwrap();
        std::fs::create_dir(&out).unwrap();
        symlink("/run", root.join("var/run")).unwrap();
        symlink("../../../../../out", root.join("up")).unwrap();
        let made = directory(&root, Path::new("/var/run/a/b"), None).unwrap();
        assert_eq!(made, root.join("run/a/b"));
        assert!(made.is_dir());
        assert_eq!(directory(&root, Path::new("/run/a/b"), None).unwrap(), made);
        std::fs::write(root.join("file"), "").unwrap();
        directory(&root, Path::new("/file/below"), None).unwrap_err();
        // A link that leads nowhere in this root makes nothing outside.
        directory(&root, Path::new("/up/x"), None).unwrap_err();
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    }
}
