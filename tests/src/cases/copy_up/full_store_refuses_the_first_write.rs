//! With less room left than a lower file needs, its first write is ENOSPC, the file is what it was and nothing is left behind; with room again, it works.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::sandbox::{Ground, Run};
use drivers::{Backing, CopyUp, Driver, ErrorKind, Host, Item, Kind, Limits};
use rustix::fs::{FallocateFlags, fallocate, fstatvfs};
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "full_store_refuses_the_first_write",
    promise: "With less room left than a lower file needs, its first write is ENOSPC, the file is what it was and nothing is left behind; with room again, it works.",
    why: "A full disk must stop the write, not damage the file, and deleting something must be enough to go on.",
    origin: "xfstests overlay/005 (copy-up on a full upper filesystem leaks); moby 28404 (ENOSPC); catalogue CU10",
    covers: &["CU10", "C58"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: Some("copy_up"),
    broken_by: &[Fault::Flipped("shares_data_with_parent")],
    run,
};

/// The lower file, and what is left when it is first written.
const BIG: usize = 6 << 20;
const ROOM: u64 = 4 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    // A small store of the same kind; a plain directory shares the host's, which must not be filled.
    let (backing, size) = match context.root()?.backing {
        Backing::Directory | Backing::Tmpfs => (Backing::Tmpfs, 48 << 20),
        Backing::Pool => (Backing::Pool, 80 << 20),
        Backing::Ext4 => (Backing::Ext4, 64 << 20),
        other => (other, 320 << 20),
    };
    let run = Run::create(&context.directory()?)?;
    let ground = Ground::create_for(
        context.options(),
        &run,
        "full",
        backing,
        size,
        &Host::detect(),
    )?;
    let driver = match context.open_at(ground.root())? {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return Err(Stop::not_applicable(error.to_string()));
        }
        other => other?,
    };
    let outcome = ask(context, &*driver);
    let closed = driver.close().and_then(|()| ground.close());
    let outcome = outcome?;
    closed?;
    run.close()?;
    Ok(outcome)
}

fn ask(context: &mut Context<'_>, driver: &dyn Driver) -> Verdict {
    let capabilities = context.capabilities()?;
    let (old, new) = (fixture::noise(1, BIG), fixture::noise(2, BIG));
    let tar = archive::write(&[Entry::file("big", &old), Entry::file("small", "x")]);
    let (key, layer, second) = (context.key()?, context.layer_id()?, context.key()?);
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.commit(&key, &layer)?;
    drop(tar);
    driver.prepare(&key, Some(&layer), Kind::Writable)?;
    let of = Item::Container(&key);
    driver.sync()?;
    let before = driver.usage(of)?;
    let filler = driver.plain_dir().join("filler");
    fill(driver, &filler)?;

    let listed = driver.list()?;
    let prepared = driver.prepare(&second, Some(&layer), Kind::Writable);
    if capabilities.shares_data_with_parent {
        check::that(
            prepared.is_ok(),
            "a container that shares all with its image needs no more room",
            format!("{prepared:?}"),
        )?;
        driver.remove(Item::Container(&second))?;
    } else {
        check::refused(
            "a container whose copy does not fit",
            ErrorKind::NoSpace,
            prepared,
        )?;
    }
    check::same("items after it", listed, driver.list()?)?;

    let at = context.directory()?;
    let mount = driver.mount(&key, &at)?;
    let big = at.join("big");
    let outcome = overwrite(&big, &new);
    let paid = capabilities.copy_up == CopyUp::PaidAtPrepare;
    let full = outcome.as_ref().is_err_and(is_full);
    check::that(
        if paid { outcome.is_ok() } else { full },
        if paid {
            "room that was taken before is there"
        } else {
            "ENOSPC"
        },
        format!("{outcome:?}"),
    )?;
    let seen = fs::read(&big).attempt("read after the failure", &big)?;
    let whole = capabilities.copy_up == CopyUp::WholeFile;
    check::that(
        seen.len() == BIG && (!whole || seen == old),
        "the file is the layer's still",
        format!("{} bytes, the same: {}", seen.len(), seen == old),
    )?;
    let odd = (0..BIG).find(|&at| seen[at] != old[at] && seen[at] != new[at]);
    check::same(
        "the first byte that is neither the old nor the new one",
        None,
        odd,
    )?;
    let small = fs::read(at.join("small")).attempt("read", at.join("small"))?;
    check::same("another file", b"x".to_vec(), small)?;
    let mut names: Vec<_> = fs::read_dir(&at)
        .attempt("list", &at)?
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    names.sort();
    check::same("names", 2, names.len())?;
    mount.unmount()?;

    fs::remove_file(&filler).attempt("remove", &filler)?;
    if whole {
        let after = driver.usage(of)?;
        let left = after.exclusive_bytes.saturating_sub(before.exclusive_bytes);
        check::that(
            left <= fixture::slack(after),
            "nothing of the copy is left",
            fixture::bytes(left),
        )?;
        let changes = driver.changes(of)?;
        let files = changes.iter().filter(|change| !change.path.is_empty());
        check::same("changed files", 0, files.count())?;
    }
    let mount = driver.mount(&key, &at)?;
    overwrite_when_freed(driver, &big, &new)?;
    let seen = fs::read(&big).attempt("read", &big)?;
    check::that(
        seen == new,
        "what was written",
        format!("{} other bytes", seen.len()),
    )?;
    mount.unmount()?;
    let view = driver.view(Item::Layer(&layer))?;
    let kept = fs::read(view.path().join("big")).attempt("read", view.path())?;
    check::that(kept == old, "the layer keeps its own", "it does not")?;
    view.close()?;
    if paid {
        return Ok(Outcome::Deviates(
            "the room for every file was taken when the container was prepared, which then is what fails".to_owned(),
        ));
    }
    Ok(Outcome::Pass)
}

