//! Whether one name is the same in two trees: attributes first, then extended attributes, then content.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{FileType, SeekFrom, readlinkat, seek};
use rustix::io::{Errno, pread};

use crate::sys::fiemap;
use crate::tree::at::{self, Meta};
use crate::tree::attributes::{Reader, Target};

/// Files above this are searched for holes, which need not be read.
const LARGE: u64 = 1 << 20;
const CHUNK: usize = 256 << 10;
/// Smaller files may lie in the inode itself, and have no blocks.
const WORTH_ASKING: u64 = 4096;
/// After so many files without common blocks, more than with, the trees are taken to share none.
const VAIN_MAX: i32 = 16;

/// Compares single names; keeps its buffers.
#[derive(Debug)]
pub(crate) struct Comparer {
    attributes: Reader,
    /// Attributes whose names begin with this are a driver's own and no content.
    ignored: Option<&'static str>,
    left: Vec<u8>,
    right: Vec<u8>,
    /// How often looking at blocks was in vain, less how often it was not.
    vain: i32,
}

/// A name in an open directory, with its attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) dir: BorrowedFd<'a>,
    /// Empty for the directory itself.
    pub(crate) name: &'a CStr,
    pub(crate) meta: &'a Meta,
}

impl Comparer {
    pub(crate) fn new() -> Self {
        Self {
            attributes: Reader::new(),
            ignored: None,
            left: vec![0; CHUNK],
            right: vec![0; CHUNK],
            vain: 0,
        }
    }

    /// A comparer that does not look at attributes whose names begin with `prefix`.
    pub(crate) fn ignoring(prefix: &'static str) -> Self {
        Self {
            ignored: Some(prefix),
            ..Self::new()
        }
    }

    /// Whether both are the same in type, attributes and content; what is in directories, and which other names a file
    /// has, is not looked at.
    pub(crate) fn same(&mut self, lower: Side<'_>, upper: Side<'_>) -> Result<bool, Errno> {
        let (a, b) = (lower.meta, upper.meta);
        if a.inode() == b.inode() {
            // One inode of one filesystem: there is nothing that could differ.
            return Ok(true);
        }
        if (a.mode, a.uid, a.gid, a.mtime, a.rdev) != (b.mode, b.uid, b.gid, b.mtime, b.rdev) {
            return Ok(false);
        }
        match a.kind() {
            FileType::RegularFile if a.size != b.size => Ok(false),
            FileType::RegularFile if a.size > 0 => self.same_file(lower, upper),
            FileType::Symlink => Ok(a.size == b.size
                && readlinkat(lower.dir, lower.name, Vec::new())?
                    == readlinkat(upper.dir, upper.name, Vec::new())?
                && self.same_attributes(named(lower), named(upper))?),
            _ => self.same_attributes(named(lower), named(upper)),
        }
    }

    fn same_file(&mut self, lower: Side<'_>, upper: Side<'_>) -> Result<bool, Errno> {
        let a = at::open_file(lower.dir, lower.name)?;
        let b = at::open_file(upper.dir, upper.name)?;
        if !self.same_attributes(Target::Open(a.as_fd()), Target::Open(b.as_fd()))? {
            return Ok(false);
        }
        if lower.meta.dev == upper.meta.dev
            && lower.meta.size >= WORTH_ASKING
            && self.vain < VAIN_MAX
        {
            let same = same_blocks(a.as_fd(), b.as_fd());
            self.vain += if same { -1 } else { 1 };
            if same {
                return Ok(true);
            }
        }
        self.same_content(a.as_fd(), b.as_fd(), lower.meta.size)
    }

    fn same_attributes(&mut self, a: Target<'_>, b: Target<'_>) -> Result<bool, Errno> {
        let (mut a, mut b) = (self.attributes.all(a)?, self.attributes.all(b)?);
        if let Some(prefix) = self.ignored {
            for list in [&mut a, &mut b] {
                list.retain(|(name, _)| !name.to_bytes().starts_with(prefix.as_bytes()));
            }
        }
        Ok(a == b)
    }

    fn same_content(
        &mut self,
        a: BorrowedFd<'_>,
        b: BorrowedFd<'_>,
        size: u64,
    ) -> Result<bool, Errno> {
        let mut at = 0;
        while at < size {
            let mut end = size;
            if size > LARGE {
                let (next_a, next_b) = (data_from(a, at, size)?, data_from(b, at, size)?);
                at = next_a.min(next_b);
                if at == size {
                    break;
                }
                // Read as far as either has data, or just this chunk.
                end = size.min(at + CHUNK as u64);
            }
            let length = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
            let read_a = read_full(a, &mut self.left[..length], at)?;
            let read_b = read_full(b, &mut self.right[..length], at)?;
            if self.left[..read_a] != self.right[..read_b] {
                return Ok(false);
            }
            if read_a == 0 {
                break;
            }
            at += read_a as u64;
        }
        Ok(true)
    }
}

/// Whether both files consist of the very same blocks (reflinks). What is in memory is written first: a filesystem may
/// still show the old, shared block of a page that was changed.
fn same_blocks(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool {
    let (Ok(a), Ok(b)) = (fiemap::extents(a, true), fiemap::extents(b, true)) else {
        return false;
    };
    !a.is_empty() && a == b && a.iter().all(|extent| extent.placed && extent.shared)
}

fn named(side: Side<'_>) -> Target<'_> {
    Target::Named(side.dir, side.name)
}

/// Where the next data begins, or `size`.
fn data_from(file: BorrowedFd<'_>, at: u64, size: u64) -> Result<u64, Errno> {
    match seek(file, SeekFrom::Data(at)) {
        Ok(start) => Ok(start.min(size)),
        Err(Errno::NXIO) => Ok(size),
        // A filesystem that does not know holes has none.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(at),
        Err(errno) => Err(errno),
    }
}

fn read_full(file: BorrowedFd<'_>, buffer: &mut [u8], at: u64) -> Result<usize, Errno> {
    let mut filled = 0;
    while filled < buffer.len() {
        match pread(file, &mut buffer[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(filled)
}
