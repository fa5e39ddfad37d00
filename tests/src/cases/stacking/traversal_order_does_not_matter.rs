//! In whatever order a container's tree is walked, by listing or by name, before, between and after changes, it is the same tree.

use std::fs;
use std::path::Path;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{Op, dir, file, link, remove, rename, symlink, write};

/// The promise.
pub const CASE: Case = Case {
    name: "traversal_order_does_not_matter",
    promise: "In whatever order a container's tree is walked, by listing or by name, before, between and after changes, it is the same tree.",
    why: "A driver that loads directories when they are first asked for once showed another tree after another ls.",
    origin: "fuse-overlayfs 425 (the result depended on the order of ls)",
    covers: &["C7", "C8"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten],
    run,
};

/// How the tree is walked.
#[derive(Clone, Copy, PartialEq)]
enum Walk {
    /// Every directory is listed before those in it.
    Downwards,
    /// Every directory is listed after those in it.
    Upwards,
    /// Nothing is listed: every path is asked for by name, the last first, absent ones between them.
    ByName,
}

fn run(context: &mut Context<'_>) -> Verdict {
    let one = context.layer(
        None,
        &[
            dir("a"),
            dir("a/b"),
            dir("a/b/c"),
            file("a/b/c/deep", "1"),
            file("a/b/gone", "1"),
            file("a/top", "1"),
            dir("z"),
            file("z/x", "1"),
            symlink("s", "a/b"),
            link("a/top", "z/linked"),
        ],
    )?;
    let two = context.layer(
        Some(&one),
        &[
            remove("a/b/gone"),
            remove("z"),
            dir("z"),
            file("z/new", "2"),
            file("a/b/c/two", "2"),
        ],
    )?;
    let three = context.layer(
        Some(&two),
        &[dir("z/x"), file("z/x/inner", "3"), remove("a/b/c/deep")],
    )?;
    let changes: [&[Op]; 3] = [
        &[write("a/b/c/two", 0, "4"), file("a/b/gone", "back")],
        &[
            remove("z/x"),
            file("z/x", "a file again"),
            rename("a/top", "z/top"),
        ],
        &[remove("a/b/c"), dir("a/b/c"), file("a/b/c/fresh", "5")],
    ];
    for walk in [Walk::Downwards, Walk::Upwards, Walk::ByName] {
        let mut container = context.container(Some(&three))?;
        let paths = |container: &crate::Container| {
            let paths: Vec<Vec<u8>> = container.model.paths().into_keys().collect();
            paths
        };
        take(walk, container.root(), &paths(&container))?;
        for ops in changes {
            container.apply(ops)?;
            take(walk, container.root(), &paths(&container))?;
        }
        container.check()?;
        context.mount(&mut container)?;
        take(walk, container.root(), &paths(&container))?;
        container.check()?;
    }
    Ok(Outcome::Pass)
}

fn take(walk: Walk, root: &Path, paths: &[Vec<u8>]) -> drivers::Result<()> {
    let mut order: Vec<&Vec<u8>> = paths.iter().collect();
    if walk != Walk::Downwards {
        order.reverse();
    }
    for path in order {
        let at = live::place(root, path);
        let kind = fs::symlink_metadata(&at)
            .attempt("look at", &at)?
            .file_type();
        if walk == Walk::ByName {
            // Asking for what is not there must not bring anything about.
            if fs::symlink_metadata(live::place(&at, "absent")).is_ok() {
                return Err(
                    drivers::Error::new(drivers::ErrorKind::Corrupt, "ask in vain")
                        .path(&at)
                        .because("there is something called absent"),
                );
            }
        } else if kind.is_dir() {
            for entry in fs::read_dir(&at).attempt("list", &at)? {
                let entry = entry.attempt("list", &at)?;
                fs::symlink_metadata(entry.path())
                    .attempt("look at what is listed", entry.path())?;
            }
        }
    }
    Ok(())
}
