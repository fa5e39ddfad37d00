//! Many small containers: start many containers of few images, keep them, in little space and memory.

use super::Use;

/// See the module text.
pub const MANY: &Use = &Use {
    id: "many-containers",
    title: "Many small containers",
    short: "many",
    phrase: "many small containers",
    about: "start many containers of few images, keep them, in little space and memory",
    why: "With hundreds of containers it is the start beside others, what each takes while idle, and whether they share what they read that decides.",
    numbers: &[
        ("start", 3),
        ("start-many", 3),
        ("idle-space", 1),
        ("scale-live", 2),
        ("scale-parallel", 2),
        ("scale-depth", 1),
        ("library", 2),
        ("share-cache", 1),
        ("containers-space", 1),
        ("images-space", 1),
        ("remove-container", 1),
        ("program", 1),
        ("share-next", 0),
        ("program-cold", 0),
    ],
    needs: &[],
};
