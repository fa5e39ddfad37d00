//! fallocate reserves space in a new file and punches a hole into a lower one.

use rustix::fs::{FallocateFlags, fallocate};

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{file, truncate, write};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "holes_can_be_punched",
    promise: "fallocate reserves space in a new file and punches a hole into a lower one.",
    why: "Databases and virtual machine images free space by punching holes.",
    origin: "fuse-overlayfs special-files tests; catalogue FD8",
    covers: &["FD8"],
    level: Level::Informs,
    theme: Theme::OpenFiles,
    capability: Some("fallocate"),
    broken_by: &[
        Fault::Flipped("fallocate"),
        Fault::Lie(&lies::FALLOCATE_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.fallocate;
    let size = 256 << 10;
    let content = fixture::noise(3, size);
    let base = context.layer(None, &[file("f", &content)])?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[file("new", "")])?;
    let reserved = fallocate(
        container.open_for_writing("new")?,
        FallocateFlags::empty(),
        0,
        65_536,
    );
    if reserved.is_ok() {
        container.predict(&[truncate("new", 65_536)])?;
    }
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let punched = fallocate(container.open_for_writing("f")?, flags, 65_536, 65_536);
    if punched.is_ok() {
        container.predict(&[write("f", 65_536, vec![0; 65_536])])?;
    }
    container.check()?;
    context.check_layer(&base)?;
    check::declared(
        "fallocate",
        declared,
        reserved.is_ok() && punched.is_ok(),
        format!(
            "{}; {}",
            check::words("reserving", &reserved),
            check::words("punching", &punched)
        ),
    )
}
