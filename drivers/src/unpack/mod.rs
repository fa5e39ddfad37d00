//! Applies an OCI layer archive to a [`Stage`]: the one unpacker of layerbench.
//!
//! An archive is hostile. Every path is resolved inside the stage's root (`openat2` with RESOLVE_IN_ROOT), so no entry
//! can touch anything outside; entries, bytes and path lengths are limited; nothing of the archive is ever run.

use std::io::Read;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::view::View;

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
    /// needs to look below is refused with `Unsupported`, to be applied again in order.
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
}

impl Default for Limits {
    /// Far above any published image: 10 million entries, 1 TiB, 16 KiB of path.
    fn default() -> Self {
        Self {
            entries: 10_000_000,
            bytes: 1 << 40,
            path_bytes: 16 << 10,
        }
    }
}

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
}

/// Applies an uncompressed archive to a stage, up to and including its end-of-archive marker; the reader is then
/// drained so that a digest taken of it is whole.
///
/// # Errors
/// `BadInput` (malformed, hostile, over a limit), `NoSpace`, `Unsupported` (see [`Below::Unknown`], or something the
/// filesystem cannot store, with its name), and whatever writing may give.
pub fn apply(stage: &Stage, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
    let _ = (tar, limits);
    Err(Error::new(ErrorKind::Unsupported, "unpack into")
        .path(&stage.dir)
        .because("not written yet"))
}
