//! A whole tree of the image is changed: chown -R, chmod -R, mv.

use std::fs::{Metadata, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::Path;

use drivers::copy::{self, Method};
use drivers::error::Attempt as _;
use drivers::{Error, Result};

use super::files::{self, TREE, Tree};
use super::told;
use crate::cell::Cell;
use crate::environment::{CacheState, Settled};
use crate::made::wrong;
use crate::recorder::Metric;
use crate::stand::{Stand, Taken};

/// Applies a change to a path, not following it.
type Apply = fn(&Path) -> std::io::Result<()>;

/// As `chown -R` and `chmod -R` go: a directory is listed, each entry changed, the directory itself last.
fn recursively(dir: &Path, apply: Apply) -> Result<u64> {
    let mut done = 1;
    for entry in std::fs::read_dir(dir).attempt("list", dir)? {
        let entry = entry.attempt("list", dir)?;
        let path = entry.path();
        if entry.file_type().attempt("stat", &path)?.is_dir() {
            done += recursively(&path, apply)?;
        } else {
            apply(&path).attempt("change", &path)?;
            done += 1;
        }
    }
    apply(dir).attempt("change", dir)?;
    Ok(done)
}

/// A change of every entry.
struct Change {
    phase: &'static str,
    apply: Apply,
    /// Whether it shows on a file.
    shows: fn(&Metadata) -> bool,
}

const CHOWN: Change = Change {
    phase: "chown-all",
    apply: |path| lchown(path, Some(1), Some(1)),
    shows: |meta| meta.uid() == 1 && meta.gid() == 1,
};
const CHOWN_AGAIN: Change = Change {
    phase: "chown-again",
    apply: |path| lchown(path, Some(2), Some(2)),
    shows: |meta| meta.uid() == 2 && meta.gid() == 2,
};
const CHMOD: Change = Change {
    phase: "chmod-all",
    apply: |path| std::fs::set_permissions(path, Permissions::from_mode(0o700)),
    shows: |meta| meta.mode() & 0o7777 == 0o700,
};

/// Times a change, tells what it took since `before`, and checks that it shows everywhere and that no content changed.
fn change(
    cell: &mut Cell<'_>,
    stand: &Stand<'_>,
    tree: Tree,
    before: Taken,
    change: &Change,
) -> Result<()> {
    let phase = change.phase;
    let top = stand.root().join(TREE);
    let environment = cell.environment;
    let done = cell.recorder.time_until_durable(
        phase,
        || recursively(&top, change.apply),
        || environment.sync(),
    )?;
    told(cell, stand, phase, before, None)?;
    payload(cell, phase, tree.bytes());
    if done != tree.entries() {
        return Err(wrong(&top, format!("{done} entries were found")));
    }
    for path in tree.names().map(|name| stand.root().join(name)) {
        if !(change.shows)(&path.symlink_metadata().attempt("stat", &path)?) {
            return Err(wrong(&path, "the change does not show"));
        }
    }
    tree.check(&top, 0)
}

#[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
fn payload(cell: &mut Cell<'_>, phase: &str, bytes: u64) {
    cell.recorder.value(phase, Metric::Payload, bytes as f64);
}

/// chown -R from cold and from warm caches, again, and chmod -R.
pub(super) fn attributes(cell: &mut Cell<'_>, tree: Tree) -> Result<()> {
    let fill = |dir: &Path| tree.write(dir);
    let lower = files::tree(tree, &fill);
    let (owners, why) = crate::container::owners(cell);
    let mut refused = None;
    for state in [CacheState::Cold, CacheState::Warm] {
        let name = format!("o{}-{}", tree.files, state.name());
        let mut stand = Stand::prepare(cell, &lower, &name)?;
        // Before the caches are set: looking at a directory reads it.
        let before = stand.taken(cell)?;
        let mut settled = settle(cell, &mut stand, state)?;
        if state == CacheState::Cold && settled.state == CacheState::Warm {
            refused = settled.refused;
            stand.finish()?;
            continue;
        }
        settled.refused = settled.refused.or(refused.take());
        cell.recorder.one_of_the_caches(Some(&settled));
        if owners {
            change(cell, &stand, tree, before, &CHOWN)?;
        } else {
            cell.recorder.one_of_the_caches(None);
            cell.recorder.cannot_once(CHOWN.phase, why);
            cell.recorder.cannot_once(CHOWN_AGAIN.phase, why);
        }
        if owners && state == CacheState::Warm {
            let before = stand.taken(cell)?;
            change(cell, &stand, tree, before, &CHOWN_AGAIN)?;
        }
        stand.finish()?;
    }
    cell.recorder.one_of_the_caches(None);
    let mut stand = Stand::prepare(cell, &lower, &format!("m{}", tree.files))?;
    let before = stand.taken(cell)?;
    let settled = stand.warm(cell)?;
    cell.recorder.caches(Some(&settled));
    change(cell, &stand, tree, before, &CHMOD)?;
    stand.finish()
}

fn settle(cell: &Cell<'_>, stand: &mut Stand<'_>, state: CacheState) -> Result<Settled> {
    if state == CacheState::Cold {
        stand.cold(cell)
    } else {
        stand.warm(cell)
    }
}

/// What mv does: it renames, and where that is refused it copies and deletes.
pub(super) fn moving(cell: &mut Cell<'_>, tree: Tree) -> Result<()> {
    let fill = |dir: &Path| tree.write(dir);
    let lower = files::tree(tree, &fill);
    let mut stand = Stand::prepare(cell, &lower, &format!("v{}", tree.files))?;
    let settled = stand.warm(cell)?;
    cell.recorder.caches(Some(&settled));
    let (from, to) = (stand.root().join(TREE), stand.root().join("moved"));
    let environment = cell.environment;
    let before = stand.taken(cell)?;
    let phase = "move-tree";
    let copied = cell.recorder.time_until_durable(
        phase,
        || match std::fs::rename(&from, &to) {
            Ok(()) => Ok(false),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::XDEV.raw_os_error()) => {
                copy::tree(&from, &to, Method::Range)?;
                drivers::remove::tree(&from)?;
                Ok(true)
            }
            Err(error) => Err(Error::io("rename", &from, error)),
        },
        || environment.sync(),
    )?;
    told(cell, &stand, phase, before, None)?;
    payload(cell, phase, if copied { tree.bytes() } else { 0 });
    if from.exists() {
        return Err(wrong(&from, "it is still there after it was moved"));
    }
    tree.check(&to, 0)?;
    stand.finish()
}
