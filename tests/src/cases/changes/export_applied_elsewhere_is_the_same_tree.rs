//! A container's export, applied on a sibling, gives the same tree: data, metadata, times, attributes, links and deletions.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::model::Model;
use crate::oracle::op::{
    character, chmod, chown, dir, fifo, file, link, mtime, remove, symlink, write, xattr,
};
use crate::oracle::seen;
use crate::{check, context, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "export_applied_elsewhere_is_the_same_tree",
    promise: "A container's export, applied on a sibling, gives the same tree: data, metadata, times, attributes, links and deletions.",
    why: "Push here, pull there: the container must be the same.",
    origin: "moby graphtest (DiffApply); containerd continuity; moby 23863 (deletions lost on push)",
    covers: &["DF2", "DF8", "C10"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[
        Fault::ExportedDeletionsLost,
        Fault::ExportedLinksLost,
        Fault::ExportedXattrsLost,
        Fault::ExportedNanosecondsLost,
        Fault::ExportedSpecialBitsLost,
        Fault::ExportedOwnersLost,
        Fault::ExportedOpaque,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        write("etc/passwd", 4, "changed"),
        chmod("bin/su", 0o4711),
        remove("bin/ping"),
        remove("bin/sh"),
        symlink("bin/sh", "busybox"),
        remove("var"),
        dir("var"),
        file("var/new", "1"),
        chown("var/new", 77, 78),
        xattr("var/new", "user.x", "1"),
        dir("a"),
        dir("a/b"),
        file("a/b/c", fixture::noise(31, 70_000)),
        link("a/b/c", "a/d"),
        link("a/b/c", "e"),
        fifo("a/pipe"),
        character("a/null", 1, 3),
        mtime("a", 1_000_000_000, 999),
        chmod("a/b", 0o1770),
        xattr("a/d", "security.capability", fixture::capability()),
        remove("secret"),
        file("secret", "a file now"),
        file("n".repeat(120), "long"),
        symlink("far", "t".repeat(150)),
    ])?;
    container.check()?;
    container.unmount()?;
    let driver = context.driver()?;
    let mut tar = Vec::new();
    driver.export(Item::Container(&container.key), &mut tar)?;
    let copy = context.layer_of(Some(&base), &tar)?;
    let driver = context.driver()?;
    let original = driver.view(Item::Container(&container.key))?;
    let applied = driver.view(Item::Layer(&copy))?;
    let model = Model::of(&seen::read(original.path())?);
    context::matches(
        "what was applied",
        &model,
        applied.path(),
        driver.capabilities(),
    )?;
    original.close()?;
    applied.close()?;
    // And one more time: what came out goes out the same.
    let mut again = Vec::new();
    context.driver()?.export(Item::Layer(&copy), &mut again)?;
    check::that(
        tar == again,
        "a second export of equal changes has equal bytes",
        "other bytes",
    )?;
    Ok(Outcome::Pass)
}
