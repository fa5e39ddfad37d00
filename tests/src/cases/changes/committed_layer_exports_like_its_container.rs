//! A container's export and that of the layer it is committed as have equal bytes; so have two exports of one item.

use drivers::Item;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, link, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "committed_layer_exports_like_its_container",
    promise: "A container's export and that of the layer it is committed as have equal bytes; so have two exports of one item.",
    why: "A digest that changes between commit and push makes the push fail.",
    origin: "image digests; moby 33991 (checksum failed on push)",
    covers: &["DF4", "C46"],
    level: Level::Should,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::ExportOrderUnstable, Fault::CommitLosesMetadata],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        file("etc/new", "1"),
        remove("bin/ping"),
        chmod("var", 0o700),
        remove("secret"),
        dir("secret"),
        dir("d"),
        file("d/a", "1"),
        link("d/a", "b"),
    ])?;
    container.unmount()?;
    let (mut one, mut two, mut layer) = (Vec::new(), Vec::new(), Vec::new());
    let driver = context.driver()?;
    driver.export(Item::Container(&container.key), &mut one)?;
    driver.export(Item::Container(&container.key), &mut two)?;
    let id = context.commit(container)?;
    context.driver()?.export(Item::Layer(&id), &mut layer)?;
    check::that(one == two, "two exports have equal bytes", "they differ")?;
    check::that(
        one == layer,
        "the layer's export has the bytes of its container's",
        format!("they differ: {} and {} bytes", one.len(), layer.len()),
    )?;
    Ok(Outcome::Pass)
}
