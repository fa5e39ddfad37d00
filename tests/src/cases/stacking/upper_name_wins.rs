//! What an upper layer puts in a name's place wins, whatever type either is.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, fifo, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "upper_name_wins",
    promise: "What an upper layer puts in a name's place wins, whatever type either is.",
    why: "The newer layer must win, whatever the types.",
    origin: "OCI layer.md (as if unlinked, then created); containerd archive tests; unionmount suite",
    covers: &["LS3"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[Fault::LowerTypeStays],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let names = ["file", "directory", "link", "pipe"];
    let mut previous = None;
    for shift in 0..5 {
        let mut ops = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if shift > 0 {
                ops.push(remove(name));
            }
            match (place + shift) % 4 {
                0 => ops.push(file(name, format!("{name} {shift}"))),
                1 => ops.extend([dir(name), file(format!("{name}/{shift}"), "inside")]),
                2 => ops.push(symlink(name, format!("to {shift}"))),
                _ => ops.push(fifo(name)),
            }
        }
        let id = context.layer(previous.as_ref(), &ops)?;
        context.check_layer(&id)?;
        previous = Some(id);
    }
    let container = context.container(previous.as_ref())?;
    container.check()?;
    Ok(Outcome::Pass)
}
