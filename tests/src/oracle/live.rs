//! The same operations as system calls in a mounted directory, with modes that do not depend on the umask.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags, chownat,
    linkat, lsetxattr, makedev, mknodat, utimensat,
};

use super::op::Op;

/// The place of a path under a root.
pub fn place(root: &Path, path: impl AsRef<[u8]>) -> PathBuf {
    let path = path.as_ref();
    if path.is_empty() {
        root.to_owned()
    } else {
        root.join(OsStr::from_bytes(path))
    }
}

/// Does every operation in turn under `root`.
///
/// # Errors
/// Whatever the first failing system call gives.
pub fn apply(root: &Path, ops: &[Op]) -> Result<()> {
    ops.iter().try_for_each(|op| one(root, op))
}

fn one(root: &Path, op: &Op) -> Result<()> {
    let at = |path: &[u8]| place(root, path);
    match op {
        Op::Dir(path) => {
            let path = at(path);
            fs::create_dir(&path).attempt("make the directory", &path)?;
            mode(&path, 0o755)
        }
        Op::File(path, content) => {
            let path = at(path);
            let fresh = !path.exists();
            fs::write(&path, content.as_slice()).attempt("write", &path)?;
            if fresh { mode(&path, 0o644) } else { Ok(()) }
        }
        Op::Write(path, offset, content) => {
            let path = at(path);
            let file = OpenOptions::new()
                .write(true)
                .open(&path)
                .attempt("open for writing", &path)?;
            file.write_all_at(content, *offset).attempt("write", &path)
        }
        Op::Truncate(path, length) => {
            let path = at(path);
            let file = OpenOptions::new()
                .write(true)
                .open(&path)
                .attempt("open for writing", &path)?;
            file.set_len(*length).attempt("truncate", &path)
        }
        Op::Symlink(path, target) => {
            let path = at(path);
            symlink(OsStr::from_bytes(target), &path).attempt("make the symbolic link", &path)
        }
        Op::Link(existing, new) => {
            let new = at(new);
            linkat(CWD, at(existing), CWD, &new, AtFlags::empty()).attempt("link", &new)
        }
        Op::Fifo(path) => node(&at(path), FileType::Fifo, 0o644, 0),
        Op::Socket(path) => {
            let path = at(path);
            // The name stays when the listener is closed. A long path does not fit sun_path: go through the directory.
            bind_socket(&path)?;
            mode(&path, 0o755)
        }
        Op::Character(path, major, minor) => node(
            &at(path),
            FileType::CharacterDevice,
            0o600,
            makedev(*major, *minor),
        ),
        Op::Block(path, major, minor) => node(
            &at(path),
            FileType::BlockDevice,
            0o600,
            makedev(*major, *minor),
        ),
        Op::Chmod(path, bits) => mode(&at(path), *bits),
        Op::Chown(path, uid, gid) => {
            let path = at(path);
            chownat(
                CWD,
                &path,
                Some(Uid::from_raw(*uid)),
                Some(Gid::from_raw(*gid)),
                AtFlags::SYMLINK_NOFOLLOW,
            )
            .attempt("change the owner of", &path)
        }
        Op::Mtime(path, seconds, nanoseconds) => {
            let path = at(path);
            let times = Timestamps {
                last_access: Timespec {
                    tv_sec: 0,
                    tv_nsec: UTIME_OMIT,
                },
                last_modification: Timespec {
                    tv_sec: *seconds,
                    tv_nsec: i64::from(*nanoseconds),
                },
            };
            utimensat(CWD, &path, &times, AtFlags::SYMLINK_NOFOLLOW)
                .attempt("set the time of", &path)
        }
        Op::Xattr(path, name, value) => {
            let path = at(path);
            lsetxattr(&path, &name[..], value, XattrFlags::empty())
                .attempt("set the extended attribute of", &path)
        }
        Op::Remove(path) => {
            let path = at(path);
            let meta = fs::symlink_metadata(&path).attempt("stat", &path)?;
            if meta.is_dir() {
                drivers::remove::tree(&path)
            } else {
                fs::remove_file(&path).attempt("unlink", &path)
            }
        }
        Op::Rename(from, to) => {
            let from = at(from);
            fs::rename(&from, at(to)).attempt("rename", &from)
        }
    }
}

fn mode(path: &Path, bits: u32) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(bits)).attempt("change the mode of", path)
}

fn node(path: &Path, kind: FileType, bits: u32, device: u64) -> Result<()> {
    mknodat(CWD, path, kind, Mode::from_raw_mode(bits), device).attempt("mknod", path)?;
    mode(path, bits)
}

fn bind_socket(path: &Path) -> Result<()> {
    let above = path.parent().unwrap_or(path);
    let dir = OpenOptions::new()
        .read(true)
        .custom_flags(libc_directory())
        .open(above)
        .attempt("open", above)?;
    let short = Path::new("/proc/self/fd")
        .join(std::os::fd::AsRawFd::as_raw_fd(&dir).to_string())
        .join(path.file_name().unwrap_or_default());
    UnixListener::bind(short)
        .map(drop)
        .attempt("make the socket", path)
}

fn libc_directory() -> i32 {
    rustix::fs::OFlags::DIRECTORY.bits().cast_signed()
}
