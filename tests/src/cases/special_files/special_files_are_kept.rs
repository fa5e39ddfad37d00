//! Fifos, devices and sockets of a layer stay what they are in children, after a change of mode, and after a commit.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{block, character, chmod, chown, fifo, link, mtime, socket, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "special_files_are_kept",
    promise: "Fifos, devices and sockets of a layer stay what they are in children, after a change of mode, and after a commit.",
    why: "Sockets that become fifos, or devices that vanish, break services at their start.",
    origin: "containers/storage (sockets); moby vfs (sockets became fifos); fuse-overlayfs special-files tests",
    covers: &["SF1", "SF2", "SF3"],
    level: Level::Must,
    theme: Theme::SpecialFiles,
    capability: None,
    broken_by: &[
        Fault::CopiesTurnSocketsToFifos,
        Fault::CopiesSplitSpecialLinks,
        Fault::DevicesSkipped,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let ops = [
        fifo("pipe"),
        character("null", 1, 3),
        block("disk", 8, 1),
        character("big", 300, 70_000),
        chown("pipe", 5, 6),
        link("pipe", "pipe2"),
        symlink("l", "pipe"),
        chown("l", 7, 8),
    ];
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        socket("socket"),
        chmod("socket", 0o700),
        fifo("new"),
        character("new-null", 1, 3),
    ])?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let mut container = context.container(Some(&layer))?;
    container.check()?;
    if context.capabilities()?.special_files_survive_copy_up {
        container.apply(&[chmod("socket", 0o777), mtime("new", 1_000_000_000, 1)])?;
        if context.capabilities()?.device_nodes {
            container.apply(&[chmod("null", 0o666), chown("disk", 1, 2)])?;
        }
    }
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
