//! Lower files can be renamed over one another, in circles and back, and old names made anew.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove, rename, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "files_can_be_renamed_in_circles",
    promise: "Lower files can be renamed over one another, in circles and back, and old names made anew.",
    why: "Log rotation renames a.1 to a.2 and a to a.1; none may be lost.",
    origin: "unionmount suite (rename-file, rename-mass); containers/storage",
    covers: &["RN1"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: None,
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("a", "A"),
            file("b", "B"),
            file("c", "C"),
            symlink("s", "a"),
            dir("d"),
            file("d/e", "E"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    for ops in [
        &[
            rename("a", "t"),
            rename("b", "a"),
            rename("c", "b"),
            rename("t", "c"),
        ][..],
        &[rename("a", "b")],
        &[file("a", "new A")],
        &[rename("s", "d/s"), rename("d/e", "s")],
        &[rename("a", "d/a"), rename("d/a", "a")],
        &[remove("c"), rename("b", "c")],
    ] {
        container.apply(ops)?;
        container.check()?;
    }
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
