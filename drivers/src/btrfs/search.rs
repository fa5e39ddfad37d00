//! Reads the trees of a btrfs filesystem, item by item. A **tree** holds a subvolume's inodes, names and extents; an
//! **item** is a [`Place`] and bytes; the **transaction** in a node's header tells when it was last written, so that a
//! search can leave out whatever is older without reading it.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use super::items::{self, Item};
use crate::error::{Error, Result};
use crate::sys::btrfs::{self as sys, Place, Search, SearchBuffer};

/// A search of `tree` for everything of one object: items of the kinds `first..=last`.
pub(super) fn of_object(tree: u64, object: u64, first: u8, last: u8) -> Search {
    Search {
        tree,
        first: Place {
            object,
            kind: first,
            offset: 0,
        },
        last: Place {
            object,
            kind: last,
            offset: u64::MAX,
        },
        min_transaction: 0,
    }
}

/// A search of the whole `tree`, without nodes older than `min_transaction`.
pub(super) fn of_tree(tree: u64, min_transaction: u64) -> Search {
    let end = Place {
        object: u64::MAX,
        kind: u8::MAX,
        offset: u64::MAX,
    };
    Search {
        tree,
        first: Place {
            object: 0,
            kind: 0,
            offset: 0,
        },
        last: end,
        min_transaction,
    }
}

/// Calls `visit` for every item found, in the order of the tree, until it breaks. `Ok(false)`: there is no such tree.
pub(super) fn each(
    on: BorrowedFd<'_>,
    mut what: Search,
    visit: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>,
) -> Result<bool> {
    let mut buffer = SearchBuffer::default();
    // Every turn moves `first` forward, so it ends.
    loop {
        let (count, bytes) = match sys::search(on, &what, &mut buffer) {
            Ok(found) => found,
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(false),
            Err(error) => {
                return Err(Error::io(
                    "search the btrfs tree",
                    format!("{}", what.tree),
                    error,
                ));
            }
        };
        let mut rest = bytes;
        let mut last = None;
        for _ in 0..count {
            let (item, after) = items::split(rest)?;
            rest = after;
            last = Some(item.place);
            if visit(item).is_break() {
                return Ok(true);
            }
        }
        match last.and_then(next) {
            Some(place) if place <= what.last => what.first = place,
            _ => return Ok(true),
        }
    }
}

/// The place right after another; `None` at the very end.
fn next(place: Place) -> Option<Place> {
    let Place {
        object,
        kind,
        offset,
    } = place;
    Some(if offset < u64::MAX {
        Place {
            object,
            kind,
            offset: offset + 1,
        }
    } else if kind < u8::MAX {
        Place {
            object,
            kind: kind + 1,
            offset: 0,
        }
    } else {
        Place {
            object: object.checked_add(1)?,
            kind: 0,
            offset: 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_stepped_through_in_the_order_of_the_tree() {
        let at = |object, kind, offset| Place {
            object,
            kind,
            offset,
        };
        assert_eq!(next(at(1, 2, 3)), Some(at(1, 2, 4)));
        assert_eq!(next(at(1, 2, u64::MAX)), Some(at(1, 3, 0)));
        assert_eq!(next(at(1, 255, u64::MAX)), Some(at(2, 0, 0)));
        assert_eq!(next(at(u64::MAX, 255, u64::MAX)), None);
    }
}
