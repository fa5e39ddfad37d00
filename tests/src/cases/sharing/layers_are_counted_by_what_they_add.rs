//! A layer's own size is what it added to its parent, not what it shows.

use drivers::Item;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "layers_are_counted_by_what_they_add",
    promise: "A layer's own size is what it added to its parent, not what it shows.",
    why: "`docker system df` must add up to what the disk says.",
    origin: "moby layer store (sizes); catalogue SH2",
    covers: &["SH2"],
    level: Level::Should,
    theme: Theme::Sharing,
    capability: Some("shares_data_with_parent"),
    broken_by: &[
        Fault::Flipped("shares_data_with_parent"),
        Fault::ConstantUsage,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.shares_data_with_parent;
    let base = context.layer(None, &[file("large", fixture::noise(22, 4 << 20))])?;
    let top = context.layer(Some(&base), &[file("small", fixture::noise(23, 1 << 20))])?;
    let driver = context.driver()?;
    let (below, above) = (
        driver.usage(Item::Layer(&base))?,
        driver.usage(Item::Layer(&top))?,
    );
    check::that(
        above.referenced_bytes >= 5 << 20 && below.referenced_bytes >= 4 << 20,
        "what a layer shows includes its parent's",
        format!(
            "{} and {}",
            fixture::bytes(above.referenced_bytes),
            fixture::bytes(below.referenced_bytes)
        ),
    )?;
    check::that(
        above.exclusive_bytes >= 900 << 10,
        "a layer's own size includes what it added, 1 MiB",
        fixture::bytes(above.exclusive_bytes),
    )?;
    check::declared(
        "shares_data_with_parent",
        declared,
        above.exclusive_bytes <= (1 << 20) + fixture::slack(above) + (256 << 10),
        format!(
            "1 MiB on a parent of 4 MiB takes {}",
            fixture::bytes(above.exclusive_bytes)
        ),
    )
}
