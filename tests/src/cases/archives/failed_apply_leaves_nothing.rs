//! An archive that is refused in the middle leaves no layer, no mount and no file: once its key is removed, all is as before.

use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "failed_apply_leaves_nothing",
    promise: "An archive that is refused in the middle leaves no layer, no mount and no file: once its key is removed, all is as before.",
    why: "Half a layer that stays is later taken for the whole one.",
    origin: "containers/storage bats (junk); catalogue DF12; layerbench driver.rs",
    covers: &["DF12", "CR1", "C53"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let before = context.driver()?.list()?;
    let good = archive::write(&[
        Entry::dir("d/"),
        Entry::file("d/a", fixture::noise(41, 300_000)),
        Entry::file("etc/.wh.passwd", ""),
        Entry::file("z", fixture::noise(42, 300_000)),
    ]);
    let mut bad = good.clone();
    // The header of the last file.
    let header = bad.len() - 1024 - 300_032 - 512;
    bad[header + 148..header + 156].fill(b'7');
    for (what, tar) in [
        ("cut", &good[..good.len() - 200_000]),
        ("damaged", &bad[..]),
    ] {
        let key = context.key()?;
        let driver = context.driver()?;
        driver.prepare(&key, Some(&base), Kind::Writable)?;
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        check::refused(&format!("a {what} archive"), ErrorKind::BadInput, outcome)?;
        let listed = driver.list()?;
        check::same("items after the failure", before.len() + 1, listed.len())?;
        driver.remove(Item::Container(&key))?;
        check::same("the list", before.clone(), driver.list()?)?;
        let view = driver.view(Item::Container(&key));
        check::refused("a view of what was removed", ErrorKind::NotFound, view)?;
    }
    context.check_layer(&base)?;
    context.restart()?;
    check::same(
        "the list after a restart",
        before,
        context.driver()?.list()?,
    )?;
    let layer = context.layer_of(Some(&base), &good)?;
    context.driver()?.remove(Item::Layer(&layer))?;
    Ok(Outcome::Pass)
}
