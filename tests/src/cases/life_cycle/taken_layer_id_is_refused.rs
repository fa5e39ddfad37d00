//! A commit under the id of a layer that exists is AlreadyExists; the key and the layer stay as they were.

use drivers::ErrorKind;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "taken_layer_id_is_refused",
    promise: "A commit under the id of a layer that exists is AlreadyExists; the key and the layer stay as they were.",
    why: "The same layer pulled twice is one layer, not two.",
    origin: "containerd snapshotter suite; moby layer store (same layer registered twice)",
    covers: &["SH3", "LC5"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::DuplicateLayer],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("a", "2")])?;
    container.unmount()?;
    let outcome = context.driver()?.commit(&container.key, &base);
    check::refused(
        "a commit under a taken id",
        ErrorKind::AlreadyExists,
        outcome,
    )?;
    context.check_layer(&base)?;
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}
