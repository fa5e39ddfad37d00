//! A disk fails, is full, or becomes read-only, in the midst of an operation: the error says so, nothing is half, and
//! when the cause is gone the store works on.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use conformance::context::matches;
use conformance::crash::{FAILED, FULL};
use conformance::fixture::noise;
use conformance::oracle::layer::{self, Spelling};
use conformance::oracle::live::place;
use conformance::oracle::op::file;
use drivers::capabilities::CopyUp;
use drivers::error::Attempt as _;
use drivers::sandbox::Run;
use drivers::{Driver, ErrorKind, Host, Item, Kind, Limits, Result};
use nix::libc;
use rustix::event::{Timespec, poll};

use crate::disk::{Disk, Failure};
use crate::log::Log;
use crate::place::{Asked, directory};
use crate::script::{self, Cast, key};

/// What is not as promised, in words.
pub(crate) type Problems = Vec<String>;

/// A disk that takes no more writes.
pub(crate) fn broken(asked: &Asked, run: &Run, host: &Host) -> Result<Result<String, String>> {
    let mut problems = Problems::new();
    let mut refusals = Vec::new();
    // At once, and in the midst of what is written.
    for writes in [0, 6] {
        let disks = asked.disks(run, host, &Log::default())?;
        let files: Vec<_> = disks.iter().map(Disk::file).collect();
        let store = asked.place(run, &files)?;
        let driver = asked.open(&store)?;
        let cast = Cast::new(&*driver)?;
        script::set_up(&*driver, &cast)?;
        let at = directory(run)?;
        let k = key("k")?;
        driver.prepare(&k, Some(&cast.image.id), Kind::Writable)?;
        let old = driver.mount(&key("old")?, &at)?;

        let failure = Failure {
            writes,
            errno: libc::EIO,
        };
        disks.iter().for_each(|disk| disk.fail(Some(failure)));
        let synced = write_and_sync(&at);
        match &synced {
            Ok(()) if writes == 0 => problems.push("fsync(2) on a failing disk worked".to_owned()),
            // It needed no more writes than there were.
            Ok(()) => {}
            Err(error) => refusals.push(format!("fsync: {error}")),
        }
        let tar = &cast.applied.tar;
        let pulled = driver
            .apply(&k, &mut &tar[..], &Limits::default())
            .and_then(|_| driver.commit(&k, &cast.applied.id));
        match &pulled {
            Ok(()) => problems.push("apply and commit on a failing disk worked".to_owned()),
            Err(error) => refusals.push(format!("commit: {error}")),
        }
        // Whatever they answer: in what they leave.
        drop(driver.remove(Item::Container(&key("removed")?)));
        drop(driver.sync());

        // The disk is well again: everything is closed as far as it can be, and opened anew.
        disks.iter().for_each(|disk| disk.fail(None));
        drop(old.unmount());
        drop(driver.close());
        store.close()?;
        let store = asked.place(run, &files)?;
        let driver = asked.open(&store)?;
        let list = driver.list()?;
        for layer in [&cast.image, &cast.applied, &cast.removed] {
            if !list
                .iter()
                .any(|info| info.layer.as_ref() == Some(&layer.id))
            {
                if layer.id != cast.applied.id {
                    problems.push(format!("layer {} is gone", layer.name));
                }
                continue;
            }
            whole(&*driver, layer, &mut problems)?;
        }
        if synced.is_ok() {
            let old = driver.mount(&key("old")?, &at)?;
            let mut found = vec![0; script::NEW.len()];
            let path = place(&at, "data/large");
            File::open(&path)
                .and_then(|file| file.read_exact_at(&mut found, script::NEW_AT))
                .attempt("read", &path)?;
            if found != script::NEW {
                problems.push("fsync(2) worked, and what it synced is not there".to_owned());
            }
            old.unmount()?;
        }
        for info in list.iter().filter_map(|info| info.key.as_ref()) {
            driver.remove(Item::Container(info))?;
        }
        script::pull(&*driver, "later", Some(&cast.image.id), &cast.later)?;
        whole(&*driver, &cast.later, &mut problems)?;
        driver.close()?;
        store.close()?;
        disks.into_iter().try_for_each(Disk::close)?;
    }
    refusals.truncate(2);
    Ok(verdict(FAILED.name, &problems, refusals.join("; ")))
}

/// The problems under the promise's name, or else these words.
pub(crate) fn verdict(name: &str, problems: &Problems, words: String) -> Result<String, String> {
    if problems.is_empty() {
        Ok(words)
    } else {
        Err(format!("{name}:\n{}", problems.join("\n")))
    }
}

/// Whether a layer is what its history says.
pub(crate) fn whole(
    driver: &dyn Driver,
    layer: &script::Layer,
    problems: &mut Problems,
) -> Result<()> {
    let view = driver.view(Item::Layer(&layer.id))?;
    if let Err(stop) = matches("it", &layer.model, view.path(), driver.capabilities()) {
        problems.push(format!("layer {}: {}", layer.name, stop.0.reason()));
    }
    view.close()
}

/// A first write, and a sync of it.
pub(crate) fn write_and_sync(root: &Path) -> std::io::Result<()> {
    let file = File::options()
        .write(true)
        .open(place(root, "data/large"))?;
    file.write_all_at(&script::NEW, script::NEW_AT)?;
    file.sync_all()
}

