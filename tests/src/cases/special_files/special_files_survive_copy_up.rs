//! A fifo, socket or device of a lower layer can be given another mode, renamed and deleted, and stays what it is.

use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::live;
use crate::oracle::op::{Op, block, character, chmod, chown, fifo, remove, rename, socket};

/// The promise.
pub const CASE: Case = Case {
    name: "special_files_survive_copy_up",
    promise: "A fifo, socket or device of a lower layer can be given another mode, renamed and deleted, and stays what it is.",
    why: "A chmod of a device or fifo must leave it what it is.",
    origin: "layerbench, met with fuse-overlayfs 1.10 (EIO, ENXIO, fifo made a file); catalogue CU9",
    covers: &["CU9", "SF1"],
    level: Level::Should,
    theme: Theme::SpecialFiles,
    capability: Some("special_files_survive_copy_up"),
    broken_by: &[
        Fault::Flipped("special_files_survive_copy_up"),
        Fault::Lie(&lies::CHMOD_DOES_NOTHING),
        Fault::CopiesTurnSocketsToFifos,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.device_nodes {
        return Err(Stop::not_applicable("devices cannot be made here"));
    }
    let base = context.layer(
        None,
        &[
            character("zero", 1, 5),
            block("absent", 8, 255),
            block("other", 8, 255),
            fifo("pipe"),
            fifo("fifo"),
            fifo("moved"),
        ],
    )?;
    let mut made = context.container(Some(&base))?;
    made.apply(&[socket("socket")])?;
    let layer = context.commit(made)?;
    let mut container = context.container(Some(&layer))?;
    let mut refused = Vec::new();
    for op in [
        chmod("zero", 0o640),
        chmod("fifo", 0o640),
        chmod("socket", 0o700),
        chown("other", 1, 2),
        remove("absent"),
        remove("pipe"),
        rename("moved", "pipe"),
    ] {
        match live::apply(container.root(), std::slice::from_ref(&op)) {
            Ok(()) => container.predict(&[op])?,
            Err(error) => refused.push(error.raw_os_error().map_or_else(
                || error.to_string(),
                |errno| format!("{}: {}", name(&op), Errno::from_raw_os_error(errno)),
            )),
        }
    }
    if let Err(Stop(changed)) = container.check() {
        refused.push(changed.reason());
    }
    check::declared(
        "special_files_survive_copy_up",
        capabilities.special_files_survive_copy_up,
        refused.is_empty(),
        refused.join("; "),
    )
}

fn name(op: &Op) -> &'static str {
    match op {
        Op::Chmod(..) => "chmod",
        Op::Chown(..) => "chown",
        Op::Remove(..) => "unlink",
        _ => "rename",
    }
}
