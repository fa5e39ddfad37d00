//! A directory over a directory replaces its attributes and keeps its entries; anything else replaces what was there.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{chmod, chown, dir, file, mtime, remove, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "directory_attributes_are_replaced",
    promise: "A directory over a directory replaces its attributes and keeps its entries; anything else replaces what was there.",
    why: "A later layer that changes a directory's owner or mode must win, without losing what is in it.",
    origin: "OCI layer.md (changes: directory over directory, anything else); moby 27298",
    covers: &["DF9"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::DirectoryAttributesKept, Fault::DirectoriesReplace],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/kept", "1"),
            chmod("d", 0o700),
            chown("d", 1, 2),
            xattr("d", "user.old", "1"),
            dir("gone"),
            file("gone/x", "1"),
            file("f", "1"),
            xattr("f", "user.old", "1"),
            chmod("f", 0o4755),
        ],
    )?;
    let attributes = Entry {
        mode: 0o1777,
        uid: 5,
        gid: 6,
        mtime: (1_300_000_000, 7),
        ..Entry::dir("d/")
    };
    let tar = archive::write(&[
        attributes,
        Entry::file("gone", "a file"),
        Entry::file("f", "2"),
    ]);
    let layer = context.layer_of(Some(&base), &tar)?;
    context.expect(
        &layer,
        Some(&base),
        &[
            remove("d"),
            dir("d"),
            file("d/kept", "1"),
            chmod("d", 0o1777),
            chown("d", 5, 6),
            mtime("d", 1_300_000_000, 7),
            remove("gone"),
            file("gone", "a file"),
            remove("f"),
            file("f", "2"),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
