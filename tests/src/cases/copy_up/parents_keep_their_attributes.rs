//! The first write to a file deep in a lower tree leaves mode, owner, time and extended attributes of all directories above it.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, dir, file, mtime, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "parents_keep_their_attributes",
    promise: "The first write to a file deep in a lower tree leaves mode, owner, time and extended attributes of all directories above it.",
    why: "Writing a file must not change the owner or mode of the directories above it.",
    origin: "unionmount suite; containerd continuity (parent directory permissions); catalogue CU4",
    covers: &["CU4"],
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("lower_dir_attributes_survive_copy_up"),
    broken_by: &[
        Fault::Flipped("lower_dir_attributes_survive_copy_up"),
        Fault::CopiesLoseTimes,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.layer(
        None,
        &[
            dir("a"),
            dir("a/b"),
            dir("a/b/c"),
            file("a/b/c/f", "1"),
            chmod("a", 0o711),
            chown("a", 3, 4),
            xattr("a", "user.a", "1"),
            mtime("a", 1_000_000_001, 1),
            chmod("a/b", 0o2750),
            chown("a/b", 5, 6),
            mtime("a/b", 1_000_000_002, 2),
            chmod("a/b/c", 0o1777),
            xattr("a/b/c", "user.c", "3"),
            mtime("a/b/c", 1_000_000_003, 3),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[write("a/b/c/f", 0, "2")])?;
    // Tolerant of exactly what is declared.
    container.check()?;
    let mut changed = Vec::new();
    for (path, seconds, mode) in [("a", 1, 0o711), ("a/b", 2, 0o2750), ("a/b/c", 3, 0o1777)] {
        let meta = container.stat(path)?;
        if meta.mtime() != 1_000_000_000 + seconds {
            changed.push(format!("the time of {path}"));
        }
        if meta.mode() & 0o7777 != mode {
            changed.push(format!(
                "the mode of {path}, now {:o}",
                meta.mode() & 0o7777
            ));
        }
    }
    check::declared(
        "lower_dir_attributes_survive_copy_up",
        capabilities.lower_dir_attributes_survive_copy_up,
        changed.is_empty(),
        format!("the first write below changes {}", changed.join(", ")),
    )
}
