//! What a container costs before it has done anything.

use super::super::about::EVERYBODY;
use super::super::band::Band;
use super::super::check::{Check, Holds};
use super::super::claim::{Claim, Part};
use super::super::number::Quantity::{Ratio, Value};
use super::super::pick::Choice::{self, Is, Least, Most};
use super::super::pick::Pick;
use super::super::term::Term::{PerParam, Sum};

const ONE: &[(&str, Choice)] = &[("cache", Is("warm")), ("parallel", Is("1"))];
const COLD: &[(&str, Choice)] = &[("cache", Is("cold")), ("parallel", Is("1"))];
const IDLE_BYTES: Pick = Pick::new("start", "idle", "allocated");
const BY_CHOWN: &[(&str, Choice)] = &[("way", Is("chown"))];
const AMONG: Pick = Pick::new("start-scale", "live", "time");
const PULL: Pick = Pick::new("pull", "pull", "time");

pub(super) const FREE: Claim = Claim {
    number: 1,
    name: "containers-are-free",
    statement: "A new container is free: what it takes does not depend on the size of its image.",
    source: "J. Petazzoni, container.training (Copy-on-write)",
    parts: &[
        Part::new(
            EVERYBODY,
            &[
                Check::Number(
                    Ratio(
                        Sum(&[IDLE_BYTES]),
                        Sum(&[Pick::new("pull", "pull", "payload")]),
                    ),
                    Band::below(0.05),
                ),
                Check::Case {
                    case: "idle_container_takes_nothing",
                    holds: Holds::Kept,
                },
            ],
        ),
        Part::new(
            EVERYBODY,
            &[Check::Number(
                Ratio(
                    Sum(&[
                        Pick::new("start", "prepare", "time").with(ONE),
                        Pick::new("start", "mount", "time").with(ONE),
                    ]),
                    Sum(&[PULL]),
                ),
                Band::below(0.05),
            )],
        ),
    ],
    note: "Free is: at most 5 % of what it took to bring the image in, in space and in time. Where layers are full copies, a container is one more.",
};

pub(super) const IDLE: Claim = Claim {
    number: 3,
    name: "idle-containers-take-nothing",
    statement: "A container that has written nothing takes no space.",
    source: "Docker documentation, storage drivers (container size on disk)",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Value(PerParam(
                Pick::new("density", "live", "allocated").with(&[("containers", Most)]),
                "containers",
            )),
            Band::within(0.0, 0.0),
        )],
    )],
    note: "What the store has less of while many idle containers are mounted, for each: directories of their own, and metadata.",
};

pub(super) const ID_MAP: Claim = Claim {
    number: 33,
    name: "first-id-map-is-slow",
    statement: "The first container with a new id mapping starts slowly, the next ones do not.",
    source: "containers/podman issues 11220, 16541; Podman performance guide",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Ratio(
                Sum(&[Pick::new("start-scale", "mapped-first", "time").with(BY_CHOWN)]),
                Sum(&[Pick::new("start-scale", "mapped-next", "time").with(BY_CHOWN)]),
            ),
            Band::above(5.0),
        )],
    )],
    note: "Where every owner is changed, in a layer of its own. Mounts that show other owners, in the kernel or in user space, need nothing of the kind.",
};

pub(super) const LIVE: Claim = Claim {
    number: 37,
    name: "live-containers-do-not-matter",
    statement: "What starting a container takes does not depend on how many are running.",
    source: "reports to the contrary: docker/for-linux issue 121, moby issue 42817",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Ratio(
                Sum(&[AMONG.with(&[("live", Most)])]),
                Sum(&[AMONG.with(&[("live", Least)])]),
            ),
            Band::below(1.25),
        )],
    )],
    note: "A quarter more among the most that were mounted than among none counts as the same.",
};

pub(super) const PULL_DOMINATES: Claim = Claim {
    number: 41,
    name: "pull-dominates",
    statement: "Most of the time until a fresh image runs is spent on bringing it in.",
    source: "Harter et al., Slacker (FAST 2016): 76 % of start time",
    parts: &[Part::new(
        EVERYBODY,
        &[Check::Number(
            Ratio(
                Sum(&[PULL]),
                Sum(&[PULL, Pick::new("start", "total", "time").with(COLD)]),
            ),
            Band::above(0.5),
        )],
    )],
    note: "The share of a pull in pull and first start, without a network, which would make it larger. The other half of that statement, that only 6.4 % of the data is read, is not asked here.",
};
