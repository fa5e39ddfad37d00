//! Appending to, overwriting in the middle of, truncating and replacing a lower file gives exactly the resulting bytes; the layer keeps its own.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{file, truncate, write};

/// The promise.
pub const CASE: Case = Case {
    name: "first_write_changes_only_those_bytes",
    promise: "Appending to, overwriting in the middle of, truncating and replacing a lower file gives exactly the resulting bytes; the layer keeps its own.",
    why: "The copy made at the first write must be the file, changed only where it was written.",
    origin: "unionmount suite (open matrix, truncate); containerd snapshotter suite (update)",
    covers: &["CU1", "C16"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: None,
    broken_by: &[
        Fault::CopiesCut,
        Fault::Lie(&lies::TRUNCATE_DOES_NOTHING),
        Fault::WritesLost,
        Fault::WriteThrough,
        Fault::CopiesJoinEqualFiles,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let sizes = [0_usize, 1, 4095, 4096, 4097, 65_536, 1_048_577];
    let mut ops = Vec::new();
    for size in sizes {
        for how in ["append", "middle", "cut", "grow", "replace"] {
            ops.push(file(
                format!("{how}-{size}"),
                fixture::noise(size as u64, size),
            ));
        }
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    for size in sizes {
        let length = size as u64;
        container.apply(&[
            write(format!("append-{size}"), length, "appended"),
            write(format!("middle-{size}"), length / 2, "in the middle"),
            truncate(format!("cut-{size}"), length / 3),
            truncate(format!("grow-{size}"), length + 5000),
            file(format!("replace-{size}"), "all new"),
        ])?;
    }
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
