//! Reading, listing and running through a container leaves no changes, and its export is an empty layer.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "reading_changes_nothing",
    promise: "Reading, listing and running through a container leaves no changes, and its export is an empty layer.",
    why: "A container that only read must commit as an empty layer.",
    origin: "containers/storage bats (empty diff); flatcar 403; containerd continuity",
    covers: &["DF7", "C16"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::RootAlwaysChanged],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    container.check()?;
    container.open("etc/passwd")?;
    container.names("var")?;
    container.unmount()?;
    let driver = context.driver()?;
    let found = driver.changes(Item::Container(&container.key))?;
    check::same("changes", Vec::new(), found)?;
    let mut tar = Vec::new();
    driver.export(Item::Container(&container.key), &mut tar)?;
    let entries = tar::Archive::new(&tar[..])
        .entries()
        .map_or(0, Iterator::count);
    check::same("entries of the export", 0, entries)?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let again = context.layer_of(Some(&layer), &tar)?;
    context.expect(&again, Some(&base), &[])?;
    context.check_layer(&again)?;
    Ok(Outcome::Pass)
}
