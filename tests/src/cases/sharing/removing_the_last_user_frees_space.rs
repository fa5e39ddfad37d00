//! What a container and its layers took is free space of the store again once they are removed.

use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{Backing, Item, usage};
use rustix::fs::statvfs;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "removing_the_last_user_frees_space",
    promise: "What a container and its layers took is free space of the store again once they are removed.",
    why: "A prune that frees nothing leaves the host full; some drivers free space long after they say so.",
    origin: "zfs (asynchronous destroy), btrfs (cleaner); catalogue SH4",
    covers: &["SH4"],
    level: Level::Must,
    theme: Theme::Sharing,
    capability: None,
    broken_by: &[Fault::NothingRemoved],
    run,
};

const LENGTH: u64 = 6 << 20;

/// Far more than a cleaner takes that is given anything to run on.
const SOON: Duration = Duration::from_secs(30);

/// Others may write to the same store meanwhile.
const MOST: u64 = LENGTH - LENGTH / 4;

fn run(context: &mut Context<'_>) -> Verdict {
    let content = |seed| fixture::noise(seed, usize::try_from(LENGTH).unwrap_or_default());
    let base = context.layer(None, &[file("below", content(71))])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("own", content(72))])?;
    container.unmount()?;
    let full = free(context)?;
    context.remove(container)?;
    let freed = freed(context, full, "its container is")?;
    // The layer is shared no more, and goes last.
    let full = full + freed;
    context.driver()?.remove(Item::Layer(&base))?;
    self::freed(context, full, "its last layer is")?;
    Ok(Outcome::Pass)
}

/// How much more is free than `before`, as soon as that is most of what was written.
fn freed(context: &Context<'_>, before: u64, what: &str) -> Result<u64, Stop> {
    // In a directory nothing is left to be done later.
    let limit = match context.root()?.backing {
        Backing::Directory => Duration::ZERO,
        _ => SOON,
    };
    let deadline = Instant::now() + limit;
    loop {
        // Each looks again after everything that was asked for is done: a commit of btrfs, a transaction group of zfs.
        let freed = free(context)?.saturating_sub(before);
        if freed >= MOST {
            return Ok(freed);
        }
        if Instant::now() > deadline {
            return Err(Stop::fail(
                format!(
                    "about {} more free within {limit:?} after {what} removed",
                    fixture::bytes(LENGTH)
                ),
                fixture::bytes(freed),
            ));
        }
    }
}

/// The free space of the store; on a filesystem that others use, what is left of a fixed amount.
fn free(context: &Context<'_>) -> Result<u64, Stop> {
    let driver = context.driver()?;
    driver.sync()?;
    let root = context.root()?;
    if root.backing == Backing::Directory {
        return Ok((1_u64 << 40).saturating_sub(usage::of_tree(&root.dir)?.bytes));
    }
    let room = statvfs(driver.plain_dir()).attempt("ask for the room at", driver.plain_dir())?;
    Ok(room.f_bfree.saturating_mul(room.f_frsize))
}
