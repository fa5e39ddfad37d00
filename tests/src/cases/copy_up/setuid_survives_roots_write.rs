//! A file from below stays setuid and setgid when root writes to it.

use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{chmod, file, write};

/// The promise.
pub const CASE: Case = Case {
    name: "setuid_survives_roots_write",
    promise: "A file from below stays setuid and setgid when root writes to it.",
    why: "A package manager that patches a setuid program in place leaves one that does not work any more.",
    origin: "Linux capabilities(7), CAP_FSETID; layerbench, found by a random sequence on zfs-fuse",
    covers: &["CU7"],
    level: Level::Informs,
    theme: Theme::CopyUp,
    capability: Some("setuid_survives_roots_write"),
    broken_by: &[
        Fault::Flipped("setuid_survives_roots_write"),
        Fault::SpecialBitsLost,
        Fault::CopiesLoseSpecialBits,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.setuid_survives_roots_write;
    let base = context.layer(None, &[file("su", "program"), chmod("su", 0o6755)])?;
    let container = context.container(Some(&base))?;
    live::apply(container.root(), &[write("su", 0, "P")])?;
    let mode = container.stat("su")?.mode() & 0o7777;
    context.check_layer(&base)?;
    check::declared(
        "setuid_survives_roots_write",
        declared,
        mode == 0o6755,
        format!("the mode was 6755 and is {mode:o} after root's write"),
    )
}
