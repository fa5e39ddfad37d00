//! In a container a lower file, directory or link can be replaced by any other type, and back.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, fifo, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "types_can_be_swapped_in_place",
    promise: "In a container a lower file, directory or link can be replaced by any other type, and back.",
    why: "Upgrades replace directories by links and back.",
    origin: "unionmount suite; containerd archive tests (dir and symlink override)",
    covers: &["LS3"],
    level: Level::Must,
    theme: Theme::Whiteouts,
    capability: None,
    broken_by: &[Fault::Lie(&lies::SYMLINK_DOES_NOTHING), Fault::WritesLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            file("f", "1"),
            dir("d"),
            file("d/x", "2"),
            symlink("l", "f"),
            fifo("p"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[
        remove("f"),
        dir("f"),
        file("f/in", "3"),
        remove("d"),
        symlink("d", "f"),
        remove("l"),
        file("l", "4"),
        remove("p"),
        dir("p"),
    ])?;
    container.check()?;
    container.apply(&[
        remove("f"),
        file("f", "5"),
        remove("d"),
        dir("d"),
        remove("p"),
        fifo("p"),
    ])?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
