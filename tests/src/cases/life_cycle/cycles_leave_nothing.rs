//! Ten containers made, written, mounted, unmounted and removed one after the other leave no name, no mount and no space.

use drivers::{Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::namespace::Places;
use crate::oracle::live;
use crate::oracle::op::{dir, file, remove};
use crate::rooms::Rooms;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "cycles_leave_nothing",
    promise: "Ten containers made, written, mounted, unmounted and removed one after the other leave no name, no mount and no space.",
    why: "What each container leaves behind adds up, until a disk is full of nothing.",
    origin: "moby 27653, 17839, 9939, 38207 (leftover mounts, directories and subvolumes)",
    covers: &["C59", "LC8"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::RemovalLeavesFiles, Fault::MountLeft],
    run,
};

const CYCLES: u32 = 10;
const BYTES: usize = 512 << 10;

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let at = context.directory()?;
    // Once unmeasured: what is made at first use is no leftover.
    cycle(context, &base, &at, 0)?;
    let before = context.driver()?.list()?;
    let places = Places::of(context)?;
    let mounts = places.mounts()?.len();
    let rooms = Rooms::of(context)?;
    for number in 1..=CYCLES {
        cycle(context, &base, &at, number)?;
    }
    check::same("the list", before, context.driver()?.list()?)?;
    check::same("mounts", mounts, places.mounts()?.len())?;
    rooms.check(context)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

fn cycle(
    context: &mut Context<'_>,
    base: &drivers::LayerId,
    at: &std::path::Path,
    number: u32,
) -> check::Checked {
    let key = context.key()?;
    let driver = context.driver()?;
    driver.prepare(&key, Some(base), Kind::Writable)?;
    let mount = driver.mount(&key, at)?;
    live::apply(
        at,
        &[
            file("large", fixture::noise(u64::from(number), BYTES)),
            file("etc/passwd", "mine"),
            remove("bin"),
            dir("d"),
            file("d/f", "1"),
        ],
    )?;
    mount.unmount()?;
    // Every fourth becomes a layer first.
    if number % 4 == 3 {
        let id = context.layer_id()?;
        context.driver()?.commit(&key, &id)?;
        context.driver()?.remove(Item::Layer(&id))?;
    } else {
        context.driver()?.remove(Item::Container(&key))?;
    }
    Ok(())
}
