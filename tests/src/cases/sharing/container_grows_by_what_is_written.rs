//! A container's size grows by what was written to it, and only by that.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "container_grows_by_what_is_written",
    promise: "A container's size grows by what was written to it, and only by that.",
    why: "Billing, quotas and clean-up all rest on the size a container is said to have.",
    origin: "the founding documents; moby and containers/storage (DiffSize)",
    covers: &["SH2"],
    level: Level::Must,
    theme: Theme::Sharing,
    capability: None,
    broken_by: &[Fault::ConstantUsage, Fault::UsageStale],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("large", fixture::noise(11, 4 << 20)),
            file("small", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let mut before = fixture::usage(context, &mut container)?;
    for (name, written) in [("one", 1_usize << 20), ("two", 3 << 20)] {
        context.mount(&mut container)?;
        container.apply(&[file(name, fixture::noise(12, written))])?;
        let after = fixture::usage(context, &mut container)?;
        let grown = after.exclusive_bytes.saturating_sub(before.exclusive_bytes);
        let written = written as u64;
        check::that(
            grown + fixture::slack(after) >= written
                && grown <= written + written / 8 + fixture::slack(after),
            format!(
                "growth by {} when that was written",
                fixture::bytes(written)
            ),
            fixture::bytes(grown),
        )?;
        before = after;
    }
    context.mount(&mut container)?;
    container.check()?;
    container.apply(&[remove("one"), remove("two")])?;
    let after = fixture::usage(context, &mut container)?;
    check::that(
        after.exclusive_bytes + (3 << 20) <= before.exclusive_bytes,
        "deleting what was written gives its space back",
        format!(
            "{} before, {} after",
            fixture::bytes(before.exclusive_bytes),
            fixture::bytes(after.exclusive_bytes)
        ),
    )?;
    Ok(Outcome::Pass)
}
