//! What one model changed of another: as an OCI layer archive in any legal spelling, and as the canonical list of changes.

use std::collections::{BTreeMap, BTreeSet};

use drivers::{Change, ChangeKind};
use tar::EntryType;

use super::archive::{self, Entry};
use super::model::{Body, Ino, Model, Mtime, Node};
use super::op::PathBytes;

/// How removals are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Removal {
    /// One whiteout for each name (image-spec: writers should).
    #[default]
    Explicit,
    /// For a directory that is made again one opaque marker (image-spec: readers must accept); whiteouts otherwise.
    Opaque,
    /// One opaque marker for every directory that loses a name, and what it still holds is stated again.
    Restated,
}

impl Removal {
    /// Every spelling.
    pub const ALL: [Self; 3] = [Self::Explicit, Self::Opaque, Self::Restated];
}

/// Where whiteouts and opaque markers stand. Their place must not matter (image-spec 1215).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// Before all entries.
    #[default]
    First,
    /// In the middle of the entries.
    Middle,
    /// After all entries.
    Last,
}

/// A legal spelling of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spelling {
    /// How removals are spelled.
    pub removal: Removal,
    /// Where the markers stand.
    pub place: Place,
}

/// Gives every inode that was touched since `parent` the modification time that its archive entry will carry.
pub fn settle(parent: &Model, child: &mut Model) {
    let before: BTreeMap<Ino, Mtime> = parent
        .paths()
        .values()
        .map(|&ino| (ino, parent.node(ino).mtime))
        .collect();
    child.for_each(|ino, node| {
        if matches!(node.mtime, Mtime::Clock(_)) && before.get(&ino) != Some(&node.mtime) {
            // Another time than before: what was touched shows as touched.
            node.mtime = match before.get(&ino) {
                Some(Mtime::Known(seconds, nanoseconds)) => {
                    Mtime::Known(seconds + 60, *nanoseconds)
                }
                _ => Mtime::Known(archive::WHEN.0, archive::WHEN.1),
            };
        }
    });
}

/// The archive that turns `parent` into `child`, whose times are settled.
pub fn write(parent: &Model, child: &Model, spelling: Spelling) -> Vec<u8> {
    let (old, new) = (parent.paths(), child.paths());
    let groups = groups(&new);
    let old_groups = self::groups(&old);
    let mut markers = Vec::new();
    let mut entries = Vec::new();
    // Directories that are not the ones of the parent: nothing of the parent shows through them.
    let mut opaque = BTreeSet::new();
    if spelling.removal == Removal::Restated {
        opaque = losers(&old, &new, child);
        markers.extend(opaque.iter().map(|dir| marker(join(dir, b".wh..wh..opq"))));
    }
    let restated: BTreeSet<Ino> = new
        .iter()
        .filter(|(path, _)| opaque.iter().any(|dir| is_below(path, dir)))
        .map(|(_, &ino)| ino)
        .collect();
    for (path, &ino) in &new {
        let node = child.node(ino);
        let hidden = above(path).is_some_and(|above| opaque.contains(above));
        let below = old.get(path).copied();
        let was = if hidden { None } else { below };
        if is_directory(node) && was != Some(ino) && opaque.insert(path.clone()) {
            // A marker above hides everything; whiteouts are needed at every level.
            let covered = hidden && spelling.removal != Removal::Explicit;
            if let Some(below) = below.filter(|_| !covered)
                && let Body::Directory(children) = &parent.node(below).body
            {
                remove(path, children.keys(), spelling, &new, &mut markers);
            }
        }
        let same = was == Some(ino)
            && attributes(parent.node(ino)) == attributes(node)
            && (is_directory(node)
                || (old_groups[&ino] == groups[&ino] && !restated.contains(&ino)));
        if !same && node.body != Body::Socket {
            // The first name carries the file; the others are links to it. A group is written whole or not at all.
            let first = groups[&ino][0];
            entries.push(if first == path {
                entry(path, node)
            } else {
                Entry::link(path, first)
            });
        }
    }
    for path in old.keys() {
        let gone_itself = !new.contains_key(path);
        let visible = above(path).is_none_or(|above| {
            new.get(above)
                .is_some_and(|&ino| is_directory(child.node(ino)))
                && !opaque.contains(above)
        });
        if gone_itself && visible {
            markers.push(whiteout(path));
        }
    }
    let at = match spelling.place {
        Place::First => 0,
        Place::Middle => entries.len() / 2,
        Place::Last => entries.len(),
    };
    entries.splice(at..at, markers);
    archive::write(&entries)
}

