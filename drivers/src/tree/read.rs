//! Reads a tree from disk.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::{FileType, readlinkat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::at::{self, Inode, Meta};
use super::attributes::{Reader, Target};
use super::node::{Content, Node, Time, Tree};
use crate::error::{Attempt as _, Error, Result};

/// What is read of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Read the content of files.
    pub digest: bool,
    /// Read extended attributes.
    pub xattrs: bool,
    /// Round modification times down to this, in nanoseconds (1: keep them as they are).
    pub mtime_granularity_ns: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            digest: true,
            xattrs: true,
            mtime_granularity_ns: 1,
        }
    }
}

pub(super) fn read(root: &Path, options: &Options) -> Result<Tree> {
    let dir = at::open_root(root)?;
    let mut reader = TreeReader {
        root,
        options,
        attributes: Reader::new(),
        buffer: vec![0; 256 << 10],
        nodes: BTreeMap::new(),
        links: HashMap::new(),
    };
    let meta = at::meta_of(dir.as_fd()).attempt("read the attributes of", root)?;
    let node = reader
        .node(&meta, Content::Directory, Target::Open(dir.as_fd()))
        .attempt("read", root)?;
    reader.nodes.insert(Vec::new(), node);
    reader.contents(dir.as_fd(), &[])?;
    Ok(reader.finish())
}

struct TreeReader<'a> {
    root: &'a Path,
    options: &'a Options,
    attributes: Reader,
    buffer: Vec<u8>,
    nodes: BTreeMap<Vec<u8>, Node>,
    /// The names of each inode that has several links.
    links: HashMap<Inode, Vec<Vec<u8>>>,
}

impl TreeReader<'_> {
    fn contents(&mut self, dir: BorrowedFd<'_>, path: &[u8]) -> Result<()> {
        for name in at::list(dir).attempt("list", at::show(self.root, path))? {
            let path = at::join(path, name.name.to_bytes());
            let fail = |errno: Errno| Error::io("read", at::show(self.root, &path), errno);
            let meta = at::meta(dir, &name.name).map_err(fail)?;
            let target = Target::Named(dir, &name.name);
            let content = match meta.kind() {
                FileType::Directory => Content::Directory,
                FileType::Symlink => {
                    let target = readlinkat(dir, &name.name, Vec::new()).map_err(fail)?;
                    Content::Symlink(target.into_bytes())
                }
                FileType::Fifo => Content::Fifo,
                FileType::Socket => Content::Socket,
                FileType::CharacterDevice => Content::Char(meta.rdev.0, meta.rdev.1),
                FileType::BlockDevice => Content::Block(meta.rdev.0, meta.rdev.1),
                _ => {
                    let sha256 = if self.options.digest {
                        let file = at::open_file(dir, &name.name).map_err(fail)?;
                        let digest = digest(file.as_fd(), &mut self.buffer);
                        Some(digest.attempt("read", at::show(self.root, &path))?)
                    } else {
                        None
                    };
                    Content::File {
                        size: meta.size,
                        sha256,
                    }
                }
            };
            let node = self
                .node(&meta, content, target)
                .attempt("read", at::show(self.root, &path))?;
            if meta.is_dir() {
                let sub =
                    at::open_dir(dir, &name.name).attempt("open", at::show(self.root, &path))?;
                self.contents(sub.as_fd(), &path)?;
            } else if meta.nlink > 1 {
                let inode = meta.inode();
                self.links.entry(inode).or_default().push(path.clone());
            }
            self.nodes.insert(path, node);
        }
        Ok(())
    }

    fn node(&mut self, meta: &Meta, content: Content, of: Target<'_>) -> Result<Node, Errno> {
        let mut xattrs = BTreeMap::new();
        if self.options.xattrs {
            for (name, value) in self.attributes.all(of)? {
                xattrs.insert(name.into_bytes(), value);
            }
        }
        let unit = self.options.mtime_granularity_ns.max(1);
        let mut nanoseconds = u64::from(meta.mtime.1);
        nanoseconds -= nanoseconds % unit;
        Ok(Node {
            content,
            mode: meta.mode & 0o7777,
            uid: meta.uid,
            gid: meta.gid,
            mtime: Time {
                seconds: meta.mtime.0,
                nanoseconds: u32::try_from(nanoseconds).unwrap_or(meta.mtime.1),
            },
            xattrs,
            link: None,
        })
    }

    fn finish(mut self) -> Tree {
        for mut names in self.links.into_values().filter(|names| names.len() > 1) {
            names.sort_unstable();
            let first = names[0].clone();
            for name in names {
                if let Some(node) = self.nodes.get_mut(&name) {
                    node.link = Some(first.clone());
                }
            }
        }
        Tree(self.nodes)
    }
}

fn digest(file: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<[u8; 32], Errno> {
    let mut hash = Sha256::new();
    loop {
        match rustix::io::read(file, &mut *buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(length) => hash.update(&buffer[..length]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