/// Takes all room but [`ROOM`].
fn fill(driver: &dyn Driver, path: &Path) -> Result<(), Stop> {
    let mut file = File::create(path).attempt("create", path)?;
    let store = fstatvfs(&file).attempt("ask for the size of", path)?;
    let store = store.f_blocks * store.f_frsize;
    let (mut length, mut step) = (0, 64 << 20);
    // Some only look whether there is room now, and would promise it again without end.
    while step >= 64 << 10 && length <= store {
        match fallocate(&file, FallocateFlags::empty(), length, step) {
            Ok(()) => length += step,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => break,
            Err(_) => step /= 2,
        }
    }
    if length > store {
        file.set_len(0).attempt("cut", path)?;
    } else if length > 0 {
        file.set_len(length.saturating_sub(ROOM))
            .attempt("cut", path)?;
        return Ok(file.sync_all().attempt("sync", path)?);
    }
    // Where room cannot be reserved it is written to, ever less at a time: what is freed again is not there at once.
    let noise = fixture::noise(3, 1 << 20);
    for _ in 0..40 {
        driver.sync()?;
        let left = fstatvfs(&file).attempt("ask for the room beside", path)?;
        let more = (left.f_bavail * left.f_frsize).saturating_sub(ROOM) / 2;
        if more < 128 << 10 {
            return Ok(());
        }
        let mut more = usize::try_from(more).unwrap_or(usize::MAX);
        while more > 0 {
            let part = &noise[..more.min(noise.len())];
            file.write_all(part).attempt("fill", path)?;
            more -= part.len();
        }
    }
    Err(Stop::broken("the store is never full"))
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), IoKind::StorageFull | IoKind::QuotaExceeded)
}

fn overwrite(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.write_all_at(content, 0)?;
    file.sync_all()
}

/// What was deleted may become free only when the filesystem gets to it.
fn overwrite_when_freed(driver: &dyn Driver, path: &Path, content: &[u8]) -> drivers::Result<()> {
    for _ in 0..20 {
        match overwrite(path, content) {
            Err(error) if is_full(&error) => {}
            other => return other.attempt("write with room again", path),
        }
        // A pool is not even told to write while it has no room.
        match driver.sync() {
            Err(error) if error.kind() != ErrorKind::NoSpace => return Err(error),
            _ => {}
        }
    }
    overwrite(path, content).attempt("write with room again", path)
}
