//! Mode, owner, time and extended attributes of a layer's root are the root's of everything on it.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, file, mtime, write, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "root_attributes_are_inherited",
    promise: "Mode, owner, time and extended attributes of a layer's root are the root's of everything on it.",
    why: "A root that nobody but root can enter makes every non-root container fail.",
    origin: "containers/storage graphtest (root attributes); moby overlay2 driver",
    covers: &["LS6", "LS1"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::RootEntryIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("a", "1"),
            chmod("", 0o1751),
            chown("", 3, 4),
            xattr("", "user.root", "yes"),
            mtime("", 1_111_111_111, 11),
        ],
    )?;
    context.check_layer(&base)?;
    let child = context.layer(Some(&base), &[file("b", "2"), mtime("", 1_222_222_222, 22)])?;
    context.check_layer(&child)?;
    let mut container = context.container(Some(&child))?;
    container.check()?;
    container.apply(&[write("b", 0, "3")])?;
    container.check()?;
    container.apply(&[chmod("", 0o700), chown("", 1, 2)])?;
    container.check()?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
