//! The first write to a large lower file, at its start, its end or between, costs one block, not the file (2, 4 and 8 MiB).

use drivers::CopyUp;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "first_write_costs_what_is_declared",
    promise: "The first write to a large lower file, at its start, its end or between, costs one block, not the file (2, 4 and 8 MiB).",
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

/// Name, size, and what is written where: the first byte, one in the middle, a whole aligned block, the last byte.
const WRITES: [(&str, u64, u64, usize); 4] = [
    ("first", 2 << 20, 0, 1),
    ("middle", 8 << 20, (4 << 20) + 1, 1),
    ("block", 4 << 20, 1 << 20, 4096),
    ("last", 4 << 20, (4 << 20) - 1, 1),
];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.copy_up;
    let (mut ops, mut total) = (Vec::new(), 0);
    for (seed, (name, size, ..)) in (18..).zip(WRITES) {
        ops.push(file(name, fixture::noise(seed, size as usize)));
        total += size;
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let prepared = fixture::usage(context, &mut container)?.exclusive_bytes;
    let paid = prepared >= total - total / 8;
    let (mut before, mut texts) = (prepared, Vec::new());
    for (name, size, offset, length) in WRITES {
        context.mount(&mut container)?;
        container.apply(&[write(name, offset, vec![b'x'; length])])?;
        let usage = fixture::usage(context, &mut container)?;
        let cost = usage.exclusive_bytes.saturating_sub(before);
        before = usage.exclusive_bytes;
        let text = format!(
            "{length} bytes at {offset} in a file of {} cost {}",
            fixture::bytes(size),
            fixture::bytes(cost)
        );
        let little = cost <= size / 8 + fixture::slack(usage);
        let (holds, expected) = match declared {
            CopyUp::WholeFile => (
                cost >= size - size / 8,
                "the whole file is copied, as declared",
            ),
            CopyUp::PaidAtPrepare => (little && paid, "everything was copied before, as declared"),
            CopyUp::Reflink | CopyUp::Blocks => (
                little && !paid,
                "only changed blocks are written, as declared",
            ),
        };
        check::that(
            holds,
            expected,
            format!("{text}, after {} before any", fixture::bytes(prepared)),
        )?;
        texts.push(text);
    }
    context.mount(&mut container)?;
    container.check()?;
    let text = texts.join("; ");
    Ok(match declared {
        CopyUp::WholeFile => Outcome::Deviates(text),
        CopyUp::PaidAtPrepare => Outcome::Deviates(format!(
            "{text}, but {} were copied when it was prepared",
            fixture::bytes(prepared)
        )),
        CopyUp::Reflink | CopyUp::Blocks => Outcome::Pass,
    })
}
