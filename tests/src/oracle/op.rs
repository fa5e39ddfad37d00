//! One operation on a tree. Paths are bytes, relative to the root, without a leading slash; the empty path is the root.

use std::sync::Arc;

/// A path relative to the root.
pub type PathBytes = Vec<u8>;

/// One operation on a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Makes a directory, mode 0755.
    Dir(PathBytes),
    /// Makes a file, mode 0644, or replaces the content of one that is there.
    File(PathBytes, Arc<Vec<u8>>),
    /// Overwrites bytes of a file from an offset, growing it where needed.
    Write(PathBytes, u64, Vec<u8>),
    /// Cuts or grows a file.
    Truncate(PathBytes, u64),
    /// Makes a symbolic link: path, target.
    Symlink(PathBytes, Vec<u8>),
    /// Gives an existing file another name: existing, new.
    Link(PathBytes, PathBytes),
    /// Makes a fifo, mode 0644.
    Fifo(PathBytes),
    /// Makes a Unix socket, mode 0755. No archive can carry it.
    Socket(PathBytes),
    /// Makes a character device, mode 0600: major, minor.
    Character(PathBytes, u32, u32),
    /// Makes a block device, mode 0600: major, minor.
    Block(PathBytes, u32, u32),
    /// Sets permission bits, setuid, setgid and sticky included.
    Chmod(PathBytes, u32),
    /// Sets user and group.
    Chown(PathBytes, u32, u32),
    /// Sets the modification time: seconds, nanoseconds.
    Mtime(PathBytes, i64, u32),
    /// Sets an extended attribute: name, value.
    Xattr(PathBytes, Vec<u8>, Vec<u8>),
    /// Removes a file, or a directory with everything in it.
    Remove(PathBytes),
    /// Renames, replacing what is there.
    Rename(PathBytes, PathBytes),
}

impl Op {
    /// The same operation on a tree that lies in the directory `dir`.
    #[must_use]
    pub fn under(&self, dir: &[u8]) -> Self {
        let at = |path: &PathBytes| match path.is_empty() {
            true => dir.to_vec(),
            false => [dir, b"/", path].concat(),
        };
        match self {
            Self::Dir(path) => Self::Dir(at(path)),
            Self::File(path, content) => Self::File(at(path), Arc::clone(content)),
            Self::Write(path, offset, content) => Self::Write(at(path), *offset, content.clone()),
            Self::Truncate(path, length) => Self::Truncate(at(path), *length),
            Self::Symlink(path, target) => Self::Symlink(at(path), target.clone()),
            Self::Link(existing, new) => Self::Link(at(existing), at(new)),
            Self::Fifo(path) => Self::Fifo(at(path)),
            Self::Socket(path) => Self::Socket(at(path)),
            Self::Character(path, major, minor) => Self::Character(at(path), *major, *minor),
            Self::Block(path, major, minor) => Self::Block(at(path), *major, *minor),
            Self::Chmod(path, mode) => Self::Chmod(at(path), *mode),
            Self::Chown(path, uid, gid) => Self::Chown(at(path), *uid, *gid),
            Self::Mtime(path, seconds, nanoseconds) => {
                Self::Mtime(at(path), *seconds, *nanoseconds)
            }
            Self::Xattr(path, name, value) => Self::Xattr(at(path), name.clone(), value.clone()),
            Self::Remove(path) => Self::Remove(at(path)),
            Self::Rename(from, to) => Self::Rename(at(from), at(to)),
        }
    }
}

/// Makes a directory.
pub fn dir(path: impl AsRef<[u8]>) -> Op {
    Op::Dir(bytes(path))
}

/// Makes or replaces a file.
pub fn file(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Op {
    Op::File(bytes(path), Arc::new(content.as_ref().to_vec()))
}

/// Overwrites bytes of a file.
pub fn write(path: impl AsRef<[u8]>, offset: u64, content: impl AsRef<[u8]>) -> Op {
    Op::Write(bytes(path), offset, bytes(content))
}

/// Cuts or grows a file.
pub fn truncate(path: impl AsRef<[u8]>, length: u64) -> Op {
    Op::Truncate(bytes(path), length)
}

/// Makes a symbolic link.
pub fn symlink(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Op {
    Op::Symlink(bytes(path), bytes(target))
}

/// Gives `existing` another name.
pub fn link(existing: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Op {
    Op::Link(bytes(existing), bytes(new))
}

/// Makes a fifo.
pub fn fifo(path: impl AsRef<[u8]>) -> Op {
    Op::Fifo(bytes(path))
}

/// Makes a Unix socket.
pub fn socket(path: impl AsRef<[u8]>) -> Op {
    Op::Socket(bytes(path))
}

/// Makes a character device.
pub fn character(path: impl AsRef<[u8]>, major: u32, minor: u32) -> Op {
    Op::Character(bytes(path), major, minor)
}

/// Makes a block device.
pub fn block(path: impl AsRef<[u8]>, major: u32, minor: u32) -> Op {
    Op::Block(bytes(path), major, minor)
}

/// Sets permission bits.
pub fn chmod(path: impl AsRef<[u8]>, mode: u32) -> Op {
    Op::Chmod(bytes(path), mode)
}

/// Sets user and group.
pub fn chown(path: impl AsRef<[u8]>, uid: u32, gid: u32) -> Op {
    Op::Chown(bytes(path), uid, gid)
}

/// Sets the modification time.
pub fn mtime(path: impl AsRef<[u8]>, seconds: i64, nanoseconds: u32) -> Op {
    Op::Mtime(bytes(path), seconds, nanoseconds)
}

/// Sets an extended attribute.
pub fn xattr(path: impl AsRef<[u8]>, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Op {
    Op::Xattr(bytes(path), bytes(name), bytes(value))
}

/// Removes a file, or a directory with everything in it.
pub fn remove(path: impl AsRef<[u8]>) -> Op {
    Op::Remove(bytes(path))
}

/// Renames.
pub fn rename(from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Op {
    Op::Rename(bytes(from), bytes(to))
}

fn bytes(text: impl AsRef<[u8]>) -> Vec<u8> {
    text.as_ref().to_vec()
}
