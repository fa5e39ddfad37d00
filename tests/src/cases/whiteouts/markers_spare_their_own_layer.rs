//! Whiteouts and opaque markers apply to lower layers only: files of the same archive survive, in any order.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "markers_spare_their_own_layer",
    promise: "Whiteouts and opaque markers apply to lower layers only: files of the same archive survive, in any order.",
    why: "A marker that deletes its own layer's files loses what the build just made.",
    origin: "OCI layer.md (whiteouts apply to lower layers); containerd 6991",
    covers: &["WO6", "MT6"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[
        Fault::MarkersHideOwnLayer,
        Fault::OpaqueForgottenAtRoot,
        Fault::ReplacedDirectoriesMerge,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "old"),
            file("d/b", "old"),
            file("e", "old"),
            dir("g"),
            file("g/old", "old"),
        ],
    )?;
    let opaque = Entry::file("d/.wh..wh..opq", "");
    let whiteouts = [Entry::file(".wh.e", ""), Entry::file(".wh.g", "")];
    let entries = [
        Entry::dir("d/"),
        Entry::file("d/a", "new"),
        Entry::file("e", "new"),
        Entry::dir("g/"),
        Entry::file("g/new", "new"),
    ];
    for place in 0..=entries.len() {
        let mut order = entries.to_vec();
        order.splice(place..place, whiteouts.clone());
        order.insert(place, opaque.clone());
        let layer = context.layer_of(Some(&base), &archive::write(&order))?;
        context.expect(
            &layer,
            Some(&base),
            &[
                remove("d"),
                dir("d"),
                file("d/a", "new"),
                file("e", "new"),
                remove("g"),
                dir("g"),
                file("g/new", "new"),
            ],
        )?;
        context.check_layer(&layer)?;
    }
    // One marker for the root: the whole layer is replaced.
    for place in [0, entries.len()] {
        let mut order = entries.to_vec();
        order.insert(place, Entry::file(".wh..wh..opq", ""));
        let layer = context.layer_of(Some(&base), &archive::write(&order))?;
        let mut names = vec![remove("d"), remove("e"), remove("g")];
        names.extend([dir("d"), file("d/a", "new"), file("e", "new")]);
        names.extend([dir("g"), file("g/new", "new")]);
        context.expect(&layer, Some(&base), &names)?;
        context.check_layer(&layer)?;
    }
    Ok(Outcome::Pass)
}
