//! The modification time that a new file shows once it is written and closed is still its time after an unmount.

use drivers::sys::clock::next_tick;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "written_times_last",
    promise: "The modification time that a new file shows once it is written and closed is still its time after an unmount.",
    why: "make, rsync and incremental backups take a file whose time moved by itself for a changed one.",
    origin: "layerbench, found by a random sequence on fuse-overlayfs 1.10 (its write-back cache)",
    covers: &["DF5"],
    level: Level::Should,
    theme: Theme::LifeCycle,
    capability: Some("written_times_last"),
    broken_by: &[
        Fault::Flipped("written_times_last"),
        Fault::WrittenTimesLost,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.written_times_last;
    let base = context.layer(None, &[dir("d")])?;
    let mut container = context.container(Some(&base))?;
    let names: Vec<String> = (0..12).map(|number| format!("d/{number}")).collect();
    let mut times = Vec::new();
    for name in &names {
        live::apply(container.root(), &[file(name, "x")])?;
        times.push(container.stat(name)?.modified().ok());
    }
    next_tick();
    context.mount(&mut container)?;
    let mut moved = 0;
    for (name, before) in names.iter().zip(&times) {
        moved += usize::from(container.stat(name)?.modified().ok() != *before);
    }
    check::declared(
        "written_times_last",
        declared,
        moved == 0,
        format!("{moved} of {} times moved by the unmount", names.len()),
    )
}
