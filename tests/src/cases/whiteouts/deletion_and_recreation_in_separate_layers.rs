//! A directory deleted in one layer and made again in the next does not show what it held before.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "deletion_and_recreation_in_separate_layers",
    promise: "A directory deleted in one layer and made again in the next does not show what it held before.",
    why: "Files thought deleted in one build step came back in the next.",
    origin: "moby/buildkit 2614; fuse-overlayfs 136",
    covers: &["WO2", "C3"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            dir("d/sub"),
            file("d/sub/deep", "1"),
        ],
    )?;
    for removal in Removal::ALL {
        let spelling = Spelling {
            removal,
            place: Place::First,
        };
        let gone = context.layer_spelled(Some(&base), &[remove("d"), file("x", "1")], spelling)?;
        context.check_layer(&gone)?;
        let again = context.layer_spelled(Some(&gone), &[dir("d"), file("d/b", "2")], spelling)?;
        context.check_layer(&again)?;
        let deeper = context.layer_spelled(
            Some(&again),
            &[dir("d/sub"), file("d/sub/c", "3")],
            spelling,
        )?;
        context.check_layer(&deeper)?;
        let mut container = context.container(Some(&deeper))?;
        container.check()?;
        container.apply(&[remove("d/sub"), dir("d/sub"), write("d/b", 0, "4")])?;
        container.check()?;
    }
    Ok(Outcome::Pass)
}
