//! An opaque marker means the same as a whiteout for each name it hides.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{chmod, dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "opaque_markers_equal_whiteouts",
    promise: "An opaque marker means the same as a whiteout for each name it hides.",
    why: "Both spellings are legal; an engine that knows one reads half of the images wrongly.",
    origin: "OCI layer.md (readers must accept both); image-spec 840",
    covers: &["WO6", "C12"],
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
            file("d/b", "2"),
            dir("d/c"),
            file("d/c/x", "3"),
            dir("e"),
            file("e/f", "4"),
        ],
    )?;
    let change = [
        remove("d"),
        dir("d"),
        file("d/b", "new"),
        chmod("d", 0o711),
        remove("e"),
        dir("e"),
    ];
    for removal in Removal::ALL {
        let spelling = Spelling {
            removal,
            place: Place::First,
        };
        let layer = context.layer_spelled(Some(&base), &change, spelling)?;
        context.check_layer(&layer)?;
    }
    Ok(Outcome::Pass)
}
