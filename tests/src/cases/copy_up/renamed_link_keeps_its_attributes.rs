//! A symbolic link of a lower layer keeps its owner and time when it is renamed.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chown, mtime, rename, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "renamed_link_keeps_its_attributes",
    promise: "A symbolic link of a lower layer keeps its owner and time when it is renamed.",
    why: "Package managers compare the owners of links.",
    origin: "fuse-overlayfs symlinks tests (timestamps); catalogue CU9",
    covers: &["CU9"],
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("symlink_attributes_survive_copy_up"),
    broken_by: &[
        Fault::Flipped("symlink_attributes_survive_copy_up"),
        Fault::TimesLost,
        Fault::OwnersLost,
        Fault::LinkAttributesLost,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.symlink_attributes_survive_copy_up;
    let base = context.layer(
        None,
        &[
            symlink("l", "to"),
            chown("l", 5, 6),
            mtime("l", 1_000_000_001, 0),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[rename("l", "m")])?;
    container.check()?;
    let meta = container.stat("m")?;
    let owner = if context.capabilities()?.arbitrary_owners {
        (5, 6)
    } else {
        (meta.uid(), meta.gid())
    };
    check::declared(
        "symlink_attributes_survive_copy_up",
        declared,
        (meta.mtime(), meta.uid(), meta.gid()) == (1_000_000_001, owner.0, owner.1),
        format!(
            "it belongs to {}:{} and its time is {}, not 1000000001",
            meta.uid(),
            meta.gid(),
            meta.mtime()
        ),
    )
}
