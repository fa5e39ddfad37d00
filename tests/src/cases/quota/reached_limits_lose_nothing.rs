//! Where a limit is reached in the midst of a first write or a layer, that is refused as EDQUOT, the image is what it was, and what is half can be removed; a full container becomes a whole layer without a limit.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;
use drivers::{CopyUp, ErrorKind, Item, Kind, Limits, Quota};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::limits::{self, MIB, Who, above, below, by};
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "reached_limits_lose_nothing",
    promise: "Where a limit is reached in the midst of a first write or a layer, that is refused as EDQUOT, the image is what it was, and what is half can be removed; a full container becomes a whole layer without a limit.",
    why: "A container at its limit has a program of its image cut short, or can be neither committed nor removed.",
    origin: "xfstests overlay/005; btrfs qgroups, which refuse to delete what is over its limit (kernel bug 68411)",
    covers: &["QU1", "CR3"],
    level: Level::Must,
    theme: Theme::Quota,
    capability: Some("quota_bytes"),
    broken_by: &[Fault::Flipped("quota_bytes"), Fault::LimitsForgotten],
    run,
};

const BIG: usize = 12 * MIB;
const LIMIT: Quota = Quota {
    bytes: Some(8 << 20),
    inodes: None,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.quota_bytes;
    if declared {
        held(context)?;
        return check::declared("quota_bytes", declared, true, "");
    }
    let base = context.base()?;
    let container = context.container(Some(&base))?;
    let limited = context.driver()?.limit(&container.key, LIMIT);
    let reason = limited.as_ref().err().map(ToString::to_string);
    check::refused(
        "a limit that is not declared",
        ErrorKind::Unsupported,
        limited,
    )?;
    let elsewhere = limits::with_the_option(context, held)?;
    let reason = reason.unwrap_or_default() + &elsewhere;
    check::declared("quota_bytes", declared, false, reason)
}

fn held(context: &mut Context<'_>) -> Result<String, Stop> {
    let old = fixture::noise(901, BIG);
    let base = context.layer(None, &[file("big", old.clone()), file("small", "x")])?;

    // A layer that is larger.
    let key = context.key()?;
    let tar = archive::write(&[
        Entry::file("huge", fixture::noise(902, 24 * MIB)),
        Entry::file("after", "x"),
    ]);
    let driver = context.driver()?;
    driver.prepare(&key, Some(&base), Kind::Writable)?;
    driver.sync()?;
    let limited = driver.limit(&key, LIMIT);
    check::that(
        limited.is_ok(),
        "a limit that is declared is taken",
        format!("{limited:?}"),
    )?;
    let applied = driver.apply(&key, &mut &tar[..], &Limits::default());
    check::refused("a layer above the limit", ErrorKind::NoSpace, applied)?;
    check::same("the limit after that", LIMIT, driver.quota(&key)?)?;
    driver.remove(Item::Container(&key))?;
    driver.prepare(&key, Some(&base), Kind::Writable)?;
    check::same(
        "the limit of a new container of that name",
        Quota::default(),
        driver.quota(&key)?,
    )?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.remove(Item::Container(&key))?;
    driver.sync()?;

    // A first write that takes more than there is, where the whole file is copied.
    let container = context.container(Some(&base))?;
    context.driver()?.limit(&container.key, LIMIT)?;
    let path = container.path("big");
    let written = by(Who::Ordinary, || {
        let file = File::options().write(true).open(&path)?;
        file.write_all_at(b"new", 0)?;
        file.sync_all()
    });
    // Quotas of xfs count blocks that are shared as if they were not.
    let (may_work, may_fail) = match context.capabilities()?.copy_up {
        CopyUp::WholeFile => (false, true),
        CopyUp::Reflink => (true, true),
        CopyUp::Blocks | CopyUp::PaidAtPrepare => (true, false),
    };
    let as_wanted = match &written {
        Ok(()) => may_work,
        Err(error) => may_fail && limits::is_full(error),
    };
    check::that(
        as_wanted,
        if may_work {
            "the first write to a large file works"
        } else {
            "the first write to a file larger than the limit is EDQUOT"
        },
        format!("{written:?}"),
    )?;
    let mut now = old;
    if written.is_ok() {
        now[..3].copy_from_slice(b"new");
    }
    check::that(
        container.read("big")? == now,
        "the file is what it was, but for what was written",
        "it differs",
    )?;
    // Whatever the attempt took is given back: there is room for half the limit.
    context.driver()?.sync()?;
    below(&container, "half", 4)?;
    above(&container, "filler")?;
    check::that(
        container.read("big")? == now && container.read("small")? == b"x",
        "the image can be read at the limit",
        "it differs",
    )?;
    // Zfs cannot delete a file of the image then, but what the container wrote; and after that anything.
    let (small, filler) = (container.path("small"), container.path("filler"));
    match fs::remove_file(&small) {
        Err(error) if limits::is_full(&error) => {
            fs::remove_file(&filler).attempt("unlink at the limit", &filler)?;
            context.driver()?.sync()?;
            fs::remove_file(&small).attempt("unlink with room again", &small)?;
        }
        other => other.attempt("unlink at the limit", &small)?,
    }
    let half = container.read("half")?;

    // A full container becomes a layer, and that is whole.
    let layer = context.commit(container)?;
    let child = context.container(Some(&layer))?;
    let mut kept = Vec::new();
    File::open(child.path("half"))
        .and_then(|mut file| file.read_to_end(&mut kept))
        .attempt("read", child.path("half"))?;
    check::that(
        kept == half && child.read("big")? == now,
        "the layer is what the container was",
        "it differs",
    )?;
    check::that(
        !child.path("small").exists(),
        "what was deleted at the limit is gone",
        "it is there",
    )?;
    check::same(
        "the limit of a container on it",
        Quota::default(),
        context.driver()?.quota(&child.key)?,
    )?;
    below(&child, "much", 12)?;
    context.remove(child)?;
    Ok("at 8 MiB nothing is lost".to_owned())
}
