//! The first write of one byte to a large lower file costs one block, not the file.

use drivers::CopyUp;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "first_write_costs_what_is_declared",
    promise: "The first write of one byte to a large lower file costs one block, not the file.",
    why: "One byte written to a 1 GB file costs 1 GB on some drivers and a block on others.",
    origin: "kernel overlayfs (copy-up); catalogue CU11",
    covers: &["CU11"],
    level: Level::Informs,
    theme: Theme::Sharing,
    capability: Some("copy_up"),
    broken_by: &[
        Fault::Flipped("copy_up"),
        Fault::ChangedFilesCountTwice,
        Fault::ConstantUsage,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.copy_up;
    let base = context.layer(None, &[file("large", fixture::noise(18, SIZE as usize))])?;
    let mut container = context.container(Some(&base))?;
    let before = fixture::usage(context, &mut container)?.exclusive_bytes;
    context.mount(&mut container)?;
    container.apply(&[write("large", SIZE / 2, "x")])?;
    let usage = fixture::usage(context, &mut container)?;
    let cost = usage.exclusive_bytes.saturating_sub(before);
    context.mount(&mut container)?;
    container.check()?;
    let text = format!(
        "one byte in a file of {} costs {}",
        fixture::bytes(SIZE),
        fixture::bytes(cost)
    );
    let little = cost <= SIZE / 8 + fixture::slack(usage);
    let paid = before >= SIZE - SIZE / 8;
    match declared {
        CopyUp::WholeFile => {
            check::that(
                cost >= SIZE - SIZE / 8,
                "the whole file is copied, as declared",
                text.clone(),
            )?;
            Ok(Outcome::Deviates(text))
        }
        CopyUp::PaidAtPrepare => {
            check::that(
                little && paid,
                "everything was copied before, as declared",
                format!("{text}, after {} before", fixture::bytes(before)),
            )?;
            Ok(Outcome::Deviates(format!(
                "{text}, but {} were copied when it was prepared",
                fixture::bytes(before)
            )))
        }
        CopyUp::Reflink | CopyUp::Blocks => {
            check::that(
                little && !paid,
                "only changed blocks are written, as declared",
                text,
            )?;
            Ok(Outcome::Pass)
        }
    }
}

const SIZE: u64 = 16 << 20;
