//! A file of 1 TiB that is nearly all holes takes no more than its data in a layer, after the first write, and for finding the changes.

use std::os::unix::fs::FileExt as _;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::{Item, Kind, Limits};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::sparse;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "large_sparse_files_stay_small",
    promise: "A file of 1 TiB (64 MiB where holes are not kept) that is nearly all holes takes no more than its data in a layer, after the first write, and for finding the changes.",
    why: "One login by a user with a large number makes lastlog a terabyte of holes; images and disks have been filled by it.",
    origin: "moby 5419, 15585 (lastlog); xfstests overlay/001 (files above 4 GiB)",
    covers: &["CU2", "C30"],
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("sparse_files"),
    broken_by: &[Fault::Flipped("sparse_files")],
    run,
};

/// What is at which offset, at most: one byte beyond 4 GiB among them.
const MARKS: [(u64, &[u8]); 3] = [(0, b"start"), ((4 << 30) + 1, b"beyond"), (END - 3, b"end")];
const END: u64 = 1 << 40;
const SMALLER: u64 = 64 << 20;
const ROOM: u64 = 16 << 20;

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.sparse_files;
    let size = if declared { END } else { SMALLER };
    let marks: Vec<_> = MARKS
        .iter()
        .map(|(at, bytes)| (if *at == END - 3 { size - 3 } else { *at }, *bytes))
        .filter(|(at, _)| *at < size)
        .collect();
    let tar = sparse::archive("lastlog", size, &marks);
    let (key, layer) = (context.key()?, context.layer_id()?);
    let driver = context.driver()?;
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.commit(&key, &layer)?;
    let mut container = context.container(Some(&layer))?;
    let lower = fixture::allocated(&container, "lastlog")?;
    let path = container.path("lastlog");
    let writer = container.open_for_writing("lastlog")?;
    writer.write_all_at(b"S", 0).attempt("write", &path)?;
    drop(writer);
    let upper = fixture::allocated(&container, "lastlog")?;
    let reader = container.open("lastlog")?;
    check::same(
        "its size",
        size,
        reader.metadata().attempt("stat", &path)?.len(),
    )?;
    for (at, bytes) in &marks {
        let mut seen = vec![0; bytes.len() + 1];
        let length = usize::try_from(size - at)
            .unwrap_or(usize::MAX)
            .min(seen.len());
        reader
            .read_exact_at(&mut seen[..length], *at)
            .attempt("read", &path)?;
        let mut wanted = bytes.to_vec();
        wanted.resize(length, 0);
        if *at == 0 {
            wanted[0] = b'S';
        }
        check::same(
            &format!("the bytes at {at}"),
            wanted,
            seen[..length].to_vec(),
        )?;
    }
    drop(reader);
    container.unmount()?;
    let start = Instant::now();
    let changes = context.driver()?.changes(Item::Container(&container.key))?;
    let seconds = start.elapsed().as_secs_f64();
    // Where directories do not keep their times, the root counts as changed too.
    let files = changes.iter().filter(|change| !change.path.is_empty());
    check::same("changed files", 1, files.count())?;
    // A terabyte cannot be read in that time.
    let most = 20.0 * context.patience();
    check::that(
        seconds < most,
        format!("the changes are found in less than {most} s"),
        format!("{seconds:.1} s"),
    )?;
    let fits = |bytes: u64| bytes <= ROOM;
    if !fits(lower) && declared {
        return Err(Stop::fail(
            "the layer takes no more than its data",
            fixture::bytes(lower),
        ));
    }
    check::declared(
        "sparse_files",
        declared,
        fits(upper),
        format!(
            "of {} with {} in the layer, {} are taken after one byte was written",
            fixture::bytes(size),
            fixture::bytes(lower),
            fixture::bytes(upper)
        ),
    )
}
