//! Deleting a large lower file or 300 of a directory costs next to nothing, neither bytes nor inodes.

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "deletions_cost_little",
    promise: "Deleting a large lower file or 300 of a directory costs next to nothing, neither bytes nor inodes.",
    why: "`rm -rf` in a container must not use up the inodes of the host.",
    origin: "xfstests overlay/073 (whiteouts share an inode); catalogue WO11",
    covers: &["WO11", "SH2"],
    level: Level::Should,
    theme: Theme::Sharing,
    capability: Some("deletions_take_no_inodes"),
    broken_by: &[
        Fault::DeletionsCount,
        Fault::DeletionsTakeInodes,
        Fault::Flipped("deletions_take_no_inodes"),
    ],
    run,
};

/// The directory, and markers that share an inode: filesystems allow tens of thousands of names for one.
const INODES: u64 = 8;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.deletions_take_no_inodes;
    let mut ops = vec![file("large", fixture::noise(21, 4 << 20)), dir("many")];
    for number in 0..300 {
        ops.push(file(format!("many/{number}"), "x"));
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let before = fixture::usage(context, &mut container)?;
    context.mount(&mut container)?;
    container.apply(&[remove("large")])?;
    for number in 0..300 {
        container.apply(&[remove(format!("many/{number}"))])?;
    }
    let after = fixture::usage(context, &mut container)?;
    let grown = after.exclusive_bytes.saturating_sub(before.exclusive_bytes);
    check::that(
        grown <= (256 << 10) + fixture::slack(after),
        "301 deletions cost less than 256 KiB",
        fixture::bytes(grown),
    )?;
    let inodes = after
        .exclusive_inodes
        .saturating_sub(before.exclusive_inodes);
    context.mount(&mut container)?;
    container.check()?;
    check::declared(
        "deletions_take_no_inodes",
        declared,
        inodes <= INODES,
        format!("301 deletions take {inodes} inodes, not {INODES} at most"),
    )
}
