//! Nothing a container does changes a layer below it, nor does committing or removing it.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::op::{
    chmod, chown, dir, file, link, mtime, remove, rename, truncate, write, xattr,
};

/// The promise.
pub const CASE: Case = Case {
    name: "image_never_changes",
    promise: "Nothing a container does changes a layer below it, nor does committing or removing it.",
    why: "An image that changes under its users is another image with the old name.",
    origin: "OCI layer.md (changing a snapshot must not affect its source); the founding documents",
    covers: &["LS5", "SH1"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::WriteThrough],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let top = context.layer(
        Some(&base),
        &[dir("srv"), file("srv/page", fixture::noise(1, 100_000))],
    )?;
    let mut container = context.container(Some(&top))?;
    container.apply(&[
        write("srv/page", 50_000, "changed"),
        truncate("etc/passwd", 1),
        chmod("bin/ping", 0o700),
        chown("etc", 3, 4),
        xattr("srv", "user.new", "1"),
        mtime("var/empty", 5, 5),
        remove("secret"),
        remove("var/tmp"),
        dir("var/tmp"),
        rename("bin/su", "etc/su"),
        link("bin/ping", "ping"),
        chmod("", 0o700),
    ])?;
    context.check_layer(&top)?;
    context.check_layer(&base)?;
    let committed = context.commit(container)?;
    context.check_layer(&top)?;
    let driver = context.driver()?;
    driver.remove(Item::Layer(&committed))?;
    context.check_layer(&top)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
