//! Writing much, to volumes: databases and caches whose data lie in volumes: only logs and small files are written in the container.

use super::Use;

/// See the module text.
pub const VOLUMES: &Use = &Use {
    id: "writing-volumes",
    title: "Writing much, to volumes",
    short: "volumes",
    phrase: "writing much to volumes",
    about: "databases and caches whose data lie in volumes: only logs and small files are written in the container",
    why: "A volume is a directory of the backing filesystem, past the driver: what differs is the filesystem that the driver needs below it, and the little that is still written in the container.",
    numbers: &[
        ("volume-sqlite", 3),
        ("volume-write", 3),
        ("volume-small", 2),
        ("volume-fio", 2),
        ("volume-postgres", 1),
        ("log", 2),
        ("copy-up-small", 1),
        ("start", 1),
        ("read", 1),
    ],
    needs: &[],
};
