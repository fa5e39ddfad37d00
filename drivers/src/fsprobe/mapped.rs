//! Whether mounts can show other owners.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::mount::{OpenTreeFlags, open_tree};

use crate::capabilities::Capabilities;
use crate::sys::{mount_attr, userns};

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    found.idmapped_mounts = match (open_tree(dir, "", flags), userns::mapped(100_000, 65_536)) {
        (Ok(tree), Ok(namespace)) => mount_attr::map_ids(tree.as_fd(), namespace.as_fd()).is_ok(),
        _ => false,
    };
}
