//! A directory shows the entries of all its layers; of two with one name, the upper one; attributes are the uppermost's.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, dir, file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "directories_merge_over_layers",
    promise: "A directory shows the entries of all its layers; of two with one name, the upper one; attributes are the uppermost's.",
    why: "The union of directories is what makes layers usable at all.",
    origin: "containers/storage bats; fuse-overlayfs dir-ops; moby 27298 (directory mode lost between layers)",
    covers: &["LS4", "C15"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::DirectoriesReplace, Fault::DirectoryAttributesKept],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let one = context.layer(
        None,
        &[
            dir("d"),
            dir("d/sub"),
            file("d/a", "1"),
            file("d/sub/x", "1"),
        ],
    )?;
    let two = context.layer(
        Some(&one),
        &[
            file("d/b", "2"),
            file("d/sub/y", "2"),
            chmod("d", 0o700),
            chown("d", 5, 6),
        ],
    )?;
    let three = context.layer(
        Some(&two),
        &[
            file("d/a", "3"),
            file("d/sub/z", "3"),
            chmod("d/sub", 0o2750),
        ],
    )?;
    let four = context.layer(Some(&three), &[chown("d", 7, 8), chmod("d", 0o755)])?;
    for layer in [&one, &two, &three, &four] {
        context.check_layer(layer)?;
    }
    let mut container = context.container(Some(&four))?;
    container.check()?;
    container.apply(&[file("d/sub/live", "5"), write("d/b", 0, "5")])?;
    container.check()?;
    Ok(Outcome::Pass)
}
