//! What images and containers take, and whether it comes back.

use super::super::about::{About, EVERYBODY};
use super::super::band::Band;
use super::super::check::{Check, Holds};
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::{Ratio, Value};
use super::super::pick::{Pick, Whose};
use super::super::term::Term::{Per, PerParam, Sum};
use super::{BTRFS, OVERLAY2};

const TAKEN: Pick = Pick::new("pull", "pull", "allocated");
const PAYLOAD: Pick = Pick::new("pull", "pull", "payload");
const INODES_OF_PULL: Pick = Pick::new("pull", "pull", "inodes");

pub(super) const SMALL_FILE: Claim = Claim {
    number: 2,
    name: "small-file-in-a-large-image",
    statement: "A file of 1 KiB written to a container of a large image takes 1 KiB, not the image.",
    source: "J. Petazzoni, container.training (Copy-on-write)",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Case {
            case: "small_file_in_a_large_image_costs_little",
            holds: Holds::Kept,
        }],
    )],
    note: "What a filesystem hands out is blocks: 4 KiB, and metadata beside them where it copies on write.",
};

pub(super) const EARLY_ENOSPC: Claim = Claim {
    number: 22,
    name: "btrfs-fills-early",
    statement: "Small writes fill a btrfs before its space is used, because it is handed out in chunks.",
    source: "Docker documentation, BTRFS storage driver (performance)",
    parts: &[Part::new(
        BTRFS,
        &[Check::Number(
            Value(PerParam(Pick::new("full", "full", "allocated"), "size")),
            Band::below(0.9),
        )],
    )],
    note: "What the store says is in use when a small file no longer fits; the larger the store, the less its metadata counts.",
};

pub(super) const VIRTUAL_SIZES: Claim = Claim {
    number: 27,
    name: "virtual-sizes-overcount",
    statement: "The sizes of images with layers in common add up to more than they take.",
    source: "Docker documentation, storage drivers (container size on disk)",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Ratio(
                Sum(&[Pick::new("density", "images-apart", "allocated")]),
                Sum(&[Pick::new("density", "images", "allocated")]),
            ),
            Band::above(1.1),
        )],
    )],
    note: "Twenty images on four bases; the factor is that of these.",
};

pub(super) const SIZE: Claim = Claim {
    number: 28,
    name: "size-is-size-on-disk",
    statement: "The size that is told of a container is what it takes on disk.",
    source: "Docker documentation, storage drivers (docker ps -s)",
    parts: &[
        Part::new(
            EVERYBODY,
            &[Check::Case {
                case: "container_grows_by_what_is_written",
                holds: Holds::Kept,
            }],
        ),
        Part::new(
            EVERYBODY,
            &[Check::Case {
                case: "hard_links_are_counted_once",
                holds: Holds::Kept,
            }],
        ),
    ],
    note: "The cases allow an eighth, and what a filesystem rounds up.",
};

pub(super) const INODES: Claim = Claim {
    number: 29,
    name: "overlay2-is-sparing-of-inodes",
    statement: "A layer takes as many inodes as it has files, and a container hardly any.",
    source: "Docker documentation, select a storage driver (overlay2 and overlay)",
    parts: &[
        Part::new(
            OVERLAY2,
            &[Check::Number(
                Ratio(
                    Sum(&[INODES_OF_PULL]),
                    Sum(&[INODES_OF_PULL.of(Whose::Control)]),
                ),
                Band::below(1.5),
            )],
        ),
        Part::new(
            OVERLAY2,
            &[Check::Number(
                Value(Sum(&[Pick::new("start", "idle", "inodes")])),
                Band::below(10.0),
            )],
        ),
    ],
    note: "The control unpacks the same image into one directory. A layer has the directories above its files once more, so that half as many again are allowed.",
};

pub(super) const DEEP_COPIES: Claim = Claim {
    number: 30,
    name: "vfs-copies-layers",
    statement: "Without copy-on-write each layer is a full copy of what is below it.",
    source: "Docker documentation, VFS storage driver; containers/podman issues 2868, 2999",
    parts: &[Part::new(
        About::declaring(&[("copy_up", &["paid-at-prepare"])]).such_as(&["vfs"]),
        &[Check::Number(
            Ratio(Sum(&[TAKEN]), Sum(&[TAKEN.of(Whose::Control)])),
            Band::above(1.25),
        )],
    )],
    note: "The factor grows with the number of layers. Refuted where copies are clones that share blocks.",
};

pub(super) const SHARED_LAYERS: Claim = Claim {
    number: 38,
    name: "shared-layers-are-stored-once",
    statement: "Layers that two images have in common are stored once.",
    source: "Docker documentation, storage drivers (images and layers)",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Ratio(
                Per(
                    Pick::new("pull", "pull-second", "allocated"),
                    Pick::new("pull", "pull-second", "payload"),
                ),
                Per(TAKEN, PAYLOAD),
            ),
            Band::below(1.25),
        )],
    )],
    note: "The second image takes for each byte that only it has no more than the first did, a quarter more at most: its files are smaller.",
};

pub(super) const GIVEN_BACK: Claim = Claim {
    number: 39,
    name: "space-comes-back",
    statement: "A container that is deleted gives back all it took.",
    source: "moby issues 27653, 17839, 9939, 38207 (reports to the contrary)",
    parts: &[
        Part::new(
            EVERYBODY,
            &[Check::Case {
                case: "cycles_leave_nothing",
                holds: Holds::Kept,
            }],
        ),
        Part::new(
            EVERYBODY,
            &[Check::Number(
                Value(Sum(&[Pick::new("start", "all", "leftovers")])),
                Band::below(0.0),
            )],
        ),
    ],
    note: "",
};
