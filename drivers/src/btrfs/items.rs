//! The items of a btrfs tree that are read here, decoded from their bytes (linux/btrfs_tree.h: packed, little endian).

use linux_raw_sys::btrfs as raw;

use crate::error::{Error, ErrorKind, Result};
use crate::sys::btrfs::Place;

/// The numbers of the kinds of items.
pub(super) mod kind {
    use super::raw;
    macro_rules! kinds {
        ($($name:ident = $raw:ident),* $(,)?) => {
            $(pub(in crate::btrfs) const $name: u8 = raw::$raw as u8;)*
        };
    }
    kinds! {
        INODE = BTRFS_INODE_ITEM_KEY,
        NAME = BTRFS_INODE_REF_KEY,
        FAR_NAME = BTRFS_INODE_EXTREF_KEY,
        EXTENT = BTRFS_EXTENT_DATA_KEY,
        ROOT = BTRFS_ROOT_ITEM_KEY,
        CHILD_ROOT = BTRFS_ROOT_REF_KEY,
        QUOTA_STATUS = BTRFS_QGROUP_STATUS_KEY,
        QUOTA_COUNT = BTRFS_QGROUP_INFO_KEY,
        QUOTA_LIMIT = BTRFS_QGROUP_LIMIT_KEY,
    }
}

/// The tree that lists the trees.
pub(super) const ROOT_TREE: u64 = raw::BTRFS_ROOT_TREE_OBJECTID as u64;
/// The tree of the quota groups.
pub(super) const QUOTA_TREE: u64 = raw::BTRFS_QUOTA_TREE_OBJECTID as u64;
/// The inode number of every subvolume's root directory, and the first there is.
pub(super) const ROOT_INODE: u64 = raw::BTRFS_FIRST_FREE_OBJECTID as u64;

/// One item as found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) place: Place,
    pub(super) data: &'a [u8],
}

fn short() -> Error {
    Error::new(ErrorKind::Corrupt, "read a btrfs item").because("it is shorter than its kind asks")
}

fn u64_at(data: &[u8], at: usize) -> Result<u64> {
    data.get(at..at + 8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_le_bytes)
        .ok_or_else(short)
}

fn u32_at(data: &[u8], at: usize) -> Result<u32> {
    data.get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes)
        .ok_or_else(short)
}

fn u16_at(data: &[u8], at: usize) -> Result<usize> {
    data.get(at..at + 2)
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| u16::from_le_bytes(bytes).into())
        .ok_or_else(short)
}

/// Splits the first item off the answer of a search. Its header is in the host's byte order, unlike its data.
pub(super) fn split(bytes: &[u8]) -> Result<(Item<'_>, &[u8])> {
    const HEAD: usize = 32;
    let word = |at: usize| -> Result<[u8; 8]> {
        bytes
            .get(at..at + 8)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(short)
    };
    let half = |at: usize| -> Result<u32> {
        bytes
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_ne_bytes)
            .ok_or_else(short)
    };
    let len = half(28)? as usize;
    let data = bytes.get(HEAD..HEAD + len).ok_or_else(short)?;
    let item = Item {
        place: Place {
            object: u64::from_ne_bytes(word(8)?),
            offset: u64::from_ne_bytes(word(16)?),
            kind: u8::try_from(half(24)?).map_err(|_| short())?,
        },
        data,
    };
    Ok((item, &bytes[HEAD + len..]))
}

/// An inode, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inode {
    /// The transaction that made it.
    pub(super) created: u64,
    /// The transaction that last changed it or anything of it: data, names, attributes.
    pub(super) changed: u64,
    pub(super) links: u32,
}

impl Inode {
    pub(super) fn read(data: &[u8]) -> Result<Self> {
        Ok(Self {
            created: u64_at(data, 0)?,
            changed: u64_at(data, 8)?,
            links: u32_at(data, 40)?,
        })
    }
}

/// One piece of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A hole: nothing is allocated.
    Hole,
    /// In the tree itself: bytes as stored.
    Inline {
        /// The transaction that wrote it.
        created: u64,
        /// Stored bytes.
        bytes: u64,
    },
    /// An extent on disk, which several pieces and files may share.
    OnDisk {
        /// The transaction that wrote it.
        created: u64,
        /// Its address, unique.
        address: u64,
        /// Its whole size, as allocated.
        bytes: u64,
    },
}

impl Extent {
    pub(super) fn read(data: &[u8]) -> Result<Self> {
        const INLINE_HEAD: usize = 21;
        if *data.get(20).ok_or_else(short)? == 0 {
            let bytes = data.len().checked_sub(INLINE_HEAD).ok_or_else(short)? as u64;
            let created = u64_at(data, 0)?;
            return Ok(Self::Inline { created, bytes });
        }
        let address = u64_at(data, INLINE_HEAD)?;
        Ok(if address == 0 {
            Self::Hole
        } else {
            Self::OnDisk {
                created: u64_at(data, 0)?,
                address,
                bytes: u64_at(data, 29)?,
            }
        })
    }
}

/// The names of an inode in one item: directory and name.
pub(super) fn names(item: Item<'_>) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut rest = item.data;
    // NAME: the directory is the item's offset. FAR_NAME (hash collision or full item): it is in the data.
    let far = item.place.kind == kind::FAR_NAME;
    let head = if far { 18 } else { 10 };
    while !rest.is_empty() {
        let directory = if far {
            u64_at(rest, 0)?
        } else {
            item.place.offset
        };
        let len = u16_at(rest, head - 2)?;
        let name = rest.get(head..head + len).ok_or_else(short)?.to_vec();
        found.push((directory, name));
        rest = &rest[head + len..];
    }
    Ok(found)
}

/// A subvolume inside another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) id: u64,
    /// The directory of the outer one it lies in.
    pub(super) directory: u64,
    pub(super) name: Vec<u8>,
}

impl Child {
    pub(super) fn read(item: Item<'_>) -> Result<Self> {
        let len = u16_at(item.data, 16)?;
        Ok(Self {
            id: item.place.offset,
            directory: u64_at(item.data, 0)?,
            name: item.data.get(18..18 + len).ok_or_else(short)?.to_vec(),
        })
    }
}

/// What a quota group counts: bytes referenced, bytes exclusive.
pub(super) fn quota_count(data: &[u8]) -> Result<(u64, u64)> {
    Ok((u64_at(data, 8)?, u64_at(data, 24)?))
}

/// The most a quota group may refer to, in bytes, if it is limited.
pub(super) fn quota_limit(data: &[u8]) -> Result<Option<u64>> {
    let limited = u64_at(data, 0)? & u64::from(raw::BTRFS_QGROUP_LIMIT_MAX_RFER) != 0;
    Ok(limited.then_some(u64_at(data, 8)?))
}

/// The flags of the quotas: `BTRFS_QGROUP_STATUS_FLAG_*`.
pub(super) fn quota_flags(data: &[u8]) -> Result<u64> {
    u64_at(data, 16)
}
