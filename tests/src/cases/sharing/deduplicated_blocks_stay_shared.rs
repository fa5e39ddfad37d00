//! Equal files of a container can be made to share their blocks, once and again, without a change of their content.

use std::os::fd::AsFd as _;

use drivers::error::Attempt as _;
use drivers::sys::dedupe;
use rustix::fs::statvfs;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "deduplicated_blocks_stay_shared",
    promise: "Equal files of a container can be made to share their blocks, once and again, without a change of their content.",
    why: "Deduplication over a store is safe only if a second pass finds nothing to do and no content moves.",
    origin: "containers/storage bats (dedup); ioctl_fideduperange(2); OpenZFS has no deduplication by request (zpl_remap_file_range in zpl_file_range.c, read in 2.3.2); catalogue SH5",
    covers: &["SH5"],
    level: Level::Informs,
    theme: Theme::Sharing,
    capability: Some("deduplication"),
    broken_by: &[Fault::Flipped("deduplication")],
    run,
};

const LENGTH: u64 = 8 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.deduplication;
    let content = fixture::noise(73, usize::try_from(LENGTH).unwrap_or_default());
    let mut container = context.container(None)?;
    container.apply(&[
        file("a", &content),
        file("b", &content),
        file("c", &content),
        write("c", 5, "other"),
    ])?;
    let before = taken(context)?;
    let [a, b, c] = ["a", "b", "c"].map(|name| container.open_for_writing(name));
    let (a, b, c) = (a?, b?, c?);
    let first = dedupe::share_equal(a.as_fd(), b.as_fd(), LENGTH);
    if let Err(error) = first {
        drop((b, c));
        container.check()?;
        let why = format!("FIDEDUPERANGE: {error}");
        if declared {
            return check::declared("deduplication", declared, false, why);
        }
        return Ok(Outcome::Deviates(why));
    }
    check::that(declared, "no sharing, as declared", "FIDEDUPERANGE works")?;
    check::same("bytes shared", Some(LENGTH), first.ok())?;
    let after = taken(context)?;
    check::that(
        after + LENGTH / 2 <= before,
        format!("sharing {} frees most of that", fixture::bytes(LENGTH)),
        format!(
            "{} less taken",
            fixture::bytes(before.saturating_sub(after))
        ),
    )?;
    let again = dedupe::share_equal(a.as_fd(), b.as_fd(), LENGTH);
    check::same("bytes shared, asked again", Some(LENGTH), again.ok())?;
    let second = taken(context)?;
    check::that(
        after.abs_diff(second) < LENGTH / 8,
        "a second pass frees and takes nothing",
        format!("{} and {}", fixture::bytes(after), fixture::bytes(second)),
    )?;
    check::errno(
        "sharing blocks that differ",
        Errno::BADE,
        dedupe::share_equal(a.as_fd(), c.as_fd(), LENGTH),
    )?;
    // Shared is not one: what is written to one stays there.
    container.apply(&[write("b", 3, "b alone")])?;
    drop((a, b, c));
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    Ok(Outcome::Pass)
}

/// The space taken on the store.
fn taken(context: &Context<'_>) -> Result<u64, Stop> {
    let driver = context.driver()?;
    driver.sync()?;
    let room = statvfs(driver.plain_dir()).attempt("ask for the room at", driver.plain_dir())?;
    Ok((room.f_blocks - room.f_bfree).saturating_mul(room.f_frsize))
}
