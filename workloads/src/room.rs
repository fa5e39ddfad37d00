//! What programs expect of a root beside the image: /proc, /dev with shared memory, a /tmp.
//!
//! The least of what engines mount: /proc for reading only (nothing of the host can be set through it), and a /dev in memory
//! with the six devices that hold nothing. Process ids in /proc are the host's; `/proc/self` is the program itself.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Mount, Result, mount};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

/// Devices as the kernel numbers them (Documentation/admin-guide/devices.txt).
const DEVICES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// A furnished root. `close` clears it and says whether that worked; dropping it does the same silently. Programs in the
/// root have to have ended.
#[derive(Debug)]
pub struct Room {
    /// In order of mounting.
    mounts: Vec<Mount>,
    /// What the image did not have.
    made: Vec<PathBuf>,
}

impl Room {
    /// Furnishes a root. Directories that it lacks are made, and go with the room unless something is in them.
    ///
    /// # Errors
    /// `Unsupported` when a name is taken by something that is no directory, or where nothing may be mounted; otherwise
    /// whatever mounting gives. Nothing stays mounted then.
    pub fn furnish(root: &Path) -> Result<Self> {
        let mut room = Self {
            mounts: Vec::new(),
            made: Vec::new(),
        };
        let quiet = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let closed = quiet | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_RDONLY;
        let proc = room.directory(root, "proc", 0o555)?;
        let mounted = mount::with_attributes("proc", None, &[], closed, &proc);
        room.mounts.push(mounted.map_err(cannot)?);
        let dev = room.directory(root, "dev", 0o755)?;
        let options = [("mode", Some("755")), ("size", Some("256m"))];
        let mounted = mount::with_attributes("tmpfs", None, &options, quiet, &dev);
        room.mounts.push(mounted.map_err(cannot)?);
        for (name, major, minor) in DEVICES {
            room.device(&dev.join(name), name, major, minor)?;
        }
        for (name, target) in LINKS {
            let path = dev.join(name);
            symlink(target, &path).attempt("make the link", &path)?;
        }
        room.directory(&dev, "shm", 0o1777)?;
        room.directory(root, "tmp", 0o1777)?;
        Ok(room)
    }

    /// A directory of that name; one that is there stays as it is. A link is not followed: it may lead anywhere.
    fn directory(&mut self, parent: &Path, name: &str, mode: u32) -> Result<PathBuf> {
        let path = parent.join(name);
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => Ok(path),
            Ok(_) => Err(Error::new(ErrorKind::Unsupported, "furnish")
                .path(&path)
                .because("in this image it is no directory")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir(&path).attempt("create", &path)?;
                self.made.push(path.clone());
                permit(&path, mode)?;
                Ok(path)
            }
            Err(error) => Err(Error::io("look at", &path, error)),
        }
    }

    fn device(&mut self, path: &Path, name: &str, major: u32, minor: u32) -> Result<()> {
        let kind = FileType::CharacterDevice;
        let mode = Mode::from_raw_mode(0o666);
        match mknodat(CWD, path, kind, mode, makedev(major, minor)) {
            Ok(()) => permit(path, 0o666),
            // A user namespace makes no devices: the host's are shown.
            Err(Errno::PERM) => {
                std::fs::write(path, "").attempt("create", path)?;
                let host = Path::new("/dev").join(name);
                self.mounts.push(mount::bind(&host, path, false)?);
                Ok(())
            }
            Err(errno) => Err(Error::io("make the device", path, errno)),
        }
    }

    /// Clears the root.
    ///
    /// # Errors
    /// `InUse` (EBUSY) while a program uses it.
    pub fn close(mut self) -> Result<()> {
        self.clear()
    }

    fn clear(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        while let Some(mount) = self.mounts.pop() {
            outcome = outcome.and(mount.unmount());
        }
        while let Some(path) = self.made.pop() {
            match rustix::fs::rmdir(&path) {
                // What was in memory went with its mount; what programs wrote stays.
                Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY) => {}
                Err(errno) => outcome = outcome.and(Err(Error::io("remove", &path, errno))),
            }
        }
        outcome
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // After `close` nothing is left to do; otherwise the failure that led here is the one the user reads.
        drop(self.clear());
    }
}

fn permit(path: &Path, mode: u32) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .attempt("set the mode of", path)
}

/// What a process without the host's root may not mount, no driver is to blame for.
fn cannot(error: Error) -> Error {
    if error.kind() == ErrorKind::PermissionDenied {
        error
            .with_kind(ErrorKind::Unsupported)
            .hint("run as root: programs need /proc and /dev")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drivers::sys::rooted::InRoot;
    use std::time::Duration;

    #[test]
    fn a_furnished_root_is_what_programs_expect_and_is_left_bare() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        drivers::sandbox::enter().unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("usr")).unwrap();
        let host = mount::bind(Path::new("/usr"), &root.path().join("usr"), true).unwrap();
        for name in ["bin", "lib", "lib64"] {
            symlink(Path::new("usr").join(name), root.path().join(name)).unwrap();
        }
        let room = Room::furnish(root.path()).unwrap();
        let script = "echo x >/dev/null && head -c 1 /dev/zero | wc -c && echo y >/dev/shm/f && echo z >/tmp/f \
                      && test \"$(readlink /proc/self/root)\" = / && cat /proc/sys/kernel/ostype >/dev/stderr \
                      && ! (echo 1 >/proc/sys/kernel/sysrq) 2>/dev/null";
        let ended = InRoot::new(root.path(), "/bin/sh")
            .args(["-c", script])
            .run(Duration::from_secs(20))
            .unwrap();
        ended.require_success().unwrap();
        assert_eq!(ended.output, "1\nLinux\n");
        room.close().unwrap();
        assert!(!root.path().join("dev").exists() && !root.path().join("proc").exists());
        assert_eq!(std::fs::read(root.path().join("tmp/f")).unwrap(), b"z\n");
        // A link in the place of a directory is not followed.
        symlink("/dev", root.path().join("dev")).unwrap();
        let error = Room::furnish(root.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!root.path().join("proc").exists());
        host.unmount().unwrap();
    }
}
