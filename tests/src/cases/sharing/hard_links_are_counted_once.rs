//! A file with several names counts once in the size of its layer and of its container.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, link};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "hard_links_are_counted_once",
    promise: "A file with several names counts once in the size of its layer and of its container.",
    why: "Sizes that count each name make images look several times as large.",
    origin: "moby and containers/storage archive tests (size with hard links); catalogue HL6",
    covers: &["HL6", "SH2"],
    level: Level::Should,
    theme: Theme::Sharing,
    capability: None,
    broken_by: &[Fault::LinksCountedEach],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let size = 2_u64 << 20;
    let mut container = context.container(None)?;
    let empty = fixture::usage(context, &mut container)?;
    context.mount(&mut container)?;
    container.apply(&[
        file("a", fixture::noise(20, 2 << 20)),
        link("a", "b"),
        dir("d"),
        link("a", "d/c"),
    ])?;
    let usage = fixture::usage(context, &mut container)?;
    let layer = context.commit(container)?;
    let committed = context.driver()?.usage(Item::Layer(&layer))?;
    for (what, bytes) in [
        (
            "the container's own bytes",
            usage.exclusive_bytes.saturating_sub(empty.exclusive_bytes),
        ),
        (
            "the bytes it shows",
            usage
                .referenced_bytes
                .saturating_sub(empty.referenced_bytes),
        ),
        (
            "the layer's own bytes",
            committed
                .exclusive_bytes
                .saturating_sub(empty.exclusive_bytes),
        ),
    ] {
        check::that(
            bytes + fixture::slack(usage) >= size
                && bytes <= size + size / 4 + fixture::slack(usage),
            format!("{what}: about {}", fixture::bytes(size)),
            fixture::bytes(bytes),
        )?;
    }
    Ok(Outcome::Pass)
}
