//! Whiteouts and opaque markers mean the same before, between and after the entries of their layer.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "marker_place_does_not_matter",
    promise: "Whiteouts and opaque markers mean the same before, between and after the entries of their layer.",
    why: "Writers place markers first or last; readers must not care.",
    origin: "image-spec 1215; containerd 6991",
    covers: &["WO6", "C11"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten, Fault::MarkersHideOwnLayer],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "1"),
            file("d/b", "2"),
            dir("d/c"),
            file("d/c/x", "3"),
            file("z", "4"),
            dir("y"),
            file("y/q", "5"),
        ],
    )?;
    let change = [
        remove("d"),
        dir("d"),
        file("d/a", "again"),
        dir("d/c"),
        file("d/c/new", "5"),
        remove("z"),
        file("y/r", "6"),
        remove("y/q"),
    ];
    for (removal, place) in [
        (Removal::Opaque, Place::First),
        (Removal::Opaque, Place::Middle),
        (Removal::Opaque, Place::Last),
        (Removal::Explicit, Place::First),
        (Removal::Explicit, Place::Last),
        (Removal::Restated, Place::Middle),
    ] {
        let layer = context.layer_spelled(Some(&base), &change, Spelling { removal, place })?;
        context.check_layer(&layer)?;
    }
    Ok(Outcome::Pass)
}
