//! What is overwritten in a container's own file, or cut off it, takes no more space.

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, truncate, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "overwritten_blocks_are_given_back",
    promise: "What is overwritten in a container's own file, or cut off it, takes no more space.",
    why: "A database that rewrites its file in place, or a log that is cut, fills the disk far beyond the sizes that are seen.",
    origin: "btrfs documentation (an extent stays whole while any part of it is used); catalogue SH2",
    covers: &["SH2"],
    level: Level::Should,
    theme: Theme::Sharing,
    capability: Some("overwritten_blocks_are_given_back"),
    broken_by: &[
        Fault::Flipped("overwritten_blocks_are_given_back"),
        Fault::UsageStale,
        Fault::DeletionsCount,
    ],
    run,
};

/// The file, and how much of its middle is written once more: in no block's step.
const SIZE: u64 = 3 << 20;
const AGAIN: u64 = 1 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.overwritten_blocks_are_given_back;
    let base = context.base()?;
    let mut container = context.container(Some(&base))?;
    let idle = fixture::usage(context, &mut container)?.exclusive_bytes;
    let mut sizes = Vec::new();
    for op in [
        file("own", fixture::noise(12, SIZE as usize)),
        write("own", 1_000_001, fixture::noise(13, AGAIN as usize)),
        truncate("own", 100_000),
    ] {
        context.mount(&mut container)?;
        container.apply(&[op])?;
        let usage = fixture::usage(context, &mut container)?;
        sizes.push(usage.exclusive_bytes.saturating_sub(idle));
        // Whatever is kept of what was overwritten, it is no more than was ever written.
        check::that(
            usage.exclusive_bytes <= idle + SIZE + AGAIN + SIZE / 8 + fixture::slack(usage),
            "no more than was written",
            fixture::bytes(usage.exclusive_bytes),
        )?;
    }
    context.mount(&mut container)?;
    container.check()?;
    let [written, over, cut] = sizes[..] else {
        return Err(Stop::broken("three sizes were asked for"));
    };
    check::that(
        written + SIZE / 8 >= SIZE,
        format!("a file of {} takes that", fixture::bytes(SIZE)),
        fixture::bytes(written),
    )?;
    check::declared(
        "overwritten_blocks_are_given_back",
        declared,
        over <= written + AGAIN / 2 && cut <= AGAIN / 2,
        format!(
            "a file takes {}, {} when 1024 KiB of it were written again, and {} when cut to 97 KiB",
            fixture::bytes(written),
            fixture::bytes(over),
            fixture::bytes(cut)
        ),
    )
}
