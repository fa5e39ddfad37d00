//! A file deleted in one layer and added again in a later one is the later one; what is below stays hidden.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{Place, Removal, Spelling};
use crate::oracle::op::{chmod, dir, file, link, remove, xattr};

/// The promise.
pub const CASE: Case = Case {
    name: "deleted_file_comes_back_as_new",
    promise: "A file deleted in one layer and added again in a later one is the later one; what is below stays hidden.",
    why: "A file made again after its deletion must not show the old bytes, owner or mode.",
    origin: "containers/storage bats (removed, then added again)",
    covers: &["WO3", "LS4", "C12"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::WhiteoutsForgotten],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let one = context.layer(
        None,
        &[
            dir("d"),
            file("d/a", "first"),
            chmod("d/a", 0o600),
            xattr("d/a", "user.x", "1"),
            link("d/a", "b"),
            file("d/stays", "1"),
        ],
    )?;
    for removal in [Removal::Explicit, Removal::Restated] {
        let spelling = Spelling {
            removal,
            place: Place::Last,
        };
        let mut top = one.clone();
        for ops in [
            &[remove("d/a")][..],
            &[file("d/a", "third")],
            &[remove("d/a"), remove("b")],
            &[dir("d/a"), file("d/a/inside", "5")],
        ] {
            top = context.layer_spelled(Some(&top), ops, spelling)?;
            context.check_layer(&top)?;
        }
        context.check_layer(&one)?;
        let container = context.container(Some(&top))?;
        container.check()?;
    }
    Ok(Outcome::Pass)
}
