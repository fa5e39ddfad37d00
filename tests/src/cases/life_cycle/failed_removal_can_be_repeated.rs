//! A removal that fails in the middle can be asked again, and leaves nothing once what hindered it is gone.

use drivers::{ErrorKind, Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{self, Spelling};
use crate::oracle::op::{dir, file};
use crate::rooms::Rooms;

/// The promise.
pub const CASE: Case = Case {
    name: "failed_removal_can_be_repeated",
    promise: "A removal that fails in the middle can be asked again, and leaves nothing once what hindered it is gone.",
    why: "Containers that stay \"removal in progress\" for ever fill the disk and block their names.",
    origin: "moby 41055, 40132 (hundreds of datasets left), 45510",
    covers: &["C62", "C74", "LC3"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::NothingRemoved, Fault::RemovalLeavesFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let model = {
        let below = context.model(Some(&base));
        let mut model = below.clone();
        model
            .apply(&[dir("hinder"), file("hinder/x", "1")])
            .map_err(crate::Stop::broken)?;
        layer::settle(&below, &mut model);
        layer::write(&below, &model, Spelling::default())
    };
    let key = context.key()?;
    let driver = context.driver()?;
    let before = driver.list()?;
    driver.sync()?;
    let rooms = Rooms::of(context)?;
    let driver = context.driver()?;
    driver.prepare(&key, Some(&base), Kind::Writable)?;
    driver.apply(&key, &mut &model[..], &drivers::Limits::default())?;
    // Something mounted in the driver's own directory: what an administrator does, or a mount that leaked there.
    let hinder = driver.stage(&key)?.dir.join("hinder");
    let mounted = drivers::mount::filesystem("tmpfs", None, &[], &hinder)?;
    let item = Item::Container(&key);
    let first = driver.remove(item);
    // Where it works, it took the mount away with the tree.
    if let Err(error) = &first {
        check::that(
            error.kind() == ErrorKind::InUse,
            "a removal that meets a mount works, or is refused as InUse",
            error.to_string(),
        )?;
    }
    // Gone already, if the tree is.
    mounted.unmount()?;
    match (first, driver.remove(item)) {
        (Err(_), again) => again?,
        (Ok(()), again) => check::refused("a second removal", ErrorKind::NotFound, again)?,
    }
    let third = driver.remove(item);
    check::refused("a removal of what is gone", ErrorKind::NotFound, third)?;
    check::same("the list", before, driver.list()?)?;
    rooms.check(context)?;
    // The name is free.
    context
        .driver()?
        .prepare(&key, Some(&base), Kind::Writable)?;
    Ok(Outcome::Pass)
}
