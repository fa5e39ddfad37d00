//! What is written to a file is among the changes whatever links it has, had, was given or has lost, in whatever directory; so is each name that came or went.

use drivers::{Change, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::{Op, dir, file, link, remove, rename, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "changes_of_linked_files_are_found",
    promise: "What is written to a file is among the changes whatever links it has, had, was given or has lost, in whatever directory; so is each name that came or went.",
    why: "A filesystem that finds the names of what was written by asking where it lies may have noted the place of a link that is gone; the change is lost from the image.",
    origin: "OpenZFS: zfs diff prints nothing of a file whose last link, in another directory, was removed before (zfs_obj_to_pobj: a link that is removed leaves the noted parent as it was), read in 2.3.2; catalogue DF1, HL5",
    covers: &["DF1", "HL5"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::SameSizeMissed, Fault::MetadataMissed],
    run,
};

/// In the names of files: a link in the other directory; there was one; a pair that stays; nothing of that kind.
fn lower() -> Vec<Op> {
    let mut ops = vec![dir("a"), dir("b"), dir("c"), dir("gone")];
    for number in 0..12 {
        ops.push(file(format!("a/{number}"), "old"));
    }
    ops.extend([
        link("a/0", "b/0"),
        link("a/1", "b/1"),
        link("a/2", "gone/2"),
        link("a/3", "b/3"),
        link("a/4", "b/4"),
        link("a/5", "a/5-too"),
        link("a/6", "b/6"),
        link("a/7", "b/7"),
    ]);
    ops
}

fn run(context: &mut Context<'_>) -> Verdict {
    let first = context.layer(None, &lower())?;
    // The links that lay elsewhere are gone before the container is made: in the same layer's history, and in the next.
    let base = context.layer(
        Some(&first),
        &[remove("b/1"), remove("gone"), remove("b/7")],
    )?;
    let mut container = context.container(Some(&base))?;
    let steps: [&[Op]; 6] = [
        // Written to: with a link, with one that is gone, with one whose directory is gone, beside a link.
        &[
            write("a/1", 0, "new"),
            write("a/2", 0, "new"),
            write("a/11", 0, "new"),
        ],
        &[write("b/0", 0, "new"), write("a/5-too", 0, "new")],
        // Linked and unlinked meanwhile, and written to.
        &[
            link("a/8", "b/8"),
            write("a/8", 0, "new"),
            remove("b/8"),
            link("a/9", "c/9"),
            write("c/9", 0, "new"),
            remove("a/9"),
        ],
        // Names come and go, and nothing else.
        &[link("a/10", "c/10"), remove("b/3"), rename("a/4", "c/4")],
        // One of two names becomes another file, of the same content.
        &[remove("b/6"), file("b/6", "old")],
        &[xattr("a/7", "user.x", "1"), remove("b/4")],
    ];
    for ops in steps {
        context.mount(&mut container)?;
        // Whether the names stay one file is another promise.
        container.apply(ops)?;
        container.unmount()?;
        same(context, Item::Container(&container.key))?;
    }
    let layer = context.commit(container)?;
    for item in [&layer, &base, &first] {
        same(context, Item::Layer(item))?;
    }
    let mut tar = Vec::new();
    context.driver()?.export(Item::Layer(&layer), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    let view = context.view(Some(&copy))?;
    for name in ["a/1", "a/2", "a/8", "a/11", "b/0", "c/9"] {
        check::same(
            &format!("{name} after export and apply"),
            b"new".to_vec(),
            view.read(name)?,
        )?;
    }
    context.remove(view)?;
    Ok(Outcome::Pass)
}

fn same(context: &Context<'_>, item: Item<'_>) -> check::Checked {
    let driver = context.driver()?;
    let (found, naive) = (driver.changes(item)?, driver.changes_naive(item)?);
    check::that(
        found == naive,
        format!("as by comparison: {}", words(&naive, &found)),
        format!("instead: {}", words(&found, &naive)),
    )
}

/// The first few of `these` that are not among `those`.
fn words(these: &[Change], those: &[Change]) -> String {
    let only: Vec<_> = these
        .iter()
        .filter(|change| !those.contains(change))
        .take(4)
        .map(|change| format!("{:?} {}", change.kind, compare::show(&change.path)))
        .collect();
    format!("[{}]", only.join(", "))
}
