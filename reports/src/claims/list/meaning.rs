//! What files and directories do in a container.

use super::super::about::EVERYBODY;
use super::super::band::Band;
use super::super::check::{Check, Holds};
use super::super::claim::{Claim, Part};
use super::OVERLAY2;

pub(super) const LAYERS: Claim = Claim {
    number: 23,
    name: "overlay2-stacks-128-layers",
    statement: "An image may have up to 128 layers.",
    source: "Docker documentation, OverlayFS storage driver; moby issue 26380 (122)",
    parts: &[Part::new(
        OVERLAY2,
        &[Check::Limit {
            capability: "max_layers",
            case: "deepest_stack_works_and_one_more_is_refused",
            band: Band::above(128.0),
        }],
    )
    .showing(&["mount_api"])],
    note: "The limit of the driver as layerbench mounts it; engines have limits of their own.",
};

pub(super) const OPAQUE: Claim = Claim {
    number: 24,
    name: "deleted-directories-become-opaque",
    statement: "A directory of the image that is deleted in a container becomes an opaque directory there.",
    source: "Docker documentation, OverlayFS storage driver (deleting files and directories)",
    parts: &[Part::new(
        OVERLAY2,
        &[Check::Fact {
            name: "deleted_directory",
            holds: "opaque",
        }],
    )
    .showing(&["version"])],
    note: "To be expected is a whiteout; it is opaque only when it is made anew.",
};

pub(super) const RENAME: Claim = Claim {
    number: 25,
    name: "directories-cannot-be-renamed",
    statement: "rename(2) of a directory of the image gives EXDEV.",
    source: "Docker documentation, OverlayFS storage driver (limitations)",
    parts: &[Part::new(
        OVERLAY2,
        &[Check::Case {
            case: "lower_directory_can_be_renamed",
            holds: Holds::Deviates,
        }],
    )
    .showing(&["redirect_dir", "version"])],
    note: "With redirect_dir=on it works.",
};

pub(super) const DESCRIPTORS: Claim = Claim {
    number: 26,
    name: "descriptors-see-two-files",
    statement: "A descriptor that was opened for reading before the first write goes on seeing the old file.",
    source: "Docker documentation, OverlayFS storage driver (limitations)",
    parts: &[
        Part::new(
            OVERLAY2,
            &[Check::Case {
                case: "open_file_sees_later_writes",
                holds: Holds::Deviates,
            }],
        )
        .showing(&["version"]),
        Part::new(
            OVERLAY2,
            &[Check::Case {
                case: "mapping_sees_later_writes",
                holds: Holds::Deviates,
            }],
        ),
    ],
    note: "The first part is read(2), where Linux 4.19 mended it; the second is a mapping, where it still is so.",
};

pub(super) const IMMUTABLE: Claim = Claim {
    number: 40,
    name: "layers-never-change",
    statement: "Nothing that a container does changes a layer of its image.",
    source: "OCI image specification, layer.md; Docker documentation, storage drivers",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Case {
            case: "image_never_changes",
            holds: Holds::Kept,
        }],
    )],
    note: "",
};
