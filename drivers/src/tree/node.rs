//! The types of a tree in memory.

use std::collections::BTreeMap;
use std::path::Path;

use super::differences::{self, Difference, Tolerance};
use super::read::{self, Options};
use crate::error::Result;

/// Everything under a directory, by path relative to it (bytes, no leading slash); the root is the empty path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree(pub BTreeMap<Vec<u8>, Node>);

/// One name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is, and what is in it.
    pub content: Content,
    /// Permission bits with set-id and sticky; type bits not included. A symbolic link has 0o777.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When it was last modified.
    pub mtime: Time,
    /// Extended attributes of all namespaces, ACLs among them.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The smallest name of its inode in this tree; `None` when it is the only one.
    pub link: Option<Vec<u8>>,
}

/// A point in time as the filesystem keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Since 1970; negative before.
    pub seconds: i64,
    /// 0 to 999,999,999, always forward from `seconds`.
    pub nanoseconds: u32,
}

/// What a node is, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file.
    File {
        /// In bytes.
        size: u64,
        /// SHA-256 of the content; `None` when it was not read.
        sha256: Option<[u8; 32]>,
    },
    /// A directory; its children are nodes of their own.
    Directory,
    /// A symbolic link and where it points.
    Symlink(Vec<u8>),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device, by major and minor number.
    Char(u32, u32),
    /// A block device, by major and minor number.
    Block(u32, u32),
}

impl Content {
    /// The name of the type: `file`, `directory`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "directory",
            Self::Symlink(_) => "symbolic link",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Char(..) => "character device",
            Self::Block(..) => "block device",
        }
    }
}

impl Tree {
    /// Reads everything under the directory `root`.
    ///
    /// # Errors
    /// Whatever reading gives.
    pub fn read(root: &Path, options: &Options) -> Result<Self> {
        read::read(root, options)
    }

    /// Where `actual` is not what `self` expects, sorted by path. Names, not inodes, are compared; sizes and link counts
    /// of directories are not.
    pub fn differences(&self, actual: &Self, tolerance: &Tolerance) -> Vec<Difference> {
        differences::find(self, actual, tolerance)
    }

    /// The node at a path.
    pub fn get(&self, path: impl AsRef<[u8]>) -> Option<&Node> {
        self.0.get(path.as_ref())
    }
}
