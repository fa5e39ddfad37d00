//! Applies an OCI layer archive to a [`Stage`]: the one unpacker of layerbench.
//!
//! An archive is hostile. Every path is resolved inside the stage's root (`openat2` with RESOLVE_IN_ROOT), so no entry
//! can touch anything outside; entries, bytes and path lengths are limited; nothing of the archive is ever run.
//!
//! What the specification leaves open, and what is done here:
//! - of two entries for one path the last wins; a directory described twice keeps its content;
//! - parents that no entry describes are made with mode 0755, owner root and the time 0 (1970), so that equal archives
//!   give equal trees; a directory that is there keeps its time when only its content changes;
//! - access times are set to the modification times; the header of a hard link changes nothing but names;
//! - a directory over a directory leaves the content, and takes owner, mode, time and *all* xattrs of the entry;
//! - sparse files (GNU's old header, PAX 0.0, 0.1 and 1.0, as `tar -S` writes them) become sparse files;
//! - what the filesystem cannot store as told (a time beyond its range) is refused: nothing is changed in silence.
//!
//! [`stream`], [`header`], [`pax`], [`sparse`] and [`entry`] read; [`tree`] finds and makes directories, [`open`] keeps them; [`applier`],
//! [`whiteout`], [`made`], [`prune`], [`copy_up`] and [`meta`] write.

mod acl;
mod applier;
mod companions;
mod copy_up;
mod dir;
mod entry;
mod header;
mod made;
mod meta;
mod names;
mod open;
mod path;
mod pax;
mod prune;
mod sparse;
mod stream;
#[cfg(test)]
mod tests;
mod tree;
mod whiteout;
mod xattr_name;

use std::io::Read;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::view::View;

use entry::Members;
use stream::Stream;

/// Where the unpacker writes, and how deletion is spelled there. The difference between drivers is this data.
#[derive(Debug)]
pub struct Stage {
    /// The directory entries are written to.
    pub dir: PathBuf,
    /// What lies below the archive.
    pub below: Below,
    /// How a whiteout takes effect.
    pub deletions: Deletions,
    /// Whether owners can be stored; otherwise everything belongs to the caller, and that is counted.
    pub keep_owners: bool,
}

/// The content that an archive is applied on top of.
#[derive(Debug)]
pub enum Below {
    /// There is none: the layer is the lowest.
    Nothing,
    /// It is already in the stage's directory (btrfs, zfs, vfs): the archive changes it in place.
    Merged,
    /// It is apart (overlay): the stage's directory is an upper directory only, and this is a view of the rest, needed to
    /// resolve symbolic links among parents, to copy the attributes of implied parents and to link to lower files.
    Apart(View),
    /// It is not there yet: layers are being applied in parallel. Whiteouts are written unseen, and an archive that
    /// needs to look below is refused with `Unsupported`, to be applied again in order. The stage's own directory keeps
    /// the attributes it has unless an entry describes it (over [`Below::Apart`] it takes those of the root below).
    Unknown,
}

/// How a whiteout takes effect in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletions {
    /// The file is removed; files of the same archive survive whatever the order.
    Remove,
    /// A character device 0/0 hides the name, and the xattr `{prefix}opaque` = `y` hides a directory's lower content.
    Overlay {
        /// `trusted.overlay.`, or `user.overlay.` without privileges.
        xattr_prefix: &'static str,
    },
}

/// What an archive may ask for before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries in one archive.
    pub entries: u64,
    /// Bytes of file content in one archive, holes included.
    pub bytes: u64,
    /// Bytes of one path.
    pub path_bytes: usize,
    /// Bytes of archive that one byte of a compressed blob may become, for archives above [`Limits::RATIO_FROM`]. For
    /// whoever decompresses: the unpacker sees archives only.
    pub ratio: u64,
}

impl Default for Limits {
    /// Far above any published image: 10 million entries, 1 TiB, 16 KiB of path. The ratio is more than gzip can reach
    /// (1032), and a small part of what Zstandard makes of zeros.
    fn default() -> Self {
        Self {
            entries: 10_000_000,
            bytes: 1 << 40,
            path_bytes: 16 << 10,
            ratio: 1100,
        }
    }
}

impl Limits {
    /// Archives up to this many bytes may be compressed in any ratio: a file of zeros is no bomb yet.
    pub const RATIO_FROM: u64 = 1 << 30;

    /// The length in bytes of the longest archive that keeps the limits: its content, and headers far larger than any
    /// archiver writes. It bounds what lies before, between and behind entries: extended headers, padding, garbage.
    pub fn archive_bytes(&self) -> u64 {
        let headers = self.entries.saturating_mul(4096);
        self.bytes
            .saturating_add(headers)
            .saturating_add(ANY_ARCHIVE)
    }

    /// The most bytes that a compressed blob of `packed` bytes may become.
    pub fn unpacked_bytes(&self, packed: u64) -> u64 {
        let by_ratio = packed.saturating_mul(self.ratio).max(Self::RATIO_FROM);
        by_ratio.min(self.archive_bytes())
    }
}

/// What an archive may take whatever the limits: a few extended headers of the largest size.
const ANY_ARCHIVE: u64 = 16 << 20;

/// What an archive did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Entries read.
    pub entries: u64,
    /// Bytes of file content written.
    pub bytes: u64,
    /// Names deleted by whiteouts.
    pub whiteouts: u64,
    /// Directories made opaque.
    pub opaques: u64,
    /// Entries whose owner could not be stored.
    pub owners_dropped: u64,
    /// Extended attributes that need privileges this process lacks, left out because owners are not kept either.
    pub xattrs_dropped: u64,
    /// Devices left out for the same reason.
    pub devices_dropped: u64,
}

/// Applies an uncompressed archive to a stage, up to and including its end-of-archive marker; the reader is then
/// drained so that a digest taken of it is whole.
///
/// # Errors
/// `BadInput` (malformed, hostile, over a limit), `NoSpace`, `Unsupported` (see [`Below::Unknown`], or something the
/// filesystem cannot store, with its name), and whatever writing may give.
pub fn apply(stage: &Stage, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
    let fits = match (&stage.below, stage.deletions) {
        (Below::Nothing | Below::Unknown, _) => true,
        (Below::Merged, Deletions::Remove) | (Below::Apart(_), Deletions::Overlay { .. }) => true,
        (Below::Merged, Deletions::Overlay { .. }) | (Below::Apart(_), Deletions::Remove) => false,
    };
    if !fits {
        return Err(Error::new(ErrorKind::Unsupported, "unpack into")
            .path(&stage.dir)
            .because("deletions cannot be spelled that way over this content"));
    }
    let stream = Stream::new(tar, limits.archive_bytes());
    applier::run(stage, &mut Members::new(stream, *limits))
}

impl Stage {
    /// The prefix of an overlay's own xattrs.
    fn overlay(&self) -> Option<&'static str> {
        match self.deletions {
            Deletions::Remove => None,
            Deletions::Overlay { xattr_prefix } => Some(xattr_prefix),
        }
    }
}
