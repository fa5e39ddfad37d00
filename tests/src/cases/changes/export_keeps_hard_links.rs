//! Files with several names are exported once and linked, also across directories, and come back as one file.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, fifo, file, link, symlink};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "export_keeps_hard_links",
    promise: "Files with several names are exported once and linked, also across directories, and come back as one file.",
    why: "Links that become copies multiply the size of an image.",
    origin: "containerd continuity (hard link suite); moby archive tests; catalogue HL5",
    covers: &["HL5"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::LinksSplit, Fault::ExportedLinksLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("old", "lower"), dir("d"), file("single", "1")])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        file("a", fixture::noise(32, 100_000)),
        link("a", "d/b"),
        link("a", "z"),
        fifo("p"),
        link("p", "d/q"),
        symlink("s", "a"),
        link("s", "d/t"),
        // To a file of the layer below that is not changed itself.
        link("old", "d/older"),
    ])?;
    container.check()?;
    container.unmount()?;
    let mut tar = Vec::new();
    context
        .driver()?
        .export(Item::Container(&container.key), &mut tar)?;
    check::that(
        tar.len() < 150_000,
        "the content is exported once",
        format!("{} bytes", tar.len()),
    )?;
    let copy = context.layer_of(Some(&base), &tar)?;
    context.expect_like(&copy, &container);
    context.check_layer(&copy)?;
    Ok(Outcome::Pass)
}
