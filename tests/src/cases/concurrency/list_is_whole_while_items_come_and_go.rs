//! What stays is listed exactly once, after what it stands on, and can be read, while other items come and go.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use drivers::{Driver, Info, Item, Kind};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check::{self, Checked};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::together::together;

/// The promise.
pub const CASE: Case = Case {
    name: "list_is_whole_while_items_come_and_go",
    promise: "What stays is listed exactly once, after what it stands on, and can be read, while other items come and go.",
    why: "Garbage collection that misses a container for a moment deletes the image under it.",
    origin: "containerd snapshotter suite (walk; removal during it is an open TODO there)",
    covers: &["CC4"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::ListReversed],
    run,
};

const CHURNERS: usize = 2;
const ROUNDS: usize = 2;

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let stays = context.layer(Some(&base), &[file("stays", "1")])?;
    let mut container = context.container(Some(&stays))?;
    container.unmount()?;
    let mut names = Vec::new();
    for _ in 0..CHURNERS * ROUNDS {
        names.push((context.key()?, context.key()?, context.layer_id()?));
    }
    let driver = context.driver()?;
    let before = driver.list()?;
    let busy = AtomicUsize::new(CHURNERS);
    let outcomes = together(CHURNERS + 1, |number| -> Checked {
        if number == CHURNERS {
            let mut looked = 0;
            while busy.load(Ordering::Acquire) > 0 || looked == 0 {
                look(driver, &before)?;
                check::same(
                    "its parent",
                    Some(&stays),
                    driver.parent(Item::Container(&container.key))?.as_ref(),
                )?;
                looked += 1;
            }
            return Ok(());
        }
        let worked = (0..ROUNDS).try_for_each(|round| -> Checked {
            let (below, above, id) = &names[number * ROUNDS + round];
            driver.prepare(below, Some(&base), Kind::Writable)?;
            driver.commit(below, id)?;
            driver.prepare(above, Some(id), Kind::Writable)?;
            driver.remove(Item::Container(above))?;
            Ok(driver.remove(Item::Layer(id))?)
        });
        busy.fetch_sub(1, Ordering::AcqRel);
        worked
    })?;
    outcomes.into_iter().collect::<Result<(), Stop>>()?;
    check::same("the list", before, driver.list()?)?;
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}

fn look(driver: &dyn Driver, stay: &[Info]) -> Checked {
    let list = driver.list()?;
    let mut seen = BTreeSet::new();
    for info in &list {
        let name = format!("{:?}{:?}", info.key, info.layer);
        check::that(
            seen.insert(name),
            "every item is listed once",
            format!("{info:?} twice"),
        )?;
        if let Some(parent) = &info.parent {
            let below = format!("{:?}{:?}", None::<drivers::Key>, Some(parent));
            check::that(
                seen.contains(&below),
                "what an item stands on is listed before it",
                format!("{info:?}"),
            )?;
        }
    }
    for info in stay {
        check::that(
            list.contains(info),
            "what stays is listed",
            format!("no {info:?}"),
        )?;
    }
    Ok(())
}
