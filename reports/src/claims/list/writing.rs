//! Writing in a container, and beside it.

use super::super::about::EVERYBODY;
use super::super::band::Band;
use super::super::check::Check;
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::Ratio;
use super::super::pick::Choice::{self, Is};
use super::super::pick::{Pick, Whose};
use super::super::term::Term::Sum;
use super::{BLOCK_LEVEL as BLOCKS, BTRFS, FULL_COPIERS, OVERLAY2, VFS};

const NEW: &[(&str, Choice)] = &[("target", Is("layer-new"))];
const LOWER: &[(&str, Choice)] = &[("target", Is("layer-lower"))];
const VOLUME: &[(&str, Choice)] = &[("target", Is("volume"))];
const RANDOM: Pick = Pick::new("write-heavy", "random-write", "time");
const SYNCED: Pick = Pick::new("write-heavy", "random-write-fsync", "time");
const SEQUENTIAL: Pick = Pick::new("write-heavy", "sequential-write", "time");
const SMALL: Pick = Pick::new("write-heavy", "small-files", "time");
const STREAM: Pick = Pick::new("write-heavy", "sequential-write", "throughput");
const RATE: Pick = Pick::new("write-heavy", "random-write", "rate");

pub(super) const BLOCK_LEVEL: Claim = Claim {
    number: 8,
    name: "block-level-writes-faster",
    statement: "Drivers that copy blocks are faster than those that copy files where much is written to files of the image.",
    source: "Docker documentation, select a storage driver",
    parts: &[
        Part::new(
            BLOCKS,
            &[Check::Number(
                Ratio(
                    Sum(&[RANDOM.with(LOWER)]),
                    Sum(&[RANDOM.with(LOWER).of(Whose::Other)]),
                ),
                Band::below(0.95),
            )],
        )
        .against(FULL_COPIERS),
        Part::new(
            BLOCKS,
            &[Check::Number(
                Ratio(
                    Sum(&[SYNCED.with(LOWER)]),
                    Sum(&[SYNCED.with(LOWER).of(Whose::Other)]),
                ),
                Band::below(0.95),
            )],
        )
        .against(FULL_COPIERS),
    ],
    note: "Of a file that is overwritten at random places, the first write and with it any copy is part of the time.",
};

pub(super) const VOLUMES: Claim = Claim {
    number: 10,
    name: "volumes-are-native",
    statement: "A volume passes the driver by and is as fast as the host's filesystem.",
    source: "Docker documentation, storage drivers and volumes",
    parts: &[
        native(&[Check::Number(
            Ratio(
                Sum(&[RANDOM.with(VOLUME)]),
                Sum(&[RANDOM.with(VOLUME).of(Whose::Control)]),
            ),
            NATIVE,
        )]),
        native(&[Check::Number(
            Ratio(
                Sum(&[SEQUENTIAL.with(VOLUME)]),
                Sum(&[SEQUENTIAL.with(VOLUME).of(Whose::Control)]),
            ),
            NATIVE,
        )]),
        native(&[Check::Number(
            Ratio(
                Sum(&[SMALL.with(VOLUME)]),
                Sum(&[SMALL.with(VOLUME).of(Whose::Control)]),
            ),
            NATIVE,
        )]),
    ],
    note: "",
};

const NATIVE: Band = Band::within(0.95, 1.05);

const fn native(checks: &'static [Check]) -> Part {
    Part::new(EVERYBODY, checks)
}

pub(super) const VOLUMES_ON_BTRFS: Claim = Claim {
    number: 11,
    name: "volumes-on-btrfs-are-btrfs",
    statement: "A volume on btrfs keeps the drawbacks of btrfs: it is no faster than a new file in the container.",
    source: "Docker documentation, BTRFS storage driver (performance)",
    parts: &[
        Part::new(
            BTRFS,
            &[Check::Number(
                Ratio(Sum(&[RANDOM.with(VOLUME)]), Sum(&[RANDOM.with(NEW)])),
                Band::within(0.8, 1.25),
            )],
        ),
        Part::new(
            BTRFS,
            &[Check::Number(
                Ratio(Sum(&[SMALL.with(VOLUME)]), Sum(&[SMALL.with(NEW)])),
                Band::within(0.8, 1.25),
            )],
        ),
    ],
    note: "",
};

pub(super) const BTRFS_SEQUENTIAL: Claim = Claim {
    number: 20,
    name: "btrfs-loses-sequential-writes",
    statement: "Sequential writes on btrfs reach down to half of what other filesystems reach.",
    source: "Docker documentation, BTRFS storage driver (performance)",
    parts: &[Part::new(
        BTRFS,
        &[Check::Number(
            Ratio(
                Sum(&[STREAM.with(NEW).of(Whose::Control)]),
                Sum(&[STREAM.with(NEW).of(Whose::OtherControl)]),
            ),
            Band::within(0.5, 0.95),
        )],
    )
    .against(OVERLAY2)],
    note: "The filesystems alone are compared, in plain directories: the writes are buffered and synced at the end.",
};

pub(super) const BTRFS_SMALL_FILES: Claim = Claim {
    number: 21,
    name: "btrfs-is-slow-with-small-files",
    statement: "Many small files are slow on btrfs.",
    source: "Docker documentation, BTRFS storage driver (performance)",
    parts: &[Part::new(
        BTRFS,
        &[Check::Number(
            Ratio(
                Sum(&[SMALL.with(NEW)]),
                Sum(&[SMALL.with(NEW).of(Whose::Other)]),
            ),
            Band::above(1.25),
        )],
    )
    .against(OVERLAY2)],
    note: "",
};

pub(super) const VFS_SLOW: Claim = Claim {
    number: 31,
    name: "vfs-writes-slowly",
    statement: "Writing in a vfs container reaches about 40 % of the host's speed.",
    source: "techplained, Docker storage drivers compared (2026)",
    parts: &[
        Part::new(
            VFS,
            &[Check::Number(
                Ratio(
                    Sum(&[STREAM.with(NEW)]),
                    Sum(&[STREAM.with(NEW).of(Whose::Control)]),
                ),
                Band::below(0.6),
            )],
        ),
        Part::new(
            VFS,
            &[Check::Number(
                Ratio(
                    Sum(&[RATE.with(NEW)]),
                    Sum(&[RATE.with(NEW).of(Whose::Control)]),
                ),
                Band::below(0.6),
            )],
        ),
    ],
    note: "A vfs container is a plain directory once it is made: the same speed is to be expected.",
};
