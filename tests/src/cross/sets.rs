//! The change sets that go from driver to driver.

use crate::fixture;
use crate::oracle::op::{
    Op, chmod, chown, dir, fifo, file, link, remove, rename, symlink, truncate, write, xattr,
};

/// Something done in a container, on a layer.
#[derive(Debug, Clone, Copy)]
pub struct ChangeSet {
    /// In words: `deletions_and_recreated_directories`.
    pub name: &'static str,
    /// What is promised of it.
    pub promise: &'static str,
    /// What goes wrong for a user where that is broken.
    pub why: &'static str,
    /// Where it comes from.
    pub origin: &'static str,
    /// The behaviours and lessons of the [catalogue](crate::catalogue) it asks for.
    pub covers: &'static [&'static str],
    /// What is below; `None`: nothing.
    pub below: Option<fn() -> Vec<Op>>,
    /// What is done.
    pub live: fn() -> Vec<Op>,
}

/// Every set.
pub const SETS: &[&ChangeSet] = &[
    &EVERYTHING,
    &DELETIONS,
    &TYPES,
    &LINKS,
    &RENAMES,
    &ATTRIBUTES,
    &SPARSE,
];

const WHY: &str = "An image pushed from one host and pulled on another must be the same image, and its layers must not be stored and sent again for a digest that differs.";
const ORIGIN: &str = "layerbench; moby 43540 (digests differ between daemons), moby 33991 and for-linux 1307 (what is packed again differs)";
const COVERS: &[&str] = &["DF3", "DF4", "C45", "C46"];

/// A whole tree made in an empty container.
const EVERYTHING: ChangeSet = ChangeSet {
    name: "everything",
    promise: "A tree with everything an archive can hold is exported alike by every driver, and is the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: None,
    live: fixture::everything,
};

const DELETIONS: ChangeSet = ChangeSet {
    name: "deletions_and_recreated_directories",
    promise: "Deletions, and directories deleted and made again, are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            remove("d/one"),
            remove("d/sub/deep"),
            remove("e"),
            dir("e"),
            file("e/two", "new"),
            remove("f"),
            remove("g/h"),
            dir("g/h"),
            dir("g/h/old"),
            remove("k"),
            file("k", "again"),
        ]
    },
};

const TYPES: ChangeSet = ChangeSet {
    name: "changes_of_type",
    promise: "Names that change their type are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            remove("k"),
            dir("k"),
            file("k/inside", "1"),
            remove("e"),
            file("e", "a file now"),
            remove("d/one"),
            symlink("d/one", "sub"),
            remove("link"),
            fifo("link"),
            remove("f"),
            symlink("f", "d"),
            remove("g/h"),
            fifo("g/h"),
        ]
    },
};

const LINKS: ChangeSet = ChangeSet {
    name: "hard_links",
    promise: "New names of unchanged files, and names taken from files that have several, are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            link("k", "k-too"),
            link("d/sub/deep/leaf", "leaf"),
            file("own", "1"),
            link("own", "d/own"),
            link("own", "a-own"),
            remove("both/a"),
            link("three/a", "three/d"),
            remove("written/b"),
            write("written/a", 0, "W"),
        ]
    },
};

const RENAMES: ChangeSet = ChangeSet {
    name: "renames",
    promise: "Renamed files and directories are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            rename("k", "d/k"),
            rename("d/one", "k"),
            rename("link", "d/link"),
            dir("mine"),
            file("mine/x", "1"),
            dir("mine/sub"),
            rename("mine", "yours"),
            rename("e/two", "yours/sub/two"),
            remove("f"),
            rename("yours/sub", "f"),
        ]
    },
};

const ATTRIBUTES: ChangeSet = ChangeSet {
    name: "attributes",
    promise: "Modes, owners, extended attributes, capabilities and ACLs are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            chmod("k", 0o600),
            chown("d/one", 12, 34),
            chmod("d/sub", 0o1770),
            chown("d/sub/deep/leaf", 2_097_152, 70_000),
            xattr("d/sub/deep/leaf", "user.note", "1"),
            xattr("k", "user.note", "changed"),
            xattr("k", "trusted.note", "x\0y"),
            xattr("e", "user.dir", "1"),
            file("ping", [7; 100]),
            chmod("ping", 0o755),
            xattr("ping", "security.capability", fixture::capability()),
            file("acl", "1"),
            chmod("acl", 0o640),
            xattr("acl", "system.posix_acl_access", fixture::acl(1234)),
            chmod("", 0o711),
        ]
    },
};

const SPARSE: ChangeSet = ChangeSet {
    name: "sparse_and_large_files",
    promise: "Files with holes, grown, cut and partly written ones are exported alike by every driver, and are the same on every other.",
    why: WHY,
    origin: ORIGIN,
    covers: COVERS,
    below: Some(tree),
    live: || {
        vec![
            file("holes", ""),
            truncate("holes", 3 << 20),
            write("holes", 1 << 20, "middle"),
            write("large", 300_000, "x"),
            truncate("d/one", 100_000),
            truncate("k", 1),
            file("noise", fixture::noise(9, 200_000)),
            file("empty", ""),
        ]
    },
};

/// What is below most of them.
fn tree() -> Vec<Op> {
    vec![
        dir("d"),
        file("d/one", "1"),
        dir("d/sub"),
        dir("d/sub/deep"),
        file("d/sub/deep/leaf", "leaf"),
        dir("e"),
        file("e/two", "2"),
        file("e/gone", "3"),
        dir("f"),
        dir("g"),
        dir("g/h"),
        file("g/h/old", "4"),
        file("k", "kept"),
        xattr("k", "user.note", "below"),
        symlink("link", "k"),
        file("large", fixture::noise(8, 400_000)),
        dir("both"),
        file("both/a", "two names"),
        link("both/a", "both/b"),
        dir("three"),
        file("three/a", "three names"),
        link("three/a", "three/b"),
        link("three/a", "three/c"),
        dir("written"),
        file("written/a", "two names"),
        link("written/a", "written/b"),
    ]
}
