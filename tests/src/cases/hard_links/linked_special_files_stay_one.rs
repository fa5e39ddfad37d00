//! A symbolic link, fifo, device or socket with two names is one file in the child, in a container on it, and after its first change.

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{
    Op, block, character, chmod, chown, dir, fifo, link, mtime, remove, rename, socket, symlink,
};

/// The promise.
pub const CASE: Case = Case {
    name: "linked_special_files_stay_one",
    promise: "A symbolic link, fifo, device or socket with two names is one file in the child, in a container on it, and after its first change.",
    why: "Copiers that know only the links of regular files split a fifo in two: writer and reader never meet.",
    origin: "moby and containers/storage copiers (links of regular files only), read in their sources; catalogue HL4",
    covers: &["HL4"],
    level: Level::Should,
    theme: Theme::HardLinks,
    capability: Some("hard_links_survive_copy_up"),
    broken_by: &[
        Fault::LinksSplit,
        Fault::Flipped("hard_links_survive_copy_up"),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let mut ops = vec![
        dir("d"),
        symlink("s", "to"),
        chown("s", 7, 8),
        fifo("p"),
        character("c", 1, 3),
        block("b", 8, 255),
    ];
    ops.extend(["s", "p", "c", "b"].map(|name| link(name, format!("d/{name}2"))));
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    // No archive carries sockets: they come from a container.
    let mut maker = context.container(Some(&base))?;
    maker.check()?;
    maker.apply(&[socket("k"), link("k", "d/k2"), fifo("q"), link("q", "d/q2")])?;
    maker.check()?;
    let layer = context.commit(maker)?;
    context.check_layer(&layer)?;

    let mut container = context.container(Some(&layer))?;
    container.check()?;
    // A third name of each, and one less: still one file.
    let mut shuffled: Vec<Op> = vec![
        rename("d/s2", "s3"),
        link("q", "q3"),
        remove("d/q2"),
        chmod("k", 0o700),
    ];
    if capabilities.special_files_survive_copy_up {
        shuffled.push(chmod("p", 0o600));
    }
    if capabilities.special_files_survive_copy_up && capabilities.device_nodes {
        shuffled.extend([
            chown("c", 1, 2),
            mtime("b", 1_000_000_000, 1),
            rename("d/c2", "c3"),
        ]);
    }
    let shown = container
        .apply(&shuffled)
        .and_then(|()| container.check())
        .map_err(|Stop(changed)| changed.reason());
    context.check_layer(&layer)?;
    check::declared(
        "hard_links_survive_copy_up and special_files_survive_copy_up",
        capabilities.hard_links_survive_copy_up && capabilities.special_files_survive_copy_up,
        shown.is_ok(),
        shown.err().unwrap_or_default(),
    )
}
