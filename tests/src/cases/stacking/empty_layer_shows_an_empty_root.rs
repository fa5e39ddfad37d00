//! A layer of nothing is a directory without entries, mode 0755, owned by root; so is a container on nothing.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;

/// The promise.
pub const CASE: Case = Case {
    name: "empty_layer_shows_an_empty_root",
    promise: "A layer of nothing is a directory without entries, mode 0755, owned by root; so is a container on nothing.",
    why: "A `FROM scratch` image must hold nothing but what is put there.",
    origin: "moby and containers/storage graphtest (create empty)",
    covers: &["LS1", "LS9"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::RootsArePrivate],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let layer = context.layer(None, &[])?;
    context.check_layer(&layer)?;
    let on_it = context.container(Some(&layer))?;
    on_it.check()?;
    let on_nothing = context.container(None)?;
    on_nothing.check()?;
    let id = context.commit(on_nothing)?;
    context.check_layer(&id)?;
    Ok(Outcome::Pass)
}
