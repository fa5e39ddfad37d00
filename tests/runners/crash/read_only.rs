//! The filesystem becomes read-only in the midst of a layer, as after an error it was told to answer so, and is writable again
//! later, while the driver is open all the time.

use std::io::Read;
use std::path::Path;

use conformance::crash::READ_ONLY;
use drivers::error::Attempt as _;
use drivers::sandbox::Run;
use drivers::{Driver, Host, Item, Kind, Limits, Result};
use nix::libc;
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount_remount};

use crate::disk::Disk;
use crate::failing::{Problems, verdict, whole, write_and_sync};
use crate::log::Log;
use crate::place::{Asked, directory};
use crate::script::{self, Cast, key};

/// An archive in whose midst the filesystem becomes read-only: at the first read at which no file is being written.
struct Interrupted<'a> {
    tar: &'a [u8],
    half: usize,
    dir: &'a Path,
    done: bool,
}

impl Read for Interrupted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.done && self.tar.len() < self.half {
            match mount_remount(self.dir, MountFlags::RDONLY, "") {
                Ok(()) => self.done = true,
                Err(Errno::BUSY) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        let most = buffer.len().min(512);
        self.tar.read(&mut buffer[..most])
    }
}

/// Asks.
pub(crate) fn run(asked: &Asked, run: &Run, host: &Host) -> Result<Result<String, String>> {
    let mut problems = Problems::new();
    let disks = asked.disks(run, host, &Log::default())?;
    let files: Vec<_> = disks.iter().map(Disk::file).collect();
    let store = asked.place(run, &files)?;
    let driver = asked.open(&store)?;
    let cast = Cast::new(&*driver)?;
    script::set_up(&*driver, &cast)?;
    let at = directory(run)?;
    let (k, late) = (key("k")?, key("late")?);
    let image = Some(&cast.image.id);
    driver.prepare(&late, image, Kind::Writable)?;
    driver.apply(&late, &mut &cast.later.tar[..], &Limits::default())?;
    driver.prepare(&k, image, Kind::Writable)?;
    let old = driver.mount(&key("old")?, &at)?;

    let mut tar = Interrupted {
        tar: &cast.applied.tar,
        half: cast.applied.tar.len() / 2,
        dir: &store.root.dir,
        done: false,
    };
    let applied = driver.apply(&k, &mut tar, &Limits::default()).map(drop);
    if !tar.done {
        problems.push("the filesystem never became read-only".to_owned());
    }
    let removed = key("removed")?;
    let answers = [
        ("apply", applied),
        ("commit", driver.commit(&late, &cast.later.id)),
        (
            "prepare",
            driver.prepare(&key("none")?, image, Kind::Writable),
        ),
        ("remove", driver.remove(Item::Container(&removed))),
        ("write", write_and_sync(&at).attempt("write in", &at)),
    ];
    for (what, answer) in answers {
        match answer {
            Err(error) if error.raw_os_error() == Some(libc::EROFS) => {}
            other => problems.push(format!("{what}, read-only: {other:?}")),
        }
    }
    whole(&*driver, &cast.image, &mut problems)?;

    mount_remount(&store.root.dir, MountFlags::empty(), "").attempt("remount", &store.root.dir)?;
    let again = again(&*driver, &cast, &at);
    if let Err(error) = again {
        problems.push(format!("writable again: {error}"));
    }
    old.unmount()?;
    driver.close()?;
    let driver = asked.open(&store)?;
    for layer in [&cast.image, &cast.removed, &cast.applied, &cast.later] {
        if let Err(error) = whole(&*driver, layer, &mut problems) {
            problems.push(format!("layer {}, opened again: {error}", layer.name));
        }
    }
    let (entries, items) = (store.entries().len(), driver.list()?.len());
    if entries != items {
        problems.push(format!("{entries} directories are left for {items} items"));
    }
    driver.close()?;
    store.close()?;
    disks.into_iter().try_for_each(Disk::close)?;
    Ok(verdict(
        READ_ONLY.name,
        &problems,
        "refused with EROFS".to_owned(),
    ))
}

/// Everything that was refused, when it no longer is.
fn again(driver: &dyn Driver, cast: &Cast, at: &Path) -> Result<()> {
    write_and_sync(at).attempt("write in", at)?;
    driver.commit(&key("late")?, &cast.later.id)?;
    driver.remove(Item::Container(&key("removed")?))?;
    driver.remove(Item::Container(&key("k")?))?;
    script::pull(driver, "k", Some(&cast.image.id), &cast.applied)?;
    driver.prepare(&key("none")?, Some(&cast.applied.id), Kind::Writable)
}
