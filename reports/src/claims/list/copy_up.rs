//! What the first change of a file of the image costs.

use super::super::about::About;
use super::super::band::Band;
use super::super::check::{Check, Holds};
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::{Exponent, Ratio, Value};
use super::super::pick::Choice::{self, Is, Least, Most};
use super::super::pick::{Pick, Whose};
use super::super::term::Term::{PerParam, Sum};
use super::{BLOCK_LEVEL, COPIERS, ZFS};

const LARGE: &[(&str, Choice)] = &[("cache", Is("warm")), ("size", Most)];
const SMALL: &[(&str, Choice)] = &[("cache", Is("warm")), ("size", Least)];
const FIRST: Pick = Pick::new("copy-up", "append-first", "time").with(LARGE);
const SECOND: Pick = Pick::new("copy-up", "append-second", "time").with(LARGE);
const TAKEN: Pick = Pick::new("copy-up", "append-first", "allocated").with(LARGE);
const COST: &str = "first_write_costs_what_is_declared";

pub(super) const FIRST_WRITE_SLOW: Claim = Claim {
    number: 4,
    name: "first-write-is-slow",
    statement: "The first write to a large file of the image is slow, and the slower the larger it is; later writes are as fast as anywhere.",
    source: "Docker documentation, OverlayFS storage driver (performance)",
    parts: &[
        Part::new(
            COPIERS,
            &[Check::Number(
                Ratio(Sum(&[FIRST]), Sum(&[SECOND])),
                Band::above(10.0),
            )],
        ),
        Part::new(
            COPIERS,
            &[Check::Number(
                Ratio(Sum(&[FIRST]), Sum(&[FIRST.with(SMALL)])),
                Band::above(2.0),
            )],
        ),
        Part::new(
            COPIERS,
            &[Check::Number(
                Ratio(Sum(&[SECOND]), Sum(&[SECOND.of(Whose::Control)])),
                Band::below(1.5),
            )],
        ),
    ],
    note: "Where copies share blocks (reflinks), the first write need not be slow. A later write passes one filesystem more than in a plain directory: up to half as long again counts as fast.",
};

pub(super) const WHOLE_FILE: Claim = Claim {
    number: 5,
    name: "copy-up-copies-all",
    statement: "A change of one byte copies the whole file into the container.",
    source: "Docker documentation, OverlayFS storage driver (copy-up); Documentation/filesystems/overlayfs.rst",
    parts: &[Part::new(
        COPIERS,
        &[
            Check::Number(Value(PerParam(TAKEN, "size")), Band::above(0.9)),
            Check::Case {
                case: COST,
                holds: Holds::Deviates,
            },
        ],
    )],
    note: "Refuted where the backing filesystem clones files: the copy shares its blocks.",
};

pub(super) const CHANGED_BLOCKS: Claim = Claim {
    number: 6,
    name: "only-changed-blocks",
    statement: "Filesystems with snapshots store only the blocks of a file that were changed.",
    source: "Docker documentation, BTRFS and ZFS storage drivers (how writing works)",
    parts: &[Part::new(
        BLOCK_LEVEL,
        &[
            Check::Number(Value(PerParam(TAKEN, "size")), Band::below(0.25)),
            Check::Case {
                case: COST,
                holds: Holds::Kept,
            },
        ],
    )],
    note: "The space taken holds the metadata that was written with the block, which on small files outweighs it.",
};

pub(super) const METADATA: Claim = Claim {
    number: 7,
    name: "chmod-duplicates",
    statement: "A change of mode, owner or attributes alone can duplicate a file's data.",
    source: "Docker documentation, storage drivers (copy-on-write strategy)",
    parts: &[Part::new(
        COPIERS,
        &[
            Check::Number(
                Value(PerParam(
                    Pick::new("copy-up", "chmod-first", "allocated").with(LARGE),
                    "size",
                )),
                Band::above(0.9),
            ),
            Check::Case {
                case: "metadata_change_keeps_data_shared",
                holds: Holds::Deviates,
            },
        ],
    )
    .showing(&["metacopy"])],
    note: "Refuted with metacopy=on, which copies the metadata alone, and where the backing filesystem clones files.",
};

pub(super) const REFLINK: Claim = Claim {
    number: 36,
    name: "reflinks-make-copy-up-cheap",
    statement: "Where the backing filesystem clones files, the first write costs no more the larger the file is.",
    source: "Linux, commit \"ovl: use vfs_clone_file_range() for copy up\" (2016)",
    parts: &[
        Part::new(
            REFLINKS,
            &[Check::Number(
                Exponent(Sum(&[FIRST]), "size"),
                Band::below(0.2),
            )],
        ),
        Part::new(
            REFLINKS,
            &[
                Check::Number(Value(PerParam(TAKEN, "size")), Band::below(0.25)),
                Check::Case {
                    case: COST,
                    holds: Holds::Kept,
                },
            ],
        ),
    ],
    note: "Asked of subjects such as overlay2@xfs and overlay2@btrfs.",
};

const REFLINKS: About =
    About::declaring(&[("copy_up", &["reflink"])]).such_as(&["overlay2@xfs", "overlay2@btrfs"]);

pub(super) const RECORDS: Claim = Claim {
    number: 42,
    name: "zfs-writes-records",
    statement: "A change of one byte in a file takes a new record of 128 KiB.",
    source: "Docker documentation, ZFS storage driver (how the driver works); recordsize of OpenZFS",
    parts: &[Part::new(
        ZFS,
        &[Check::Number(
            Value(Sum(&[Pick::new(
                "copy-up",
                "overwrite-middle-first",
                "allocated",
            )
            .with(LARGE)])),
            Band::within(65536.0, 393_216.0),
        )],
    )],
    note: "Half a record to three: compression makes it smaller, metadata that is kept more than once makes it larger.",
};
