//! What an opaque directory hides stays hidden at every depth, also where only deeper directories are made again.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "opacity_reaches_grandchildren",
    promise: "What an opaque directory hides stays hidden at every depth, also where only deeper directories are made again.",
    why: "Old files showed up again one level below the recreated directory.",
    origin: "fuse-overlayfs 136 (opacity lost one level below)",
    covers: &["WO2", "C5"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::OpaqueForgotten],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("a"),
            dir("a/b"),
            dir("a/b/c"),
            dir("a/b/c/d"),
            file("a/1", "1"),
            file("a/b/2", "2"),
            file("a/b/c/3", "3"),
            file("a/b/c/d/4", "4"),
        ],
    )?;
    for removal in Removal::ALL {
        let spelling = Spelling {
            removal,
            place: Place::First,
        };
        let layer = context.layer_spelled(
            Some(&base),
            &[
                remove("a"),
                dir("a"),
                dir("a/b"),
                dir("a/b/c"),
                file("a/b/c/new", "5"),
            ],
            spelling,
        )?;
        context.check_layer(&layer)?;
        let top = context.layer(Some(&layer), &[dir("a/b/c/d"), file("a/b/c/d/5", "6")])?;
        context.check_layer(&top)?;
        let container = context.container(Some(&top))?;
        container.check()?;
    }
    Ok(Outcome::Pass)
}
