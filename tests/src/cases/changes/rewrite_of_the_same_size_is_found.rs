//! A file rewritten with as many bytes and its old time is found among the changes, and exported.

use drivers::{Change, ChangeKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, mtime, write};

/// The promise.
pub const CASE: Case = Case {
    name: "rewrite_of_the_same_size_is_found",
    promise: "A file rewritten with as many bytes and its old time is found among the changes, and exported.",
    why: "A change of the same size within one second was lost from images.",
    origin: "moby 21555; containerd continuity (same size and time are missed)",
    covers: &["DF6", "C14"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::SameSizeMissed],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("f", "one"),
            mtime("f", 1_500_000_000, 500),
            file("g", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[write("f", 0, "two"), mtime("f", 1_500_000_000, 500)])?;
    container.check()?;
    container.unmount()?;
    let driver = context.driver()?;
    let found = driver.changes(Item::Container(&container.key))?;
    let wanted = Change {
        path: b"f".to_vec(),
        kind: ChangeKind::Modified,
    };
    check::that(
        found.contains(&wanted),
        "f is modified",
        format!("{found:?}"),
    )?;
    let mut tar = Vec::new();
    driver.export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}
