//! An opaque marker means the same as a whiteout for each name it hides, also in the root and in directories not mentioned otherwise.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{chmod, dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "opaque_markers_equal_whiteouts",
    promise: "An opaque marker means the same as a whiteout for each name it hides, also in the root and in directories not mentioned otherwise.",
    why: "Both spellings are legal; an engine that knows one reads half of the images wrongly.",
    origin: "OCI layer.md (readers must accept both); image-spec 840",
    covers: &["WO6", "C12"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten, Fault::OpaqueForgotten],
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
            file(".f", "5"),
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
    // In the root, and in a directory that the archive does not mention otherwise.
    for (marker, ops) in [
        (
            ".wh..wh..opq",
            &[remove("d"), remove("e"), remove(".f")][..],
        ),
        ("d/c/.wh..wh..opq", &[remove("d/c/x")]),
        (".wh..f", &[remove(".f")]),
    ] {
        let tar = archive::write(&[Entry::file(marker, ""), Entry::file("mine", "5")]);
        let layer = context.layer_of(Some(&base), &tar)?;
        context.expect(&layer, Some(&base), &[ops, &[file("mine", "5")]].concat())?;
        context.check_layer(&layer)?;
        let child = context.layer(Some(&layer), &[dir("e2"), file("later", "6")])?;
        context.check_layer(&child)?;
        let mut container = context.container(Some(&child))?;
        container.check()?;
        container.apply(&[remove("mine"), file("again", "7")])?;
        container.check()?;
    }
    Ok(Outcome::Pass)
}
