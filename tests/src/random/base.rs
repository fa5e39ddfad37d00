//! The stacks of layers that sequences start from, in the names sequences use.

use crate::oracle::op::{Op, chmod, chown, dir, fifo, file, link, remove, symlink, xattr};

/// How many there are; the first is no layer at all.
pub const COUNT: u8 = 4;

/// The layers of a base, the lowest first.
pub fn layers(base: u8) -> Vec<Vec<Op>> {
    [lowest(), merged(), deleted()]
        .into_iter()
        .take(usize::from(base))
        .collect()
}

/// Directories two deep, a file with three names, and one of every other type.
fn lowest() -> Vec<Op> {
    vec![
        dir("a"),
        file("a/a", "lower a/a"),
        dir("a/b"),
        file("a/b/c", "lower a/b/c"),
        file("a/b/a", [b'l'; 5000]),
        link("a/a", "b"),
        link("a/a", "a/b/ab"),
        symlink("a/c", super::step::NOWHERE),
        file("ab", "lower ab"),
        chmod("ab", 0o4755),
        xattr("ab", "user.x", "l"),
        dir("c"),
        file("c/a", "lower c/a"),
        chown("c/a", 5, 6),
        dir("c/b"),
        file("c/b/b", "lower c/b/b"),
        fifo("c/ab"),
        dir("c/c"),
    ]
}

/// Adds to directories of the layer below, deletes from them, and gives an old file another name.
fn merged() -> Vec<Op> {
    vec![
        file("a/b/b", "middle a/b/b"),
        remove("a/b/c"),
        chmod("a/b", 0o700),
        xattr("a", "user.x", "m"),
        link("ab", "c/b/ab"),
        remove("c/a"),
        dir("c/a"),
        file("c/a/c", "middle c/a/c"),
    ]
}

/// Directories made again, under their own name and another type's.
fn deleted() -> Vec<Op> {
    vec![
        remove("a/b"),
        dir("a/b"),
        file("a/b/c", "upper a/b/c"),
        remove("c/b"),
        symlink("c/b", super::step::NOWHERE),
        remove("b"),
        dir("b"),
        link("c/a/c", "b/c"),
    ]
}
