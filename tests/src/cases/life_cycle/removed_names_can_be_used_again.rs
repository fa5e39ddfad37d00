//! The key of a removed container and the id of a removed layer can be used again, and nothing of the old content shows.

use drivers::{Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, remove};
use crate::oracle::{compare, seen};

/// The promise.
pub const CASE: Case = Case {
    name: "removed_names_can_be_used_again",
    promise: "The key of a removed container and the id of a removed layer can be used again, and nothing of the old content shows.",
    why: "A name that stays taken makes every restart of a service fail.",
    origin: "containers/storage bats (id reuse)",
    covers: &["LC1"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::OldContentShows],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("a", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("old", "old"), remove("a")])?;
    container.unmount()?;
    let (key, at) = (container.key.clone(), context.directory()?);
    let driver = context.driver()?;
    driver.remove(Item::Container(&key))?;
    driver.prepare(&key, Some(&base), Kind::Writable)?;
    let mount = driver.mount(&key, &at)?;
    let seen = seen::read(&at)?;
    mount.unmount()?;
    let names: Vec<_> = seen.keys().map(|path| compare::show(path)).collect();
    check::same(
        "what is there",
        vec!["the root".to_owned(), "a".to_owned()],
        names,
    )?;
    driver.remove(Item::Container(&key))?;
    driver.remove(Item::Layer(&base))?;
    driver.prepare(&key, None, Kind::Writable)?;
    driver.commit(&key, &base)?;
    context.expect(&base, None, &[])?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
