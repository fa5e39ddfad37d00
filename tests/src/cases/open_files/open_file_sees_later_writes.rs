//! A lower file opened for reading sees what is later written to it through another descriptor.

use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "open_file_sees_later_writes",
    promise: "A lower file opened for reading sees what is later written to it through another descriptor.",
    why: "rpm and yum reported corrupt databases where a reader kept the old file.",
    origin: "xfstests overlay/016; moby 10180 (rpm database), 11705 (tail -f)",
    covers: &["FD1", "C17"],
    level: Level::Should,
    theme: Theme::OpenFiles,
    capability: Some("open_file_sees_later_writes"),
    broken_by: &[Fault::Flipped("open_file_sees_later_writes")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.open_file_sees_later_writes;
    let base = context.layer(None, &[file("f", "old content")])?;
    let container = context.container(Some(&base))?;
    let reader = container.open("f")?;
    let writer = container.open_for_writing("f")?;
    let path = container.path("f");
    writer.write_all_at(b"new", 0).attempt("write", &path)?;
    let mut seen = [0; 3];
    reader.read_exact_at(&mut seen, 0).attempt("read", &path)?;
    check::same(
        "a descriptor opened later",
        b"new content".to_vec(),
        container.read("f")?,
    )?;
    check::declared(
        "open_file_sees_later_writes",
        declared,
        &seen == b"new",
        format!("it still reads {:?}", compare::show(&seen)),
    )
}
