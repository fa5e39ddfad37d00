//! Once a lower file is open for writing, its mappings and its descriptors show the same bytes, whichever wrote them.

use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;
use drivers::sys::mapping::Mapping;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "mappings_agree_with_descriptors",
    promise: "Once a lower file is open for writing, its mappings and its descriptors show the same bytes, whichever wrote them.",
    why: "Databases mix mmap and write on one file; two views of it are corruption.",
    origin: "xfstests overlay/061, generic/080 (mmap and write agree); catalogue FD2",
    covers: &["FD2"],
    level: Level::Must,
    theme: Theme::OpenFiles,
    capability: None,
    broken_by: &[Fault::WritesLost, Fault::WriteThrough],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &[file("f", "0123456789")])?;
    let mut container = context.container(Some(&base))?;
    let path = container.path("f");
    let writer = container.open_for_writing("f")?;
    let reader = container.open("f")?;
    let mut written = Mapping::writable(writer.as_fd(), 10).attempt("map for writing", &path)?;
    let read = Mapping::new(reader.as_fd(), 10).attempt("map", &path)?;

    written.write(b"AB");
    container.predict(&[write("f", 0, "AB")])?;
    check::same("the other mapping", b"AB23456789".to_vec(), read.read())?;
    check::same(
        "read(2) after a write by mapping",
        b"AB23456789".to_vec(),
        container.read("f")?,
    )?;

    writer.write_all_at(b"xyz", 4).attempt("write", &path)?;
    container.predict(&[write("f", 4, "xyz")])?;
    for (what, mapping) in [
        ("the written mapping", &written),
        ("the other mapping", &read),
    ] {
        check::same(
            &format!("{what} after write(2)"),
            b"AB23xyz789".to_vec(),
            mapping.read(),
        )?;
    }

    written.write(b"CD");
    written.flush().attempt("flush the mapping of", &path)?;
    container.predict(&[write("f", 0, "CD")])?;
    drop((written, read, writer, reader));
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
