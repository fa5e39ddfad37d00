//! Whether a mounted tree is what its model says, and what the clock said of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use drivers::{Capabilities, Change, ChangeKind};

use crate::case::Stop;
use crate::context::tolerance;
use crate::oracle::compare::{self, show};
use crate::oracle::layer;
use crate::oracle::model::{Body, Ino, Model, Mtime, Node};
use crate::oracle::op::PathBytes;
use crate::oracle::seen::{self, Seen};

/// Clocks of filesystems tick slowly, and daemons have their own.
const SLACK_S: i64 = 2;

/// What was found in a tree.
pub(super) type Found = BTreeMap<PathBytes, Seen>;

/// Modification times by inode: seconds, nanoseconds.
pub(super) type Times = BTreeMap<Ino, (i64, u32)>;

/// Now, in whole seconds.
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}

/// A tree is what the model says. What was touched since `started` shows a time since then, and that is from now on its
/// time: it is returned.
pub(super) fn tree(
    what: &str,
    model: &Model,
    root: &Path,
    capabilities: &Capabilities,
    started: i64,
) -> Result<(Found, Times), Stop> {
    let found = seen::read(root)?;
    let mut tolerance = tolerance(model.live, capabilities);
    // Numbers that are made up anew whenever the kernel forgets a file do not tell which names are one.
    // fuse-overlayfs 1.10 also gives the number of one file to another (seed 11, sequence 138).
    tolerance.link_numbers &= capabilities.inode_survives_remount;
    tolerance.distinct_numbers &= capabilities.inode_survives_remount;
    if let Some(differences) = compare::differences(model, &found, tolerance) {
        return Err(Stop::fail(
            format!("{what} is what its history says"),
            differences,
        ));
    }
    let mut times = Times::new();
    for (path, ino) in model.paths() {
        let (Mtime::Clock(_), Some(seen)) = (model.node(ino).mtime, found.get(&path)) else {
            continue;
        };
        if !(started - SLACK_S..=now() + SLACK_S).contains(&seen.mtime.0) {
            return Err(Stop::fail(
                format!("{}: modified just now", show(&path)),
                format!("its time is {}.{:09}", seen.mtime.0, seen.mtime.1),
            ));
        }
        times.insert(ino, seen.mtime);
    }
    Ok((found, times))
}

/// The driver's list of changes is the model's, but for what is declared to be lost. With nothing below, all is added.
pub(super) fn changes(
    below: Option<&Model>,
    model: &Model,
    found: &[Change],
    capabilities: &Capabilities,
) -> Result<(), Stop> {
    let added = || {
        let paths = model.paths().into_keys();
        let kind = ChangeKind::Added;
        paths.map(|path| Change { path, kind }).collect()
    };
    let expected: Vec<Change> = below.map_or_else(added, |below| layer::changes(below, model));
    let excused = |change: &Change| {
        let at = |model: &Model| model.at(&change.path).map(|ino| model.node(ino).clone());
        let (Some(was), Some(is)) = (below.and_then(at), at(model)) else {
            return false;
        };
        let lost = match is.body {
            Body::Directory(_) => !capabilities.lower_dir_attributes_survive_copy_up,
            Body::Symlink(_) => !capabilities.symlink_attributes_survive_copy_up,
            // Only what it is linked to can differ then.
            _ => !capabilities.inode_survives_copy_up && own(was) == own(is),
        };
        change.kind == ChangeKind::Modified && lost
    };
    let only = |these: &[Change], those: &[Change]| {
        let each: Vec<_> = these
            .iter()
            .filter(|change| !those.contains(change) && !excused(change))
            .map(|change| format!("{:?} {}", change.kind, show(&change.path)))
            .collect();
        each.join(", ")
    };
    let (missing, more) = (only(&expected, found), only(found, &expected));
    if missing.is_empty() && more.is_empty() && found.is_sorted() {
        return Ok(());
    }
    Err(Stop::fail(
        format!("changes as the history says, sorted: among them [{missing}]"),
        format!("instead of these [{more}]"),
    ))
}

fn own(mut node: Node) -> Node {
    if let Body::Directory(entries) = &mut node.body {
        entries.clear();
    }
    node
}
