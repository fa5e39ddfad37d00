//! A device or fifo of a lower layer can be deleted and renamed, whether there is such hardware or not.

use std::fs;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::oracle::op::{block, character, chmod, fifo, remove, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "devices_can_be_deleted",
    promise: "A device or fifo of a lower layer can be deleted and renamed, whether there is such hardware or not.",
    origin: "layerbench, met with fuse-overlayfs 1.10 (ENXIO); catalogue CU9",
    level: Level::Should,
    theme: Theme::CopyUp,
    capability: Some("lower_devices_can_be_deleted"),
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
            fifo("pipe"),
            fifo("moved"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        remove("pipe"),
        rename("moved", "pipe"),
        chmod("zero", 0o640),
    ])?;
    container.check()?;
    let gone = fs::remove_file(container.path("absent"));
    let errno = gone
        .as_ref()
        .err()
        .map_or_else(String::new, ToString::to_string);
    if gone.is_ok() {
        container.predict(&[remove("absent")])?;
    }
    container.check()?;
    check::declared(
        "lower_devices_can_be_deleted",
        capabilities.lower_devices_can_be_deleted,
        gone.is_ok(),
        format!("deleting a device without hardware: {errno}"),
    )
}
