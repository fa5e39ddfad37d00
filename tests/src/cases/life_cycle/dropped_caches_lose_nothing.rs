//! A driver that was asked to give up its caches has lost nothing, and what was mounted still works.

use drivers::OwnCache;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "dropped_caches_lose_nothing",
    promise: "A driver that gives up its caches loses nothing that was written, and what is mounted stays usable.",
    why: "A benchmark that empties caches by exporting a pool or ending daemons must not measure damaged containers.",
    origin: "layerbench: cold starts; zpool-export(8), zpool-import(8)",
    covers: &["LC8"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::CachesDroppedWithWrites],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let changes = [
        file("etc/passwd", "mine"),
        remove("bin/su"),
        dir("new"),
        file("new/f", fixture::noise(7, 100_000)),
    ];
    let mut container = context.container(Some(&base))?;
    container.apply(&changes)?;
    // Mounted, with a file open and nothing synced.
    let open = container.open("new/f")?;
    context.driver()?.drop_caches()?;
    container.check()?;
    drop(open);
    container.apply(&[file("new/g", "2")])?;
    container.check()?;
    container.unmount()?;

    // With nothing mounted, nothing hinders; again, because the first may have left something half-done.
    for _ in 0..2 {
        let outcome = context.driver()?.drop_caches()?;
        check::that(
            matches!(outcome, OwnCache::Empty(_)),
            "nothing is held when nothing is mounted",
            format!("{outcome:?}"),
        )?;
    }
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.driver()?.drop_caches()?;
    context.check_layer(&base)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
