//! A deletion hides one path, not the same name elsewhere, nor names that begin alike.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "whiteout_hides_one_path_only",
    promise: "A deletion hides one path, not the same name elsewhere, nor names that begin alike.",
    why: "A deletion in the root once hid the name everywhere.",
    origin: "fuse-overlayfs 151 (a whiteout in the root hid the name everywhere); containerd continuity (dir1, dir1-x)",
    covers: &["WO6", "C6", "C12"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::WhiteoutsForgotten,
        Fault::WhiteoutsHideAlikeNames,
        Fault::WhiteoutsHideEverywhere,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let mut ops = Vec::new();
    for name in ["name", "name-x", "name.x", "nam"] {
        ops.push(dir(name));
        ops.push(file(format!("{name}/name"), "1"));
        ops.push(file(format!("{name}/name2"), "2"));
    }
    let base = context.layer(None, &ops)?;
    for removal in [Removal::Explicit, Removal::Restated] {
        let spelling = Spelling {
            removal,
            place: Place::First,
        };
        let inner = context.layer_spelled(Some(&base), &[remove("nam/name")], spelling)?;
        context.check_layer(&inner)?;
        let outer = context.layer_spelled(Some(&inner), &[remove("name")], spelling)?;
        context.check_layer(&outer)?;
    }
    let mut container = context.container(Some(&base))?;
    container.apply(&[remove("name"), remove("name-x/name")])?;
    container.check()?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    Ok(Outcome::Pass)
}
