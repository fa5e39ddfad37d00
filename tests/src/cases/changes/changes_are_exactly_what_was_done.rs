//! The changes of a container are exactly what was added, modified and deleted in it, every path once.

use drivers::{Change, ChangeKind, Item};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, remove, symlink, write};
use crate::oracle::{compare, layer};

/// The promise.
pub const CASE: Case = Case {
    name: "changes_are_exactly_what_was_done",
    promise: "The changes of a container are exactly what was added, modified and deleted in it, every path once.",
    why: "Commit and `docker diff` show what a container did; a missing entry is lost work.",
    origin: "containers/storage graphtest (Changes); moby and containerd archive tests",
    covers: &["DF1"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[
        Fault::DeletionsMissed,
        Fault::ChangesTwice,
        Fault::ChangesUnsorted,
        Fault::AdditionsAreModifications,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            file("d/b", "2"),
            dir("d/sub"),
            file("d/sub/x", "3"),
            dir("e"),
            file("e/y", "4"),
            file("f", "5"),
            symlink("l", "f"),
            file("kept", "6"),
            dir("g"),
            file("g/z", "7"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        write("d/a", 0, "changed"),
        remove("d/sub"),
        remove("e"),
        dir("e"),
        file("e/new", "8"),
        remove("f"),
        dir("f"),
        file("f/in", "9"),
        remove("l"),
        symlink("l", "kept"),
        file("new", "10"),
        dir("tree"),
        dir("tree/deep"),
        file("tree/deep/leaf", "11"),
        chmod("g", 0o700),
    ])?;
    container.check()?;
    container.unmount()?;
    let mut expected = layer::changes(&context.model(Some(&base)), &container.model);
    let mut found = context.driver()?.changes(Item::Container(&container.key))?;
    if !capabilities.lower_dir_attributes_survive_copy_up {
        // A directory whose time changed by copy-up is rightly found changed.
        let noise = |change: &Change| {
            change.kind == ChangeKind::Modified
                && [&b""[..], b"d", b"e", b"g"].contains(&&change.path[..])
        };
        expected.retain(|change| !noise(change));
        found.retain(|change| !noise(change));
    }
    let show = |changes: &[Change]| {
        let each: Vec<_> = changes
            .iter()
            .map(|c| format!("{:?} {}", c.kind, compare::show(&c.path)))
            .collect();
        each.join(", ")
    };
    check::same("changes", show(&expected), show(&found))?;
    Ok(Outcome::Pass)
}
