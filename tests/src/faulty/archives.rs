//! What becomes of archives in the hands of a faulty driver.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use tar::EntryType;

use crate::faults::Fault;
use crate::oracle::archive::{self, Entry, Raw};
use crate::oracle::live::place;

/// What becomes of an archive before it is applied to the content of `dir`.
pub(super) fn applied(fault: Fault, tar: Vec<u8>, dir: &Path) -> Vec<u8> {
    let (mut seen, mut skipped) = (BTreeSet::new(), BTreeSet::new());
    let named: BTreeSet<Vec<u8>> = match fault {
        Fault::ReplacedDirectoriesMerge => archive::read(&tar)
            .unwrap_or_default()
            .iter()
            .map(|entry| plain(&entry.path))
            .collect(),
        _ => BTreeSet::new(),
    };
    rewrite(tar, |mut entry| {
        let there = place(dir, plain(&entry.path));
        let there = fs::symlink_metadata(there).ok().map(|meta| meta.is_dir());
        let is_dir = entry.kind == EntryType::Directory;
        if is_skipped(fault, &entry, there, &mut seen)
            || above(&entry.path).iter().any(|dir| skipped.contains(dir))
        {
            // And what is in it, if it was to be a directory.
            skipped.insert(plain(&entry.path));
            return Vec::new();
        }
        match fault {
            Fault::ReplacedDirectoriesMerge
                if whiteout(&entry).is_some_and(|path| named.contains(&path)) =>
            {
                return Vec::new();
            }
            Fault::DirectoriesReplace if is_dir && there.is_some() => {
                let path = [&plain(&entry.path)[..], b"/", OPAQUE].concat();
                return vec![entry, Entry::file(path, "")];
            }
            Fault::ParentsReset => {
                let mut all = above(&entry.path);
                all.retain(|path| seen.insert(path.clone()));
                seen.insert(plain(&entry.path));
                let mut all: Vec<_> = all.into_iter().map(Entry::dir).collect();
                all.push(entry);
                return all;
            }
            Fault::LinkedParentsReplaced => {
                let mut all: Vec<_> = above(&entry.path)
                    .into_iter()
                    .filter(|path| place(dir, path).is_symlink() && seen.insert(path.clone()))
                    .map(Entry::dir)
                    .collect();
                all.push(entry);
                return all;
            }
            Fault::OddNamesMended => {
                entry.path = String::from_utf8_lossy(&entry.path)
                    .into_owned()
                    .into_bytes();
            }
            Fault::GlobalHeadersAreFiles if entry.kind == EntryType::XGlobalHeader => {
                entry.kind = EntryType::Regular;
            }
            Fault::XattrsLost => entry.xattrs.clear(),
            Fault::TimesLost => entry.mtime = (0, 0),
            Fault::NanosecondsLost => entry.mtime.1 = 0,
            Fault::OldTimesLost => entry.mtime.0 = entry.mtime.0.max(0),
            Fault::DirectoryTimesLost if is_dir => entry.mtime = (0, 0),
            Fault::LinkAttributesLost if entry.kind == EntryType::Symlink => {
                (entry.uid, entry.gid, entry.mtime) = (0, 0, (0, 0));
            }
            Fault::IdsCut => {
                (entry.uid, entry.gid) = (entry.uid & 0xffff, entry.gid & 0xffff);
            }
            Fault::NamesFolded => entry.path.make_ascii_lowercase(),
            Fault::OwnersLost => (entry.uid, entry.gid) = (0, 0),
            Fault::SpecialBitsLost => entry.mode &= 0o777,
            Fault::LinksSplit if entry.kind == EntryType::Link => entry.kind = EntryType::Regular,
            _ => {}
        }
        vec![entry]
    })
}

/// Whether a driver with this fault skips an entry. `there` says what its path is so far: nothing, a directory or not.
fn is_skipped(
    fault: Fault,
    entry: &Entry,
    there: Option<bool>,
    seen: &mut BTreeSet<Vec<u8>>,
) -> bool {
    let is_dir = entry.kind == EntryType::Directory;
    let is_link = entry.kind == EntryType::Link;
    match fault {
        Fault::WhiteoutsForgotten | Fault::MarkersAreFiles => is_marker(entry),
        Fault::OpaqueForgotten => is_opaque(entry),
        Fault::OpaqueForgottenAtRoot => plain(&entry.path) == OPAQUE,
        Fault::DirectoryAttributesKept => is_dir && there == Some(true),
        Fault::LowerTypeStays => there == Some(!is_dir),
        Fault::RootEntryIgnored => is_dir && plain(&entry.path).is_empty(),
        Fault::FirstOfTwoWins => !seen.insert(plain(&entry.path)),
        Fault::OddPathsSkipped => {
            let is_odd = |path: &[u8]| matches!(path.first(), Some(b'.' | b'/'));
            is_odd(&entry.path) || is_link && is_odd(&entry.target)
        }
        Fault::LongPathsSkipped => entry.path.len() > 100 || is_link && entry.target.len() > 100,
        Fault::DevicesSkipped => matches!(entry.kind, EntryType::Char | EntryType::Block),
        _ => false,
    }
}

