//! Reading files of the image.

use super::super::band::Band;
use super::super::check::Check;
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::Ratio;
use super::super::pick::Choice::{self, Is, Least, Most};
use super::super::pick::{Pick, Whose};
use super::super::term::Term::Sum;
use super::{COPIERS, OVERLAY2, ZFS};

const WARM: &[(&str, Choice)] = &[("cache", Is("warm"))];
const COLD: &[(&str, Choice)] = &[("cache", Is("cold"))];
const SEQUENTIAL: Pick = Pick::new("read", "read-sequential", "time");
const RANDOM: Pick = Pick::new("read", "read-random", "time");

const COLD_DEEP: &[(&str, Choice)] = &[("cache", Is("cold")), ("depth", Most)];
const COLD_FLAT: &[(&str, Choice)] = &[("cache", Is("cold")), ("depth", Least)];
const WARM_DEEP: &[(&str, Choice)] = &[("cache", Is("warm")), ("depth", Most)];
const WARM_FLAT: &[(&str, Choice)] = &[("cache", Is("warm")), ("depth", Least)];
const STAT: Pick = Pick::new("read", "stat", "time");
const LIST: Pick = Pick::new("read", "list", "time");
const MISSING: Pick = Pick::new("read", "missing", "time");

pub(super) const LITTLE_OVERHEAD: Claim = Claim {
    number: 12,
    name: "reading-has-little-overhead",
    statement: "Reading a file of the image costs hardly more than reading it on the host.",
    source: "Docker documentation, OverlayFS storage driver (how reads work)",
    parts: &[
        Part::new(
            OVERLAY2,
            &[Check::Number(
                Ratio(
                    Sum(&[SEQUENTIAL.with(WARM)]),
                    Sum(&[SEQUENTIAL.with(WARM).of(Whose::Control)]),
                ),
                Band::below(1.05),
            )],
        ),
        Part::new(
            OVERLAY2,
            &[Check::Number(
                Ratio(
                    Sum(&[RANDOM.with(WARM)]),
                    Sum(&[RANDOM.with(WARM).of(Whose::Control)]),
                ),
                Band::below(1.05),
            )],
        ),
        Part::new(
            OVERLAY2,
            &[Check::Number(
                Ratio(
                    Sum(&[SEQUENTIAL.with(COLD)]),
                    Sum(&[SEQUENTIAL.with(COLD).of(Whose::Control)]),
                ),
                Band::below(1.15),
            )],
        ),
    ],
    note: "Hardly is: 5 % from warm caches, 15 % from cold ones.",
};

pub(super) const DEEP_STACKS: Claim = Claim {
    number: 13,
    name: "deep-stacks-are-slow-to-search",
    statement: "Looking up names takes longer the more layers an image has, as long as nothing is cached.",
    source: "Docker documentation, OverlayFS storage driver (layers); Documentation/filesystems/overlayfs.rst",
    parts: &[
        Part::new(COPIERS, &[deeper(&STAT_COLD)]),
        Part::new(COPIERS, &[deeper(&MISSING_COLD)]),
        Part::new(COPIERS, &[deeper(&LIST_COLD)]),
        Part::new(
            COPIERS,
            &[Check::Number(
                Ratio(Sum(&[STAT.with(WARM_DEEP)]), Sum(&[STAT.with(WARM_FLAT)])),
                Band::below(1.25),
            )],
        ),
    ],
    note: "Once a name was found the kernel remembers it, and depth no longer counts: the last part.",
};

const STAT_COLD: [Pick; 2] = [STAT.with(COLD_DEEP), STAT.with(COLD_FLAT)];
const MISSING_COLD: [Pick; 2] = [MISSING.with(COLD_DEEP), MISSING.with(COLD_FLAT)];
const LIST_COLD: [Pick; 2] = [LIST.with(COLD_DEEP), LIST.with(COLD_FLAT)];

const fn deeper(ends: &'static [Pick; 2]) -> Check {
    let (deep, flat) = ends.split_at(1);
    Check::Number(Ratio(Sum(deep), Sum(flat)), Band::above(1.05))
}

pub(super) const DEEP_ZFS: Claim = Claim {
    number: 14,
    name: "zfs-reads-deep-layers-fast",
    statement: "On ZFS files of deep layers are read as fast as those of the uppermost.",
    source: "Docker documentation, ZFS storage driver (how reads work)",
    parts: &[
        Part::new(
            ZFS,
            &[Check::Number(
                Ratio(Sum(&[STAT.with(COLD_DEEP)]), Sum(&[STAT.with(COLD_FLAT)])),
                Band::below(1.25),
            )],
        ),
        Part::new(
            ZFS,
            &[Check::Number(
                Ratio(Sum(&[LIST.with(COLD_DEEP)]), Sum(&[LIST.with(COLD_FLAT)])),
                Band::below(1.25),
            )],
        ),
    ],
    note: "A directory of a deep stack here holds more names, one for each layer.",
};
