//! What containers of one image share in memory.

use super::super::about::EVERYBODY;
use super::super::band::Band;
use super::super::check::{Check, Holds};
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::{Ratio, Value};
use super::super::pick::Choice::{self, Most};
use super::super::pick::Pick;
use super::super::term::Term::{PerParam, Sum};
use super::{BTRFS as BTRFS_DRIVER, FUSE, OVERLAY2, VFS, ZFS};

const MANY: &[(&str, Choice)] = &[("readers", Most)];
const CACHE_FIRST: Pick = Pick::new("share", "held-by-first", "page-cache").with(MANY);
const CACHE_ALL: Pick = Pick::new("share", "held-by-all", "page-cache").with(MANY);
const READ_FIRST: Pick = Pick::new("share", "held-by-first", "device-read").with(MANY);
const READ_ALL: Pick = Pick::new("share", "held-by-all", "device-read").with(MANY);

/// All readers together hold hardly more than the file.
const ONE_COPY: Check = Check::Number(Value(PerParam(CACHE_ALL, "size")), Band::below(1.25));
/// They hold it more than once.
const COPIES: Check = Check::Number(
    Ratio(Sum(&[CACHE_ALL]), Sum(&[CACHE_FIRST])),
    Band::above(1.9),
);
/// Only the first of them reads the device.
const READ_ONCE: Check = Check::Number(
    Ratio(Sum(&[READ_ALL]), Sum(&[READ_FIRST])),
    Band::below(1.1),
);
const SHARED: Check = Check::Case {
    case: "lower_file_is_cached_once",
    holds: Holds::Kept,
};
const NOT_SHARED: Check = Check::Case {
    case: "lower_file_is_cached_once",
    holds: Holds::Deviates,
};

pub(super) const OVERLAY: Claim = Claim {
    number: 15,
    name: "overlay2-shares-the-page-cache",
    statement: "Containers of one image share what they read: it is in memory once.",
    source: "Docker documentation, OverlayFS storage driver (performance: page caching)",
    parts: &[Part::new(OVERLAY2, &[ONE_COPY, READ_ONCE, SHARED])],
    note: "",
};

pub(super) const BTRFS: Claim = Claim {
    number: 16,
    name: "btrfs-does-not-share-the-page-cache",
    statement: "On btrfs every container has what it reads in memory for itself.",
    source: "Docker documentation, BTRFS storage driver (performance: page caching)",
    parts: &[Part::new(BTRFS_DRIVER, &[COPIES, NOT_SHARED])],
    note: "",
};

pub(super) const ARC: Claim = Claim {
    number: 17,
    name: "zfs-shares-its-cache",
    statement: "The ARC holds one copy of what containers of one image read.",
    source: "Docker documentation, ZFS storage driver (performance: the ARC)",
    parts: &[Part::new(ZFS, &[READ_ONCE])],
    note: "That only the first reader reads the pool. Mapped files are in the page cache beside the ARC, once for each container.",
};

pub(super) const VFS_AND_FUSE: Claim = Claim {
    number: 18,
    name: "vfs-shares-nothing",
    statement: "vfs shares nothing; fuse-overlayfs shares the layer's file and has a cache of its own for every container.",
    source: "containers/fuse-overlayfs issue 254; containers/storage issue 996",
    parts: &[
        Part::new(VFS, &[COPIES, NOT_SHARED]),
        Part::new(FUSE, &[READ_ONCE]),
        Part::new(
            FUSE,
            &[Check::Number(
                Value(PerParam(CACHE_ALL, "size")),
                Band::above(1.5),
            )],
        ),
    ],
    note: "",
};

pub(super) const MAPPED: Claim = Claim {
    number: 19,
    name: "libraries-are-shared",
    statement: "Libraries that containers of one image map are in memory once.",
    source: "J. Eder, Overview of storage scalability in Docker (Red Hat, 2014)",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Value(PerParam(
                Pick::new("share", "mapped", "memory").with(MANY),
                "size",
            )),
            Band::below(1.25),
        )],
    )],
    note: "The proportional set sizes of all mappings together, as a share of the file.",
};
