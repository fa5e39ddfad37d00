//! What an upper layer, or a container, puts in a name's place wins, whatever type either is: file, directory, link, fifo, device.

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, block, character, dir, fifo, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "upper_name_wins",
    promise: "What an upper layer, or a container, puts in a name's place wins, whatever type either is: file, directory, link, fifo, device.",
    why: "The newer layer must win, whatever the types; one wrong pair and an upgrade leaves the old thing in place.",
    origin: "OCI layer.md (as if unlinked, then created); containerd archive tests; unionmount suite",
    covers: &["LS3"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: None,
    broken_by: &[
        Fault::WhiteoutsForgotten,
        Fault::Lie(&lies::SYMLINK_DOES_NOTHING),
        Fault::LowerTypeStays,
    ],
    run,
};

/// Ways to be something.
const TYPES: [&str; 7] = ["file", "dir", "link", "dirlink", "fifo", "char", "block"];

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let mut below = vec![dir("real"), file("real/stays", "here")];
    let mut above = Vec::new();
    for (was, is) in TYPES
        .iter()
        .flat_map(|was| TYPES.iter().map(move |is| (was, is)))
    {
        let name = format!("{was}-{is}");
        below.extend(make(was, &name, "old"));
        above.push(remove(&name));
        above.extend(make(is, &name, "new"));
    }
    let base = context.layer(None, &below)?;
    context.check_layer(&base)?;
    let layer = context.layer(Some(&base), &above)?;
    context.check_layer(&layer)?;
    let mut container = context.container(Some(&layer))?;
    container.check()?;

    // The same by hand, on what the layer has now, back to what it was before.
    let changeable = |kind: &str| {
        !matches!(kind, "char" | "block") || capabilities.special_files_survive_copy_up
    };
    let mut back = Vec::new();
    for (was, is) in TYPES
        .iter()
        .flat_map(|was| TYPES.iter().map(move |is| (was, is)))
    {
        if changeable(is) {
            let name = format!("{was}-{is}");
            back.push(remove(&name));
            back.extend(make(was, &name, "again"));
        }
    }
    container.apply(&back)?;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    let committed = context.commit(container)?;
    context.check_layer(&committed)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}

fn make(kind: &str, name: &str, content: &str) -> Vec<Op> {
    match kind {
        "dir" => vec![dir(name), file(format!("{name}/{content}"), content)],
        "link" => vec![symlink(name, content)],
        "dirlink" => vec![symlink(name, "real")],
        "fifo" => vec![fifo(name)],
        "char" => vec![character(name, 1, 3)],
        "block" => vec![block(name, 8, 255)],
        _ => vec![file(name, content)],
    }
}
