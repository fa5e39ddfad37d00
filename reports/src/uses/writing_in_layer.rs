//! Writing much, without volumes: databases, package managers and caches that write into their container.

use super::Use;

/// See the module text.
pub const LAYER: &Use = &Use {
    id: "writing-layer",
    title: "Writing much, without volumes",
    short: "writing",
    phrase: "writing much without volumes",
    about: "databases, package managers and caches that write into their container",
    why: "Every write goes through the driver, and the first one to a file of the image pays for the copy.",
    numbers: &[
        ("write", 3),
        ("write-image", 2),
        ("write-synced", 2),
        ("sqlite", 3),
        ("small-files", 2),
        ("copy-up", 3),
        ("copy-up-small", 1),
        ("start", 1),
        ("idle-space", 1),
        ("postgres", 1),
        ("fio", 1),
        ("replace", 1),
        ("log", 1),
        ("churn", 1),
        ("append-tree", 1),
        ("chown", 1),
        ("install", 1),
        ("git-checkout", 1),
        ("aging-write", 0),
        ("scattered-space", 0),
    ],
    needs: &[],
};
