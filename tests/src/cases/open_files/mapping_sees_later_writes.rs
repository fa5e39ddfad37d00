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
use crate::oracle::op::{file, write};

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
    let base = context.layer(None, &[file("f", "old content"), file("g", "old content")])?;
    let mut container = context.container(Some(&base))?;
    let mut seen = Vec::new();
    for name in ["f", "g"] {
        let path = container.path(name);
        let reader = container.open(name)?;
        let mapping = Mapping::new(reader.as_fd(), 3).attempt("map", &path)?;
        check::same("the mapping", b"old".to_vec(), mapping.read())?;
        let writer = container.open_for_writing(name)?;
        if name == "f" {
            writer.write_all_at(b"new", 0).attempt("write", &path)?;
        } else {
            let mut above =
                Mapping::writable(writer.as_fd(), 3).attempt("map for writing", &path)?;
            above.write(b"new");
        }
        container.predict(&[write(name, 0, "new")])?;
        seen.push(mapping.read());
    }
    container.check()?;
    check::declared(
        "mapping_sees_later_writes",
        declared,
        seen.iter().all(|seen| seen == b"new"),
        format!(
            "after write(2) it shows {:?}, after a write through another mapping {:?}",
            compare::show(&seen[0]),
            compare::show(&seen[1])
        ),
    )
}
