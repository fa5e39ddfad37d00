//! A file deleted in one layer and added again in a later one is the later one; what is below stays hidden.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::oracle::op::{chmod, dir, file, link, remove, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "deleted_file_comes_back_as_new",
    promise: "A file deleted in one layer and added again in a later one is the later one; what is below stays hidden.",
    why: "A file made again after its deletion must not show the old bytes, owner or mode.",
    origin: "containers/storage bats (removed, then added again)",
    covers: &["WO3", "LS4"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let one = context.layer(
        None,
        &[
            file("a", "first"),
            chmod("a", 0o600),
            xattr("a", "user.x", "1"),
            link("a", "b"),
        ],
    )?;
    let two = context.layer(Some(&one), &[remove("a")])?;
    context.check_layer(&two)?;
    let three = context.layer(Some(&two), &[file("a", "third")])?;
    context.check_layer(&three)?;
    let four = context.layer(Some(&three), &[remove("a"), remove("b")])?;
    context.check_layer(&four)?;
    let five = context.layer(Some(&four), &[dir("a"), file("a/inside", "5")])?;
    context.check_layer(&five)?;
    context.check_layer(&one)?;
    let container = context.container(Some(&five))?;
    container.check()?;
    Ok(Outcome::Pass)
}
