//! What becomes of a driver's answers in the mouth of a faulty one.

use std::collections::BTreeMap;
use std::path::Path;

use drivers::{Change, ChangeKind, Info, Item, Kind, Result, Usage};

use crate::faults::Fault;
use crate::oracle::live::place;

use super::trees;

/// The changes of an item, whose content lies at `content` and its parent's at `below`.
pub(super) fn changes(
    fault: Fault,
    mut found: Vec<Change>,
    content: &Path,
    below: Option<&Path>,
) -> Vec<Change> {
    found.retain(|change| {
        let here = place(content, &change.path);
        let there = below.map(|below| place(below, &change.path));
        match (fault, there) {
            (Fault::SameSizeMissed, Some(there)) if change.kind == ChangeKind::Modified => {
                let before = file_size(&there);
                before.is_none() || before != file_size(&here)
            }
            (Fault::MetadataMissed, Some(there)) if change.kind == ChangeKind::Modified => {
                !trees::same_content(&there, &here)
            }
            (Fault::DeletionsMissed, _) => change.kind != ChangeKind::Deleted,
            _ => true,
        }
    });
    let root = Change {
        path: Vec::new(),
        kind: ChangeKind::Modified,
    };
    match fault {
        Fault::RootAlwaysChanged if !found.contains(&root) => found.insert(0, root),
        Fault::ChangesTwice => {
            let each = found.into_iter();
            found = each.flat_map(|change| [change.clone(), change]).collect();
        }
        Fault::ChangesUnsorted => found.reverse(),
        Fault::AdditionsAreModifications => {
            for change in &mut found {
                change.kind = match change.kind {
                    ChangeKind::Added => ChangeKind::Modified,
                    other => other,
                };
            }
        }
        _ => {}
    }
    found
}

/// The list, of a root that was open before if `reopened`.
pub(super) fn list(fault: Fault, reopened: bool, mut list: Vec<Info>) -> Vec<Info> {
    match fault {
        Fault::ForgottenContainers if reopened => list.retain(|info| info.key.is_none()),
        Fault::ListReversed => list.reverse(),
        Fault::ListForgetsViews => {
            for info in &mut list {
                info.kind = info.kind.map(|_| Kind::Writable);
            }
        }
        Fault::ListForgetsParents => {
            for info in list.iter_mut().filter(|info| info.key.is_some()) {
                info.parent = None;
            }
        }
        _ => {}
    }
    list
}

/// What usage was, and what it was at most.
#[derive(Debug, Default)]
pub(super) struct Told {
    most: u64,
    first: BTreeMap<String, Usage>,
    /// What the item asked for changed.
    pub(super) changed: Vec<Change>,
}

/// The space an item takes.
///
/// # Errors
/// Whatever reading its content gives.
pub(super) fn usage(
    fault: Fault,
    told: &mut Told,
    of: Item<'_>,
    mut usage: Usage,
    content: &Path,
    below: Option<&Path>,
) -> Result<Usage> {
    match fault {
        Fault::ConstantUsage => usage.exclusive_bytes = 4096,
        Fault::UsageStale => usage = *told.first.entry(of.to_string()).or_insert(usage),
        Fault::LinksCountedEach => {
            let more = trees::counted_again(content)?;
            usage.exclusive_bytes += more;
            usage.referenced_bytes += more;
        }
        Fault::ChangedFilesCountTwice => {
            for change in &told.changed {
                let file = place(content, &change.path);
                usage.exclusive_bytes += file_size(&file).unwrap_or(0);
            }
        }
        Fault::DeletionsCount => {
            let deleted = below.map_or(Ok(0), |below| trees::deletions(below, content))?;
            told.most = told.most.max(usage.exclusive_bytes);
            usage.exclusive_bytes = told.most + deleted * 4096;
        }
        Fault::DeletionsTakeInodes => {
            let deleted = below.map_or(Ok(0), |below| trees::deletions(below, content))?;
            told.most = told.most.max(usage.exclusive_inodes);
            usage.exclusive_inodes = told.most + deleted;
        }
        _ => {}
    }
    Ok(usage)
}

fn file_size(path: &Path) -> Option<u64> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    meta.is_file().then_some(meta.len())
}
