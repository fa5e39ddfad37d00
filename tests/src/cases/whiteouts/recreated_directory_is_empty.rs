//! A lower directory that is deleted and made again does not show its old children, nor do layers on top bring them back.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{dir, file, remove, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "recreated_directory_is_empty",
    promise: "A lower directory that is deleted and made again does not show its old children, nor do layers on top bring them back.",
    why: "`rm -r d; mkdir d` must give an empty directory.",
    origin: "moby 25244; unionmount suite (opaque directory); containers/storage",
    covers: &["WO2", "WO3", "C4", "C12"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten, Fault::DeletedComeBack],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            dir("d/sub"),
            file("d/sub/b", "2"),
            xattr("d", "user.old", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[remove("d"), dir("d")])?;
    container.check()?;
    container.apply(&[file("d/new", "3"), dir("d/sub")])?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let top = context.layer(
        Some(&layer),
        &[file("d/third", "4"), file("d/sub/third", "4")],
    )?;
    context.check_layer(&top)?;
    let container = context.container(Some(&top))?;
    container.check()?;
    // The same as archives: deleted and made again in one layer, then a layer that adds to it.
    for removal in Removal::ALL {
        let spelling = Spelling {
            removal,
            place: Place::Last,
        };
        let ops = [remove("d"), dir("d"), file("d/new", "5")];
        let again = context.layer_spelled(Some(&base), &ops, spelling)?;
        context.check_layer(&again)?;
        let third = context.layer(Some(&again), &[dir("d/sub"), file("d/third", "6")])?;
        context.check_layer(&third)?;
    }
    Ok(Outcome::Pass)
}
