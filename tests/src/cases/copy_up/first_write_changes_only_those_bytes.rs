//! Appending to, overwriting in the middle of, truncating and replacing a lower file gives exactly the resulting bytes; the layer keeps its own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{file, truncate, write};

/// The promise.
pub const CASE: Case = Case {
    name: "first_write_changes_only_those_bytes",
    promise: "Appending to, overwriting in the middle of, truncating and replacing a lower file gives exactly the resulting bytes; the layer keeps its own.",
    why: "The copy made at the first write must be the file, changed only where it was written.",
    origin: "unionmount suite (open matrix, truncate); containerd snapshotter suite (update)",
    covers: &["CU1", "C16"],
    level: Level::Must,
    theme: Theme::CopyUp,
    capability: None,
    broken_by: &[
        Fault::CopiesCut,
        Fault::Lie(&lies::TRUNCATE_DOES_NOTHING),
        Fault::WritesLost,
        Fault::WriteThrough,
        Fault::CopiesJoinEqualFiles,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let sizes = [0_usize, 1, 4095, 4096, 4097, 65_536, 1_048_577];
    let mut ops = Vec::new();
    for size in sizes {
        for how in ["append", "middle", "cut", "grow", "replace", "both"] {
            ops.push(file(
                format!("{how}-{size}"),
                fixture::noise(size as u64, size),
            ));
        }
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    for size in sizes {
        let length = size as u64;
        container.apply(&[
            write(format!("middle-{size}"), length / 2, "in the middle"),
            truncate(format!("cut-{size}"), length / 3),
            truncate(format!("grow-{size}"), length + 5000),
            file(format!("replace-{size}"), "all new"),
        ])?;
    }
    for size in sizes {
        by_hand(&mut container, size)?;
    }
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}

/// Appends with O_APPEND, twice through one descriptor; and through another reads, writes and reads again.
fn by_hand(container: &mut Container, size: usize) -> Result<(), Stop> {
    let name = format!("append-{size}");
    let path = container.path(&name);
    let mut end = File::options()
        .append(true)
        .open(&path)
        .attempt("open to append", &path)?;
    for part in ["app", "ended"] {
        end.write_all(part.as_bytes()).attempt("append to", &path)?;
    }
    container.predict(&[write(&name, size as u64, "appended")])?;

    let name = format!("both-{size}");
    let path = container.path(&name);
    let mut both = container.open_for_writing(&name)?;
    let mut before = Vec::new();
    both.read_to_end(&mut before).attempt("read", &path)?;
    check::that(
        before == fixture::noise(size as u64, size),
        "the layer's bytes through a descriptor for both",
        format!("{size} other bytes"),
    )?;
    both.write_all_at(b"read, then written", (size / 2) as u64)
        .attempt("write", &path)?;
    let mut after = [0; 18];
    both.read_exact_at(&mut after, (size / 2) as u64)
        .attempt("read again", &path)?;
    check::same("what was written", *b"read, then written", after)?;
    container.predict(&[write(&name, (size / 2) as u64, "read, then written")])
}
