//! A layer's file is changed and another is removed in the store's directory while a container stands on them, mounted.
//!
//! overlayfs.rst calls the outcome undefined, and promises only that nothing crashes and nothing hangs; with metacopy and
//! fs-verity a changed file could be an error, but no driver here seals layers so.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Kind, Limits};

use super::damage_to_the_store_is_told::find;
use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

/// The case.
pub const CASE: Case = Case {
    name: "layer_changed_under_a_mount_does_no_harm",
    promise: "While a layer's files are changed and removed in the store behind a mounted container, its reads end, each with \
              the old content, the new, or an error; what it wrote itself stays, also over a remount.",
    why: "A backup restored over the store, or a careless clean-up, must not take what running containers wrote with it.",
    origin: "overlayfs.rst, changes to underlying filesystems; xfstests overlay/031, overlay/037, overlay/080; catalogue CR5",
    covers: &["CR5"],
    level: Level::Should,
    theme: Theme::Crash,
    capability: None,
    broken_by: &[Fault::WritesLost],
    run,
};

const CHANGED: &str = "file-changed-under-a-mount";
const REMOVED: &str = "file-removed-under-a-mount";
const OLD: &str = "as committed";
const NEW: &str = "as changed!!";

fn run(context: &mut Context<'_>) -> Verdict {
    let root = context.another_root(Path::new("online"))?;
    let (key, id) = (context.key()?, context.layer_id()?);
    let tar = archive::write(&[Entry::file(CHANGED, OLD), Entry::file(REMOVED, OLD)]);
    let driver = context.open_at(&root)??;
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.commit(&key, &id)?;
    driver.prepare(&key, Some(&id), Kind::Writable)?;
    let at = context.directory()?;
    let own = at.join("own");

    let mount = driver.mount(&key, &at)?;
    fs::write(&own, "mine").attempt("write", &own)?;
    let first = read(&at.join(CHANGED));
    // Refused where layers are read-only; nothing to be found where there are no files of the host.
    for file in find(&root.dir.join("e"), OsStr::new(CHANGED)) {
        drop(fs::write(file, NEW));
    }
    for file in find(&root.dir.join("e"), OsStr::new(REMOVED)) {
        drop(fs::remove_file(file));
    }
    let while_mounted = [read(&at.join(CHANGED)), read(&at.join(REMOVED))];
    let more = fs::write(at.join("more"), "mine too").attempt("write", &at);
    mount.unmount()?;
    let mount = driver.mount(&key, &at)?;
    let after = [read(&at.join(CHANGED)), read(&at.join(REMOVED))];
    let kept = [read(&own), read(&at.join("more"))];
    mount.unmount()?;
    driver.remove(drivers::Item::Container(&key))?;
    driver.close()?;
    context.end_roots()?;

    check::same("the file before", Ok(OLD.to_owned()), first)?;
    more.map_err(Stop::from)?;
    for seen in while_mounted.into_iter().chain(after) {
        let whole = seen
            .as_ref()
            .map_or(true, |content| [OLD, NEW].contains(&content.as_str()));
        check::that(
            whole,
            "the old content, the new, or an error",
            format!("{seen:?}"),
        )?;
    }
    check::same(
        "what the container wrote",
        ["mine", "mine too"].map(|content| Ok(content.to_owned())),
        kept,
    )?;
    Ok(Outcome::Pass)
}

/// The content, or the errno.
fn read(path: &Path) -> Result<String, Option<i32>> {
    fs::read_to_string(path).map_err(|error| error.raw_os_error())
}
