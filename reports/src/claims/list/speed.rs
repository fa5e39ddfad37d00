//! Which driver is faster at what.

use super::super::about::About;
use super::super::band::Band;
use super::super::check::Check;
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::{Overall, Ratio};
use super::super::pick::Choice::{self, Is, Least, Most};
use super::super::pick::{Pick, Whose};
use super::super::term::Term::Sum;
use super::{BTRFS, FUSE, OVERLAY2, VFS};

const ONE: &[(&str, Choice)] = &[("cache", Is("warm")), ("parallel", Is("1"))];
const NEW: &[(&str, Choice)] = &[("target", Is("layer-new"))];
const START: Pick = Pick::new("start", "total", "time").with(ONE);
const PULL: Pick = Pick::new("pull", "pull", "time");
const SMALL: Pick = Pick::new("write-heavy", "small-files", "time").with(NEW);
const UNMOUNTED: Pick = Pick::new("remove", "unmount", "time");
const CLEAN: Pick = UNMOUNTED.with(&[("dirty", Least)]);
const OTHERS_DIRTY: Pick = UNMOUNTED.with(&[("whose", Is("others")), ("dirty", Most)]);
const OWN_DIRTY: Pick = UNMOUNTED.with(&[("whose", Is("own")), ("dirty", Most)]);

pub(super) const OVERLAY_OR_BTRFS: Claim = Claim {
    number: 9,
    name: "overlay2-beats-btrfs",
    statement: "overlay2 may be faster than btrfs.",
    source: "Docker documentation, OverlayFS storage driver (performance)",
    parts: &[Part::new(OVERLAY2, &[Check::Number(Overall, Band::below(1.0))]).against(BTRFS)],
    note: "All headline numbers count alike; the report has each of them.",
};

/// Slower by more than matters.
const SLOWER: Band = Band::above(1.05);

const STARTS: Check = Check::Number(Ratio(Sum(&[START]), Sum(&[START.of(Whose::Other)])), SLOWER);
const PULLS: Check = Check::Number(Ratio(Sum(&[PULL]), Sum(&[PULL.of(Whose::Other)])), SLOWER);
const SMALL_FILES: Check =
    Check::Number(Ratio(Sum(&[SMALL]), Sum(&[SMALL.of(Whose::Other)])), SLOWER);

pub(super) const RANKING: Claim = Claim {
    number: 32,
    name: "native-then-fuse-then-vfs",
    statement: "overlay in the kernel is faster than fuse-overlayfs, and that is faster than vfs.",
    source: "Podman performance guide (docs/tutorials/performance.md)",
    parts: &[
        Part::new(FUSE, &[STARTS]).against(OVERLAY2),
        Part::new(FUSE, &[PULLS]).against(OVERLAY2),
        Part::new(FUSE, &[SMALL_FILES]).against(OVERLAY2),
        Part::new(VFS, &[STARTS]).against(FUSE),
        Part::new(VFS, &[PULLS]).against(FUSE),
        Part::new(VFS, &[SMALL_FILES]).against(FUSE),
    ],
    note: "At starting, bringing images in, and small files in the container. In a vfs container nothing is left of the driver, so writes there are those of the host.",
};

pub(super) const NATIVE_DIFF: Claim = Claim {
    number: 34,
    name: "native-diff-is-faster",
    statement: "Changes that the driver knows are found faster than by comparing trees.",
    source: "moby issue 39428 (20 to 100 times); containers/storage issue 1688",
    parts: &[Part::new(
        About::declaring(&[("native_changes", &["true"])]).such_as(&["overlay2", "btrfs"]),
        &[Check::Number(
            Ratio(
                Sum(&[Pick::new("diff", "changes-naive", "time").with(TEN)]),
                Sum(&[Pick::new("diff", "changes", "time").with(TEN)]),
            ),
            Band::above(5.0),
        )],
    )
    .showing(&["native_diff"])],
    note: "Ten changed files among the most that were measured, from warm caches.",
};

const TEN: &[(&str, Choice)] = &[
    ("cache", Is("warm")),
    ("changes", Is("10")),
    ("files", Most),
];

const VOLATILE: About = OVERLAY2
    .telling("volatile", "on")
    .such_as(&["overlay2,volatile=on"]);
const LASTING: About = OVERLAY2.telling("volatile", "off");

pub(super) const UNMOUNT: Claim = Claim {
    number: 35,
    name: "volatile-makes-teardown-cheap",
    statement: "Unmounting a container writes out what is left to write on its whole filesystem; without syncing (volatile) it is cheaper.",
    source: "containerd issue 4785; moby/buildkit issue 5366; agent-substrate/substrate issue 1053; Linux 5.10",
    parts: &[
        Part::new(
            LASTING,
            &[Check::Number(
                Ratio(Sum(&[OTHERS_DIRTY]), Sum(&[CLEAN])),
                Band::above(2.0),
            )],
        ),
        Part::new(
            VOLATILE,
            &[Check::Number(
                Ratio(Sum(&[OTHERS_DIRTY]), Sum(&[OTHERS_DIRTY.of(Whose::Other)])),
                Band::below(0.5),
            )],
        )
        .against(LASTING),
        Part::new(
            VOLATILE,
            &[Check::Number(
                Ratio(Sum(&[OWN_DIRTY]), Sum(&[OWN_DIRTY.of(Whose::Other)])),
                Band::below(0.95),
            )],
        )
        .against(LASTING),
    ],
    note: "Asked of overlay2,volatile=on beside overlay2. First: what others wrote and nobody synced makes unmounting twice as slow or slower; then: with volatile it takes less than half of that; last: what the container itself wrote.",
};
