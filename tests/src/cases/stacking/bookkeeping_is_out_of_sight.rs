//! A container shows nothing of what its driver or backing filesystem keeps there, neither in listings nor by name, and such names are free for use.

use std::fs;

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "bookkeeping_is_out_of_sight",
    promise: "A container shows nothing of what its driver or backing filesystem keeps there, neither in listings nor by name, and such names are free for use.",
    why: "Backups and find run into snapshot directories, images get a lost+found, and a process reaches other snapshots.",
    origin: "moby graphtest (lost+found filtered); zfs(8) snapdir; catalogue LS9",
    covers: &["LS9"],
    level: Level::Must,
    theme: Theme::Stacking,
    capability: Some("backing_names_are_free"),
    broken_by: &[
        Fault::Lie(&lies::MKDIR_DOES_NOTHING),
        Fault::Flipped("backing_names_are_free"),
    ],
    run,
};

/// What drivers and filesystems are known to call their own.
const NAMES: [&str; 14] = [
    "lost+found",
    ".zfs",
    ".snapshot",
    ".snapshots",
    ".btrfs",
    "work",
    "work/work",
    "index",
    "diff",
    "merged",
    "fs",
    ".probe",
    ".fuse_hidden",
    ".overlay",
];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.backing_names_are_free;
    let free = |name: &&&str| !name.contains('/');
    let empty = context.layer(None, &[])?;
    let on_nothing = context.container(None)?;
    let on_layer = context.container(Some(&empty))?;
    let view = context.view(Some(&empty))?;
    let mut taken = Vec::new();
    for (what, container) in [
        ("a container", &on_nothing),
        ("another", &on_layer),
        ("a view", &view),
    ] {
        check::same("names listed", 0, container.names("")?.len())?;
        taken.extend(NAMES.iter().filter_map(|name| found(what, container, name)));
    }
    drop((on_nothing, view));
    let mut container = on_layer;
    for name in NAMES.iter().filter(free) {
        if let Err(error) = fs::create_dir(container.path(name)) {
            taken.push(format!("making the directory {name}: {error}"));
            continue;
        }
        fs::remove_dir(container.path(name)).map_err(|error| {
            crate::case::Stop::fail(format!("{name} can be removed again"), error.to_string())
        })?;
    }
    let usable: Vec<&str> = NAMES
        .iter()
        .filter(free)
        .filter(|name| !taken.iter().any(|words| words.contains(**name)))
        .copied()
        .collect();
    container.check()?;
    // What is made under such a name is the user's: through a remount, a commit, and for a child.
    let mut ops: Vec<Op> = Vec::new();
    for name in &usable {
        ops.extend([dir(name), file(format!("{name}/mine"), *name)]);
    }
    container.apply(&ops)?;
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let removed: Vec<Op> = usable.iter().map(remove).collect();
    let mut child = context.container(Some(&layer))?;
    child.apply(&removed)?;
    child.check()?;
    check::declared(
        "backing_names_are_free",
        declared,
        taken.is_empty(),
        check::some(&taken),
    )
}

/// What is there under a name, though nothing should be.
fn found(what: &str, container: &Container, name: &str) -> Option<String> {
    match fs::symlink_metadata(container.path(name)) {
        Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => None,
        Err(error) => Some(format!("{name} in {what}: {error}")),
        Ok(meta) => Some(format!("{name} in {what} is {:?}", meta.file_type())),
    }
}