/// A filesystem without room.
pub(crate) fn full(asked: &Asked, run: &Run, host: &Host) -> Result<Result<String, String>> {
    let mut problems = Problems::new();
    let disks = asked.disks(run, host, &Log::default())?;
    let files: Vec<_> = disks.iter().map(Disk::file).collect();
    let place_of_it = asked.place(run, &files)?;
    let driver = asked.open(&place_of_it)?;
    let cast = Cast::new(&*driver)?;
    script::set_up(&*driver, &cast)?;
    let at = directory(run)?;
    // A layer larger than what will be left.
    let mut model = cast.image.model.clone();
    let large = noise(9, LARGE);
    let ops = [file("data/huge", &large), file("data/after", "x")];
    model
        .apply(&ops)
        .map_err(|why| drivers::Error::new(ErrorKind::BadInput, "make a model").because(why))?;
    layer::settle(&cast.image.model, &mut model);
    let tar = layer::write(&cast.image.model, &model, Spelling::default());
    let k = key("k")?;
    driver.prepare(&k, Some(&cast.image.id), Kind::Writable)?;
    let old = driver.mount(&key("old")?, &at)?;
    driver.sync()?;
    let filler = driver.plain_dir().join("filler");
    fill(&filler)?;

    // Of a driver that copies, the open asks for the space; of one that shares blocks, the writing.
    let written = overwrite(&at);
    let no_space =
        |error: &std::io::Error| matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT));
    match &written {
        Err(error) if no_space(error) => {}
        Err(error) => problems.push(format!("a write without room: {error}")),
        // Its room was taken when the container was made; so a new one finds none.
        Ok(()) if driver.capabilities().copy_up == CopyUp::PaidAtPrepare => {
            let refused = driver.prepare(&key("none")?, Some(&cast.image.id), Kind::Writable);
            if refused.as_ref().map_err(drivers::Error::kind) != Err(ErrorKind::NoSpace) {
                problems.push(format!("a container without room: {refused:?}"));
            }
        }
        Ok(()) => problems.push("a write without room worked".to_owned()),
    }
    let applied = driver
        .apply(&k, &mut &tar[..], &Limits::default())
        .and_then(|_| driver.commit(&k, &cast.applied.id));
    match &applied {
        Err(error) if error.kind() == ErrorKind::NoSpace => {}
        other => problems.push(format!("a layer without room: {other:?}")),
    }
    if driver.view(Item::Layer(&cast.applied.id)).is_ok() {
        problems.push("the layer is there".to_owned());
    }
    // What the container shows of its image is what it was, but where it was overwritten.
    let readable = fs::read(place(&at, "etc/passwd")).unwrap_or_default();
    if readable != b"root:x:0:0\n" {
        problems.push(format!("another file is {} bytes", readable.len()));
    }
    if let Err(error) = driver.remove(Item::Container(&k)) {
        problems.push(format!("what was half applied cannot be removed: {error}"));
    }
    fs::remove_file(&filler).attempt("remove", &filler)?;
    // With room again.
    if let Err(error) = soon(&*driver, || overwrite(&at).attempt("write in", &at)) {
        problems.push(format!("the write, with room: {error}"));
    }
    let mut found = Vec::new();
    File::open(place(&at, "data/large"))
        .and_then(|mut file| file.read_to_end(&mut found))
        .attempt("read", &at)?;
    if found != vec![b'o'; OVERWRITTEN] {
        problems.push("what was written, with room, does not read back".to_owned());
    }
    old.unmount()?;
    let pull = || {
        driver.prepare(&k, Some(&cast.image.id), Kind::Writable)?;
        driver.apply(&k, &mut &tar[..], &Limits::default())?;
        driver.commit(&k, &cast.applied.id)
    };
    let again = soon(&*driver, || {
        pull().inspect_err(|_| drop(driver.remove(Item::Container(&k))))
    });
    match again.and_then(|()| driver.view(Item::Layer(&cast.applied.id))) {
        Ok(view) => {
            if let Err(stop) = matches("it", &model, view.path(), driver.capabilities()) {
                problems.push(format!("the layer, with room: {}", stop.0.reason()));
            }
            view.close()?;
        }
        Err(error) => problems.push(format!("the layer, with room: {error}")),
    }
    driver.close()?;
    place_of_it.close()?;
    disks.into_iter().try_for_each(Disk::close)?;
    let words = format!(
        "write: {}; apply: {}",
        written
            .err()
            .map_or(String::new(), |error| error.to_string()),
        applied
            .err()
            .map_or(String::new(), |error| error.to_string())
    );
    Ok(verdict(FULL.name, &problems, words))
}

/// The bytes of the image's largest file.
const OVERWRITTEN: usize = 200 << 10;
/// More than any filesystem here keeps for itself.
const LARGE: usize = 24 << 20;

/// Overwrites a file of the image from end to end, and syncs it.
fn overwrite(root: &Path) -> std::io::Result<()> {
    let path = place(root, "data/large");
    let mut file = File::options().write(true).open(path)?;
    file.write_all(&vec![b'o'; OVERWRITTEN])?;
    file.sync_all()
}

/// What works with room, when room has just been made: a filesystem gives blocks back shortly after the transaction that
/// freed them.
fn soon(driver: &dyn Driver, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::NoSpace && Instant::now() < deadline => {}
            other => return other,
        }
        driver.sync()?;
        // Nothing tells of it.
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let _ = poll(&mut [], Some(&moment));
    }
}

/// Takes all room there is, down to the last block.
fn fill(path: &Path) -> Result<()> {
    let mut file = File::create(path).attempt("create", path)?;
    let block = noise(3, 1 << 20);
    // What is reserved for blocks not yet written comes free with a sync: once more then, until there is nothing.
    for _ in 0..8 {
        let mut size = block.len();
        let mut added = 0;
        while size >= 4096 {
            if file.write_all(&block[..size]).is_ok() {
                added += size;
            } else {
                size /= 2;
            }
        }
        // What was promised and cannot be written is no failure of anybody.
        drop(file.sync_all());
        if added == 0 {
            break;
        }
    }
    Ok(())
}
