//! Rootless desktop: one user without root: tools and programs in a few containers.

use super::{Need, Use};

/// See the module text.
pub const ROOTLESS: &Use = &Use {
    id: "rootless",
    title: "Rootless desktop",
    short: "rootless",
    phrase: "a rootless desktop",
    about: "one user without root: tools and programs in a few containers",
    why: "Without root the driver must work in a user namespace; then a person waits for programs, tools and installations, and for the first start of an image whose owners are shifted.",
    numbers: &[
        ("program", 3),
        ("start", 2),
        ("mapped-first", 2),
        ("mapped-next", 1),
        ("pull", 2),
        ("install", 2),
        ("git-checkout", 1),
        ("compile", 1),
        ("small-files", 2),
        ("copy-up-small", 1),
        ("look-up", 1),
        ("read-cold", 1),
        ("build", 1),
        ("program-cold", 0),
        ("copy-up", 0),
    ],
    needs: &[Need::NoRoot],
};