/// The changes between two models, as `drivers::changes` words them. Times that only the clock knows count as changed.
pub fn changes(parent: &Model, child: &Model) -> Vec<Change> {
    let (old, new) = (parent.paths(), child.paths());
    // Links are compared among the names that both trees have, with equal attributes.
    let mut common = (old.clone(), new.clone());
    let alike = |path: &PathBytes| match (old.get(path), new.get(path)) {
        (Some(&was), Some(&is)) => attributes(parent.node(was)) == attributes(child.node(is)),
        _ => false,
    };
    common.0.retain(|path, _| alike(path));
    common.1.retain(|path, _| alike(path));
    let (old_groups, new_groups) = (groups(&common.0), groups(&common.1));
    let mut found = Vec::new();
    for (path, &ino) in &new {
        let node = child.node(ino);
        let kind = match old.get(path) {
            None => Some(ChangeKind::Added),
            Some(&was) => {
                let before = parent.node(was);
                let same = attributes(before) == attributes(node)
                    && (is_directory(node) || old_groups.get(&was) == new_groups.get(&ino));
                (!same).then_some(ChangeKind::Modified)
            }
        };
        found.extend(kind.map(|kind| Change {
            path: path.clone(),
            kind,
        }));
    }
    for path in old.keys().filter(|path| !new.contains_key(*path)) {
        let below_a_directory = above(path)
            .and_then(|above| new.get(above))
            .is_some_and(|&ino| is_directory(child.node(ino)));
        if below_a_directory {
            found.push(Change {
                path: path.clone(),
                kind: ChangeKind::Deleted,
            });
        }
    }
    found.sort();
    found
}

/// Every inode's names, sorted.
fn groups(paths: &BTreeMap<PathBytes, Ino>) -> BTreeMap<Ino, Vec<&PathBytes>> {
    let mut groups: BTreeMap<Ino, Vec<&PathBytes>> = BTreeMap::new();
    for (path, &ino) in paths {
        groups.entry(ino).or_default().push(path);
    }
    groups
}

/// What counts as the inode's own: a directory's entries are paths of their own.
fn attributes(node: &Node) -> Node {
    let mut own = node.clone();
    if let Body::Directory(entries) = &mut own.body {
        entries.clear();
    }
    own
}

fn is_directory(node: &Node) -> bool {
    matches!(node.body, Body::Directory(_))
}

fn above(path: &[u8]) -> Option<&[u8]> {
    if path.is_empty() {
        return None;
    }
    let cut = path.iter().rposition(|&b| b == b'/').unwrap_or(0);
    Some(&path[..cut])
}

/// The directories that are still there and lose a name to nothing.
fn losers(
    old: &BTreeMap<PathBytes, Ino>,
    new: &BTreeMap<PathBytes, Ino>,
    child: &Model,
) -> BTreeSet<PathBytes> {
    let gone = old.keys().filter(|path| !new.contains_key(*path));
    gone.filter_map(|path| above(path))
        .filter(|above| {
            new.get(*above)
                .is_some_and(|&ino| is_directory(child.node(ino)))
        })
        .map(<[u8]>::to_vec)
        .collect()
}

fn is_below(path: &[u8], dir: &[u8]) -> bool {
    dir.is_empty() && !path.is_empty()
        || path
            .strip_prefix(dir)
            .is_some_and(|rest| rest.starts_with(b"/"))
}

fn join(dir: &[u8], name: &[u8]) -> PathBytes {
    if dir.is_empty() {
        name.to_vec()
    } else {
        [dir, b"/", name].concat()
    }
}

