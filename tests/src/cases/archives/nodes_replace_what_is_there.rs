//! A device or fifo takes the place of whatever is there, and what replaces one never opens it.

use tar::EntryType;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{Op, character, chmod, dir, fifo, file, remove, symlink};

/// The promise.
pub const CASE: Case = Case {
    name: "nodes_replace_what_is_there",
    promise: "A device or fifo takes the place of whatever is there, and what replaces one never opens it.",
    why: "A file written into a fifo waits for ever; one written into a device overwrites a disk.",
    origin: "moby archive tests (fifo and devices over existing files); catalogue MT4, MT5",
    covers: &["MT4", "MT5"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::FirstOfTwoWins],
    run,
};

/// What there is to be replaced, with a name for each.
fn things() -> [(&'static str, Vec<Op>); 5] {
    [
        ("file", vec![file("file", "1")]),
        ("link", vec![symlink("link", "file")]),
        ("pipe", vec![fifo("pipe")]),
        ("full", vec![dir("full"), file("full/in", "1")]),
        ("disk", vec![character("disk", 1, 3)]),
    ]
}

fn entries(names: &[&str], kind: EntryType) -> Vec<Entry> {
    let node = |name: &&str| Entry {
        mode: 0o620,
        device: (1, 5),
        data: if kind == EntryType::Regular {
            b"new".to_vec()
        } else {
            Vec::new()
        },
        ..Entry::new(kind, name)
    };
    names.iter().map(node).collect()
}

fn run(context: &mut Context<'_>) -> Verdict {
    let devices = context.capabilities()?.device_nodes;
    let things: Vec<_> = things()
        .into_iter()
        .filter(|(name, _)| devices || *name != "disk")
        .collect();
    let names: Vec<&str> = things.iter().map(|(name, _)| *name).collect();
    let below: Vec<Op> = things.iter().flat_map(|(_, ops)| ops.clone()).collect();
    let base = context.layer(None, &below)?;
    let kinds = [EntryType::Fifo, EntryType::Char, EntryType::Regular];
    for kind in kinds
        .into_iter()
        .filter(|kind| devices || *kind != EntryType::Char)
    {
        // Over a lower layer; over what the same archive has made; and a plain file over that again.
        let over_lower = archive::write(&entries(&names, kind));
        let twice = [entries(&names, EntryType::Fifo), entries(&names, kind)].concat();
        for tar in [over_lower, archive::write(&twice)] {
            let layer = context.layer_of(Some(&base), &tar)?;
            let mut ops = Vec::new();
            for &name in &names {
                ops.push(remove(name));
                ops.push(match kind {
                    EntryType::Fifo => fifo(name),
                    EntryType::Char => character(name, 1, 5),
                    _ => file(name, "new"),
                });
                ops.push(chmod(name, 0o620));
            }
            context.expect(&layer, Some(&base), &ops)?;
            context.check_layer(&layer)?;
        }
    }
    Ok(Outcome::Pass)
}
