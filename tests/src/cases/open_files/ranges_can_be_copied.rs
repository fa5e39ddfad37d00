//! copy_file_range copies between lower and new files, and refuses what it has to.

use std::fs::{File, OpenOptions};
use std::path::Path;

use drivers::error::Attempt as _;
use rustix::fs::copy_file_range;
use rustix::io::Errno;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};
use crate::{check, fixture, lies};

/// The promise.
pub const CASE: Case = Case {
    name: "ranges_can_be_copied",
    promise: "copy_file_range copies between lower and new files, and refuses what it has to.",
    why: "cp uses it for every file; bytes left out are a silently broken copy.",
    origin: "xfstests generic/430 to 434 (copy_file_range); copy_file_range(2); catalogue FD8",
    covers: &["FD8"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: None,
    broken_by: &[Fault::Lie(&lies::COPY_RANGE_DOES_NOTHING)],
    run,
};

const LENGTH: usize = 200_000;

fn run(context: &mut Context<'_>) -> Verdict {
    let (one, two) = (fixture::noise(7, LENGTH), fixture::noise(8, LENGTH));
    let base = context.layer(
        None,
        &[
            file("lower", &one),
            file("other", &two),
            file("third", &two),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("new", ""), file("own", &two)])?;
    // From a lower file to a new one, from a new one into a lower one, from one lower file into another.
    for (from, content, to, at, start) in [
        ("lower", &one, "new", 0, 0),
        ("own", &two, "lower", 5, 70_001),
        ("other", &two, "third", 100_000, 3),
    ] {
        let (source, target) = (container.open(from)?, container.open_for_writing(to)?);
        let length = LENGTH - start;
        copy(&source, start, &target, at, length, &container.path(to))?;
        container.predict(&[write(to, at, &content[start..])])?;
    }
    let lower = container.open_for_writing("lower")?;
    let mut at = (1 << 30, 0);
    let beyond = copy_file_range(
        &lower,
        Some(&mut at.0),
        container.open_for_writing("own")?,
        Some(&mut at.1),
        10,
    );
    check::same("bytes copied from beyond the end", Ok(0), beyond)?;
    let mut at = (0, 10);
    check::errno(
        "copying a range onto itself",
        Errno::INVAL,
        copy_file_range(&lower, Some(&mut at.0), &lower, Some(&mut at.1), 100),
    )?;
    let appending = container.path("own");
    let appending = OpenOptions::new()
        .append(true)
        .open(&appending)
        .attempt("open", &appending)?;
    for (what, from, to) in [
        (
            "copying into a file open for reading",
            &lower,
            &container.open("own")?,
        ),
        ("copying into a file open for appending", &lower, &appending),
        (
            "copying out of a file open for writing only",
            &appending,
            &lower,
        ),
    ] {
        check::errno(what, Errno::BADF, copy_file_range(from, None, to, None, 10))?;
    }
    drop((lower, appending));
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

/// Copies all of it: a call may copy less than it was asked for, but never nothing.
fn copy(
    from: &File,
    start: usize,
    to: &File,
    at: u64,
    length: usize,
    path: &Path,
) -> Result<(), Stop> {
    let (mut start, mut at, mut left) = (start as u64, at, length);
    while left > 0 {
        let copied = copy_file_range(from, Some(&mut start), to, Some(&mut at), left)
            .attempt("copy a range into", path)?;
        check::that(copied > 0, "some bytes are copied", "none")?;
        left -= copied;
    }
    Ok(())
}
