//! The first start of an image with shifted owners, and the next: what a container in a user namespace needs. Either every
//! owner is changed, once, in a layer of its own, on which all such containers stand (`chown`); or the container is mounted
//! with other owners than are stored (`idmap`): each driver does that in its own way, and says which in its facts.

use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Owners, Result, mount};

use super::{execute_as, ground};
use crate::cell::Cell;
use crate::container::{Container, key, owners};
use crate::recorder::Metric;

/// Where the container's ids begin.
const FIRST: u32 = 200_000;
/// As many as /etc/subuid usually grants.
const IDS: u32 = 65_536;

pub(super) fn on_driver(cell: &mut Cell<'_>, driver: &dyn Driver) -> Result<()> {
    if refused(cell) {
        return Ok(());
    }
    let files = cell.scale.start_scale.start_scale_files;
    cell.recorder.param("files", Some(files.to_string()));
    let image = ground::owned(driver, files)?;
    cell.recorder.param("way", Some("chown".to_owned()));
    by_chown(cell, driver, &image)?;
    cell.recorder.param("way", Some("idmap".to_owned()));
    if driver.capabilities().idmapped_mounts {
        by_mount(cell, driver, &image)?;
    } else {
        let reason = "this driver cannot mount a container with other owners";
        cell.recorder.cannot("mapped-first", reason);
    }
    cell.recorder.param("way", None);
    cell.recorder.param("files", None);
    Ok(())
}

/// Whether there are no other owners here, which is told then.
fn refused(cell: &mut Cell<'_>) -> bool {
    let (owners, why) = owners(cell);
    if owners {
        return false;
    }
    for way in ["chown", "idmap"] {
        cell.recorder.param("way", Some(way.to_owned()));
        cell.recorder.cannot("mapped-first", why);
    }
    cell.recorder.param("way", None);
    true
}

/// The control: the owners of a plain directory, and of a mount of it.
pub(super) fn on_directory(cell: &mut Cell<'_>, root: &Path) -> Result<()> {
    if refused(cell) {
        return Ok(());
    }
    let files = cell.scale.start_scale.start_scale_files;
    cell.recorder.param("files", Some(files.to_string()));
    for number in 0..files {
        let dir = root.join(format!("data-{}", number / 100));
        if number % 100 == 0 {
            std::fs::create_dir(&dir).attempt("create", &dir)?;
        }
        let path = dir.join(format!("file-{number}"));
        std::fs::write(&path, [7; 4096]).attempt("write", &path)?;
    }
    let probe = Path::new("data-0/file-0");
    cell.recorder.param("way", Some("idmap".to_owned()));
    let at = cell.mountpoint("mapped")?;
    let outcome = match cell.recorder.time("mapped-first", || {
        let owners = Owners::shifted(FIRST, IDS)?;
        let mapped = mount::bind_as(root, &at, false, Some(&owners))?;
        execute_as(&at, Some(FIRST))?;
        Ok(mapped)
    }) {
        Ok(mapped) => {
            check(&at, probe)?;
            let next = cell
                .recorder
                .time("mapped-next", || execute_as(&at, Some(FIRST)));
            next.and(mapped.unmount())
        }
        Err(error) => {
            cell.recorder.cannot("mapped-first", error.to_string());
            Ok(())
        }
    };
    std::fs::remove_dir(&at).attempt("remove the mountpoint", &at)?;
    outcome?;
    cell.recorder.param("way", Some("chown".to_owned()));
    let first = cell.recorder.time("mapped-first", || {
        shift(root)?;
        execute_as(root, Some(FIRST))
    });
    match first {
        Ok(()) => {
            check(root, probe)?;
            cell.recorder
                .time("mapped-next", || execute_as(root, Some(FIRST)))?;
        }
        Err(error) => cell.recorder.cannot("mapped-first", error.to_string()),
    }
    cell.recorder.param("way", None);
    cell.recorder.param("files", None);
    Ok(())
}

/// Every owner is changed in a container that becomes a layer; containers with these owners stand on it.
fn by_chown(cell: &mut Cell<'_>, driver: &dyn Driver, image: &LayerId) -> Result<()> {
    let layer = LayerId::chain(Some(image), &format!("sha256:{FIRST:064x}"))?;
    let mut shifted = Container::plan(driver, key(cell, "shift")?, cell.scratch)?;
    let mut first = Container::plan(driver, key(cell, "mapped-1")?, cell.scratch)?;
    let outcome = cell.recorder.time("mapped-first", || {
        shifted.prepare(Some(image))?;
        shifted.mount()?;
        shift(shifted.root())?;
        shifted.unmount()?;
        shifted.commit(&layer)?;
        first.prepare(Some(&layer))?;
        first.mount()?;
        execute_as(first.root(), Some(FIRST))
    });
    let measured = outcome.and_then(|()| {
        check(first.root(), Path::new("data-0/file-0"))?;
        let usage = driver.usage(Item::Layer(&layer))?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "byte and inode counts below 2^53"
        )]
        for (metric, value) in [
            (Metric::Allocated, usage.exclusive_bytes as f64),
            (Metric::Inodes, usage.exclusive_inodes as f64),
        ] {
            cell.recorder.value("mapped-first", metric, value);
        }
        first.teardown()?;
        let mut next = Container::plan(driver, key(cell, "mapped-2")?, cell.scratch)?;
        cell.recorder.time("mapped-next", || {
            next.prepare(Some(&layer))?;
            next.mount()?;
            execute_as(next.root(), Some(FIRST))
        })?;
        next.finish()
    });
    let cleared = first.finish().and(shifted.finish());
    // Made for this cell alone, and gone with it, whatever came of it.
    let removed = match driver.remove(Item::Layer(&layer)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    };
    measured.and(cleared).and(removed)
}

/// The container is mounted with other owners: nothing is changed, and the first start is like the next.
fn by_mount(cell: &mut Cell<'_>, driver: &dyn Driver, image: &LayerId) -> Result<()> {
    for (phase, name) in [("mapped-first", "idmap-1"), ("mapped-next", "idmap-2")] {
        let mut container = Container::plan(driver, key(cell, name)?, cell.scratch)?;
        let outcome = cell.recorder.time(phase, || {
            container.prepare(Some(image))?;
            // Each container has a user namespace of its own.
            container.mount_as(&Owners::shifted(FIRST, IDS)?)?;
            execute_as(container.root(), Some(FIRST))
        });
        outcome.and_then(|()| check(container.root(), Path::new("data-0/file-0")))?;
        container.finish()?;
    }
    Ok(())
}

/// Moves every owner of a tree up, as `chown -R` with an offset would; links are not followed.
fn shift(dir: &Path) -> Result<()> {
    let meta = dir.symlink_metadata().attempt("look at", dir)?;
    if meta.is_dir() {
        for entry in std::fs::read_dir(dir).attempt("list", dir)? {
            shift(&entry.attempt("list", dir)?.path())?;
        }
    }
    lchown(dir, Some(FIRST + meta.uid()), Some(FIRST + meta.gid()))
        .attempt("change the owner of", dir)
}

/// The work was done: a file that belongs to root belongs to the container's root.
fn check(root: &Path, file: &Path) -> Result<()> {
    let path = root.join(file);
    let owner = path.symlink_metadata().attempt("look at", &path)?.uid();
    if owner == FIRST {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "shift the owner of")
        .path(&path)
        .because(format!("it belongs to {owner}, not to {FIRST}")))
}
