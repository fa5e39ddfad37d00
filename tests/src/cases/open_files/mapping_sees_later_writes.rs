//! A shared mapping of a lower file sees what is later written to the file.

use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;

use drivers::error::Attempt as _;
use drivers::sys::mapping::Mapping;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::compare;
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "mapping_sees_later_writes",
    promise: "A shared mapping of a lower file sees what is later written to the file.",
    why: "Programs that share memory through a file read stale data where the mapping stays behind.",
    origin: "xfstests overlay/061; amir73il/overlayfs 6; kernel overlayfs (non-standard behaviour)",
    covers: &["FD2", "C26"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("mapping_sees_later_writes"),
    broken_by: &[Fault::Flipped("mapping_sees_later_writes")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.mapping_sees_later_writes;
    let base = context.layer(None, &[file("f", "old content")])?;
    let container = context.container(Some(&base))?;
    let path = container.path("f");
    let reader = container.open("f")?;
    let mapping = Mapping::new(reader.as_fd(), 3).attempt("map", &path)?;
    check::same("the mapping", b"old".to_vec(), mapping.read().to_vec())?;
    let writer = container.open_for_writing("f")?;
    writer.write_all_at(b"new", 0).attempt("write", &path)?;
    let seen = mapping.read().to_vec();
    check::declared(
        "mapping_sees_later_writes",
        declared,
        seen == b"new",
        format!("it still shows {:?}", compare::show(&seen)),
    )
}
