//! A layer's file is changed, its content removed, and its record overwritten, while the store is closed.
//!
//! fs-verity, which would let overlayfs notice a changed file, is not asked for: no driver here seals layers with it.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Item, Key, Kind, LayerId, Limits};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};

/// The case.
pub const CASE: Case = Case {
    name: "damage_to_the_store_is_told",
    promise: "A layer whose content or record has been lost behind the driver's back is an error, never an empty tree; and a \
              layer's files cannot be changed there.",
    why: "A clean-up script writes to a layer's file, and every container of the image runs the changed program.",
    origin: "containers-storage check; xfstests overlay/031, overlay/037; overlayfs.rst, changes to underlying filesystems",
    covers: &["CR4", "CR5"],
    level: Level::Should,
    theme: Theme::Crash,
    capability: Some("layers_are_sealed"),
    broken_by: &[Fault::Flipped("layers_are_sealed")],
    run,
};

/// No file of a driver's own is called so.
const NAME: &str = "file-of-the-damaged-layer";

fn run(context: &mut Context<'_>) -> Verdict {
    let root = context.another_root(Path::new("damaged"))?;
    let (key, id) = (context.key()?, context.layer_id()?);
    let tar = archive::write(&[Entry::file(NAME, "as committed")]);
    let driver = context.open_at(&root)??;
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.commit(&key, &id)?;
    driver.close()?;

    let files = find(&root.dir.join("e"), OsStr::new(NAME));
    for file in &files {
        // Refused, where layers are read-only.
        drop(fs::write(file, "as changed"));
    }
    let driver = context.open_at(&root)??;
    let shown = read(&*driver, context, &key, &id)?;
    driver.close()?;

    // The directory of an item holds its content by another name than its record's.
    for file in &files {
        let content = file.parent().unwrap_or(file);
        drivers::remove::tree(content)?;
    }
    if !files.is_empty() {
        let outcome = context
            .open_at(&root)?
            .map_err(Stop::from)
            .and_then(|driver| {
                let shown = read(&*driver, context, &key, &id);
                driver.close()?;
                shown
            });
        check::that(
            outcome.is_err(),
            "a layer without its content is an error",
            format!("it shows {outcome:?}"),
        )?;
    }

    for record in find(&root.dir.join("e"), OsStr::new("item")) {
        fs::remove_file(&record).attempt("remove", &record)?;
        symlink("no record", &record).attempt("make", &record)?;
    }
    let opened = context.open_at(&root)?;
    check::refused(
        "a store with a record that cannot be read",
        drivers::ErrorKind::Corrupt,
        opened.map(drop),
    )?;
    context.end_roots()?;

    check::declared(
        "layers_are_sealed",
        context.capabilities()?.layers_are_sealed,
        shown == "as committed",
        format!("a file of a layer, written to in the store's directory, is shown \"{shown}\""),
    )
}

/// What a container of the layer shows, prepared now.
fn read(
    driver: &dyn Driver,
    context: &mut Context<'_>,
    key: &Key,
    id: &LayerId,
) -> Result<String, Stop> {
    let at = context.directory()?;
    driver.prepare(key, Some(id), Kind::Writable)?;
    let mount = match driver.mount(key, &at) {
        Ok(mount) => mount,
        Err(error) => {
            driver.remove(Item::Container(key))?;
            return Err(error.into());
        }
    };
    let mut shown = String::new();
    let path = at.join(NAME);
    let outcome = fs::File::open(&path)
        .and_then(|mut file| file.read_to_string(&mut shown))
        .attempt("read", &path);
    mount.unmount()?;
    driver.remove(Item::Container(key))?;
    outcome?;
    Ok(shown)
}

/// The paths below `dir` that end in `name`.
pub(super) fn find(dir: &Path, name: &OsStr) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name() == name {
            found.push(entry.path());
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(find(&entry.path(), name));
        }
    }
    found
}
