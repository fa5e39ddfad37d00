//! The space an item takes, read from its trees without quotas.
//!
//! Every piece of a file names the extent it lies in and the transaction that wrote that extent. What is newer than the
//! item's own creation was written by the item; all else came with the snapshot. So **exclusive** is the size of its new
//! extents, **referenced** that of all its extents, each counted once however many pieces, hard links or clones share it;
//! holes have none. Of a layer, exclusive is what it added to its parent, whatever its children share of it since.
//! Metadata is not counted: blocks of the trees belong to no file.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use super::items::{Extent, Inode, Item, ROOT_INODE, kind};
use super::{nested, search};
use crate::error::Result;

/// What [`measure`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Space {
    /// Bytes of the extents written by the item.
    pub(super) exclusive: u64,
    /// Bytes of all its extents.
    pub(super) referenced: u64,
    /// Inodes made by the item, its root not counted.
    pub(super) inodes: u64,
}

/// Measures the subvolume `id`, at whose root `root` is open, and all nested in it. What was written in transaction
/// `since` or before came from its parent.
pub(super) fn measure(root: BorrowedFd<'_>, id: u64, since: u64) -> Result<Space> {
    let mut counter = Counter {
        since,
        seen: HashSet::new(),
        space: Space::default(),
    };
    for one in nested::with_descendants(root, id)? {
        counter.tree(root, one.id)?;
    }
    Ok(counter.space)
}

struct Counter {
    since: u64,
    /// Addresses of the extents counted so far.
    seen: HashSet<u64>,
    space: Space,
}

impl Counter {
    fn tree(&mut self, on: BorrowedFd<'_>, id: u64) -> Result<()> {
        let mut outcome = Ok(());
        search::each(on, search::of_tree(id, 0), &mut |item| {
            outcome = self.item(item);
            if outcome.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        outcome
    }

    fn item(&mut self, item: Item<'_>) -> Result<()> {
        match item.place.kind {
            kind::INODE if item.place.object != ROOT_INODE => {
                let inode = Inode::read(item.data)?;
                // Unlinked but still open: gone as soon as it is closed.
                self.space.inodes += u64::from(inode.links > 0 && inode.created > self.since);
            }
            kind::EXTENT => match Extent::read(item.data)? {
                Extent::Hole => {}
                Extent::Inline { bytes, created } => self.add(bytes, created),
                Extent::OnDisk {
                    created,
                    address,
                    bytes,
                } => {
                    if self.seen.insert(address) {
                        self.add(bytes, created);
                    }
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, bytes: u64, created: u64) {
        self.space.referenced += bytes;
        if created > self.since {
            self.space.exclusive += bytes;
        }
    }
}
