//! After a crash in the middle of a preparation or a removal, the next open discards the halves and keeps all else; a damaged record is told.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use drivers::error::Attempt as _;
use drivers::store::Store;
use drivers::{Error, ErrorKind, Item, Kind};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file};
use crate::rooms::Rooms;

/// The promise.
pub const CASE: Case = Case {
    name: "half_made_items_are_discarded",
    promise: "After a crash in the middle of a preparation or a removal the next open discards the halves and keeps all else; a damaged record is told by its path.",
    why: "What a crash leaves half-made must neither be taken for a layer nor fill the disk; lost book-keeping must not look like an empty store.",
    origin: "containers/storage bats (incomplete layers); moby overlay2 (lost link directories); containerd erofs (orphans)",
    covers: &["LC6", "LC7", "C62"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[Fault::ForgottenContainers],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let mut kept = context.container(Some(&base))?;
    kept.apply(&[file("mine", "1")])?;
    kept.unmount()?;
    let rooms = Rooms::of(context)?;
    let before = context.driver()?.list()?;

    // Two halves, made by the records' own means, as a process leaves them that is killed: a directory whose item was
    // never published, and one whose item is gone already.
    let mut dying = context.container(Some(&base))?;
    dying.apply(&[dir("d"), file("d/large", vec![7; 1 << 20])])?;
    dying.unmount()?;
    let unborn = context.key()?;
    context.close()?;
    let root = context.root()?.dir.clone();
    let record = {
        let store = Store::open(&root)?;
        let slot = store.reserve(&unborn, Some(&base), Kind::Writable)?;
        let junk = slot.dir().join("unfinished");
        fs::create_dir(&junk).attempt("make", &junk)?;
        fs::write(junk.join("half"), "x").attempt("write below", &junk)?;
        let killed = store.remove(Item::Container(&dying.key), |_, _| {
            Err(Error::new(ErrorKind::Io, "go on: killed"))
        });
        check::refused("a removal that is cut short", ErrorKind::Io, killed)?;
        let entry = store.get("find", Item::Container(&kept.key))?;
        store.dir(entry.serial).join("item")
    };
    context.restart()?;
    check::same("the list", &before, &context.driver()?.list()?)?;
    let gone = context.driver()?.remove(Item::Container(&dying.key));
    check::refused(
        "removal of what was being removed",
        ErrorKind::NotFound,
        gone,
    )?;
    rooms.check(context)?;
    context
        .driver()?
        .prepare(&unborn, Some(&base), Kind::Writable)?;
    context.driver()?.remove(Item::Container(&unborn))?;

    // A record that cannot be read: no guess is made, and once it is mended all is there.
    damaged(context, &record)?;
    check::same("the list", &before, &context.driver()?.list()?)?;
    context.mount(&mut kept)?;
    kept.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

fn damaged(context: &mut Context<'_>, record: &PathBuf) -> Result<(), Stop> {
    context.close()?;
    let text = fs::read_link(record).attempt("read", record)?;
    fs::remove_file(record).attempt("remove", record)?;
    symlink("{\"schema\":", record).attempt("damage", record)?;
    let root = context.root()?.clone();
    let opened = context.open_at(&root)?.map(drop);
    fs::remove_file(record).attempt("remove", record)?;
    symlink(&text, record).attempt("mend", record)?;
    context.restart()?;
    let told = opened
        .as_ref()
        .err()
        .map(ToString::to_string)
        .unwrap_or_default();
    check::refused("a root with a damaged record", ErrorKind::Corrupt, opened)?;
    let name = record.to_string_lossy().into_owned();
    check::that(told.contains(&name), "the record's path in the error", told)
}
