//! CI builders: pull images, build on them, start a container, throw all of it away.

use super::Use;

/// See the module text.
pub const BUILDERS: &Use = &Use {
    id: "ci-builders",
    title: "CI builders",
    short: "CI",
    phrase: "CI builders",
    about: "pull images, build on them, start a container, throw all of it away",
    why: "An ephemeral builder has no warm store: it pulls, so that weighs most; then it builds and starts. What it writes in a container it commits, and nothing lives long.",
    numbers: &[
        ("pull", 3),
        ("pull-second", 2),
        ("start", 3),
        ("build", 3),
        ("rebuild", 1),
        ("program", 1),
        ("install", 1),
        ("commit", 1),
        ("diff", 1),
        ("load", 0),
        ("git-checkout", 0),
        ("chown", 0),
        ("remove", 0),
    ],
    needs: &[],
};