/// What becomes of an export, the first of which has number 0.
pub(super) fn exported(fault: Fault, number: u32, tar: Vec<u8>) -> Vec<u8> {
    match fault {
        Fault::ExportOrderUnstable if number % 2 == 1 => {
            let mut entries = archive::read(&tar).unwrap_or_default();
            entries.reverse();
            archive::write(&entries)
        }
        _ => rewrite(tar, |mut entry| {
            match fault {
                Fault::ExportedDeletionsLost if is_marker(&entry) => return Vec::new(),
                Fault::ExportedLinksLost if entry.kind == EntryType::Link => return Vec::new(),
                Fault::ExportedXattrsLost => entry.xattrs.clear(),
                Fault::ExportedNanosecondsLost => entry.mtime.1 = 0,
                Fault::ExportedSpecialBitsLost => entry.mode &= 0o777,
                Fault::ExportedOwnersLost => (entry.uid, entry.gid) = (0, 0),
                Fault::ExportedDeletionsAreDevices if whiteout(&entry).is_some() => {
                    entry.path = whiteout(&entry).unwrap_or_default();
                    entry.kind = EntryType::Char;
                }
                Fault::ExportedOpaque if entry.kind == EntryType::Directory => {
                    let path = [&plain(&entry.path)[..], b"/", OPAQUE].concat();
                    return vec![entry, Entry::file(path, "")];
                }
                Fault::BookkeepingExported if entry.kind == EntryType::Directory => {
                    let name = b"trusted.overlay.opaque".to_vec();
                    entry.xattrs.push((name, b"y".to_vec()));
                }
                _ => {}
            }
            vec![entry]
        }),
    }
}

/// Whether a driver with this fault deals with markers apart from the other entries.
pub(super) fn treats_markers(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::MarkersHideOwnLayer
            | Fault::MarkersAreFiles
            | Fault::WhiteoutsHideAlikeNames
            | Fault::WhiteoutsHideEverywhere
    )
}

/// The markers of an archive, and all else.
pub(super) fn without_markers(tar: Vec<u8>) -> (Vec<Entry>, Vec<u8>) {
    let mut markers = Vec::new();
    let rest = rewrite(tar, |entry| {
        if is_marker(&entry) {
            markers.push(entry);
            return Vec::new();
        }
        vec![entry]
    });
    (markers, rest)
}

/// What a whiteout deletes; `None` for all that is none.
pub(super) fn whiteout(entry: &Entry) -> Option<Vec<u8>> {
    if !is_marker(entry) || is_opaque(entry) {
        return None;
    }
    let path = plain(&entry.path);
    let start = name_of(&path);
    Some([&path[..start], &path[start + 4..]].concat())
}

const OPAQUE: &[u8] = b".wh..wh..opq";

fn is_opaque(entry: &Entry) -> bool {
    entry.path[name_of(&entry.path)..] == *OPAQUE
}

fn is_marker(entry: &Entry) -> bool {
    entry.path[name_of(&entry.path)..].starts_with(b".wh.")
}

/// Where the last name of a path begins.
fn name_of(path: &[u8]) -> usize {
    path.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1)
}

/// A path without dots, and without slashes that do not part two names.
fn plain(path: &[u8]) -> Vec<u8> {
    let names = Path::new(OsStr::from_bytes(path)).components();
    let names: Vec<_> = names
        .filter_map(|name| match name {
            std::path::Component::Normal(name) => Some(name.as_bytes()),
            _ => None,
        })
        .collect();
    names.join(&b'/')
}

/// The directories on the way to a path, the outermost first.
fn above(path: &[u8]) -> Vec<Vec<u8>> {
    let path = plain(path);
    let slashes = path.iter().enumerate().filter(|(_, b)| **b == b'/');
    slashes.map(|(at, _)| path[..at].to_vec()).collect()
}

/// Rewrites an archive entry by entry. What is not changed keeps its bytes; an archive that cannot be read keeps all.
fn rewrite(tar: Vec<u8>, mut change: impl FnMut(Entry) -> Vec<Entry>) -> Vec<u8> {
    let Some(Raw { entries, rest }) = archive::read_raw(&tar) else {
        return tar;
    };
    let mut out = Vec::new();
    for (entry, raw) in entries {
        for changed in change(entry.clone()) {
            if changed == entry {
                out.extend_from_slice(&tar[raw.clone()]);
            } else {
                archive::append(&mut out, &changed);
            }
        }
    }
    out.extend_from_slice(&tar[rest..]);
    out
}