fn remove<'a>(
    dir: &[u8],
    names: impl Iterator<Item = &'a Vec<u8>>,
    spelling: Spelling,
    new: &BTreeMap<PathBytes, Ino>,
    markers: &mut Vec<Entry>,
) {
    if spelling.removal != Removal::Explicit {
        markers.push(marker(join(dir, b".wh..wh..opq")));
        return;
    }
    let gone = names
        .map(|name| join(dir, name))
        .filter(|path| !new.contains_key(path));
    markers.extend(gone.map(|path| whiteout(&path)));
}

fn whiteout(path: &[u8]) -> Entry {
    let cut = path
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |cut| cut + 1);
    marker([&path[..cut], b".wh.", &path[cut..]].concat())
}

fn marker(path: Vec<u8>) -> Entry {
    Entry::file(path, b"")
}

fn entry(path: &[u8], node: &Node) -> Entry {
    let (kind, data, target, device) = match &node.body {
        Body::Directory(_) => (EntryType::Directory, Vec::new(), Vec::new(), (0, 0)),
        Body::File(data) => (EntryType::Regular, data.to_vec(), Vec::new(), (0, 0)),
        Body::Symlink(target) => (EntryType::Symlink, Vec::new(), target.clone(), (0, 0)),
        // Sockets are left out by the caller.
        Body::Fifo | Body::Socket => (EntryType::Fifo, Vec::new(), Vec::new(), (0, 0)),
        Body::Character(major, minor) => {
            (EntryType::Char, Vec::new(), Vec::new(), (*major, *minor))
        }
        Body::Block(major, minor) => (EntryType::Block, Vec::new(), Vec::new(), (*major, *minor)),
    };
    let name = if path.is_empty() {
        b"./".to_vec()
    } else if kind == EntryType::Directory {
        [path, b"/"].concat()
    } else {
        path.to_vec()
    };
    let mtime = match node.mtime {
        Mtime::Known(seconds, nanoseconds) => (seconds, nanoseconds),
        Mtime::Clock(_) => archive::WHEN,
    };
    Entry {
        mode: node.mode,
        uid: node.uid,
        gid: node.gid,
        mtime,
        target,
        device,
        data,
        xattrs: node
            .xattrs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        ..Entry::new(kind, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::op::{dir, file, link, remove};

    fn names(archive: &[u8]) -> Vec<String> {
        tar::Archive::new(archive)
            .entries()
            .unwrap()
            .map(|entry| String::from_utf8(entry.unwrap().path_bytes().to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn removals_have_two_spellings_and_three_places() {
        let mut parent = Model::default();
        parent
            .apply(&[dir("d"), file("d/a", "1"), file("d/b", "2"), file("e", "3")])
            .unwrap();
        settle(&Model::default(), &mut parent);
        let mut child = parent.clone();
        child
            .apply(&[remove("d"), remove("e"), dir("d"), file("d/a", "4")])
            .unwrap();
        settle(&parent, &mut child);
        let spell = |removal, place| names(&write(&parent, &child, Spelling { removal, place }));
        assert_eq!(
            spell(Removal::Explicit, Place::First),
            ["d/.wh.b", ".wh.e", "./", "d/", "d/a"]
        );
        assert_eq!(
            spell(Removal::Opaque, Place::Last),
            ["./", "d/", "d/a", "d/.wh..wh..opq", ".wh.e"]
        );
        assert_eq!(
            spell(Removal::Restated, Place::First),
            [".wh..wh..opq", "d/.wh..wh..opq", "./", "d/", "d/a"]
        );
    }

    #[test]
    fn a_new_link_to_an_old_file_writes_the_group() {
        let mut parent = Model::default();
        parent.apply(&[file("z", "1"), file("y", "2")]).unwrap();
        settle(&Model::default(), &mut parent);
        let mut child = parent.clone();
        child.apply(&[link("z", "a")]).unwrap();
        settle(&parent, &mut child);
        assert_eq!(
            names(&write(&parent, &child, Spelling::default())),
            ["./", "a", "z"]
        );
        let found: Vec<_> = changes(&parent, &child)
            .into_iter()
            .map(|change| (change.path, change.kind))
            .collect();
        assert_eq!(
            found,
            [
                (b"".to_vec(), ChangeKind::Modified),
                (b"a".to_vec(), ChangeKind::Added)
            ]
        );
    }
}
