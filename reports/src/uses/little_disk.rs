//! Little disk: many images and containers on a small disk.

use super::Use;

/// See the module text.
pub const DISK: &Use = &Use {
    id: "little-disk",
    title: "Little disk",
    short: "disk",
    phrase: "little disk",
    about: "many images and containers on a small disk",
    why: "Space and inodes: of images, of their common bases, of containers, of the first writes in them; and how soon removed space is back.",
    numbers: &[
        ("image-space", 3),
        ("second-space", 2),
        ("images-space", 3),
        ("containers-space", 2),
        ("idle-space", 1),
        ("copy-up-space", 2),
        ("chown-space", 2),
        ("scattered-space", 2),
        ("image-inodes", 1),
        ("space-back", 1),
    ],
    needs: &[],
};
