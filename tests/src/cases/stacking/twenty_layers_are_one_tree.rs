//! Twenty layers show as one tree: of every name the newest, and every layer's own file.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "twenty_layers_are_one_tree",
    promise: "Twenty layers show as one tree: of every name the newest, and every layer's own file.",
    why: "Ordinary images have twenty layers and are rewritten in each.",
    origin: "moby graphtest (deep layer read); fuse-overlayfs 182, 318 (a listing that does not end)",
    covers: &["DP1", "LS4", "C84"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::DeepLayersLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut top = context.layer(None, &[file("top", "0"), dir("shared")])?;
    for number in 1..20 {
        let ops = [
            file("top", number.to_string()),
            file(format!("shared/{number}"), number.to_string()),
            dir(format!("layer-{number}")),
        ];
        top = context.layer(Some(&top), &ops)?;
    }
    context.check_layer(&top)?;
    let mut container = context.container(Some(&top))?;
    container.check()?;
    // Listed alone, each name's attributes at once (readdirplus): it ends, with every name once.
    check::same(
        "names of nineteen layers",
        19,
        container.names("shared")?.len(),
    )?;
    check::same("names in the root", 21, container.names("")?.len())?;
    container.apply(&[
        remove("shared/1"),
        write("shared/2", 0, "x"),
        remove("layer-3"),
    ])?;
    container.check()?;
    Ok(Outcome::Pass)
}
