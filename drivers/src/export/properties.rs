//! Random edits: the list of changes is what the rules say of the two trees, and a layer exported and applied again
//! gives the edited tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lremovexattr, lsetxattr, makedev, mknodat};

use super::write;
use crate::changes::{Change, ChangeKind, compare};
use crate::copy::{self, Method};
use crate::remove;
use crate::tree::{Options, Tolerance, Tree, nasty};
use crate::unpack::{self, Below, Deletions, Limits, Stage};

#[derive(Debug, Clone)]
enum Edit {
    Write(PathBuf, u8),
    Directory(PathBuf),
    Remove(PathBuf),
    Symlink(PathBuf, u8),
    Node(PathBuf, u8),
    Link(PathBuf, PathBuf),
    Rename(PathBuf, PathBuf),
    Mode(PathBuf, u32),
    Owner(PathBuf, u32),
    Attribute(PathBuf, u8, bool),
    Time(PathBuf, i64, u32),
    /// Another inode with equal content and attributes.
    Part(PathBuf),
    /// Other content of the same size, at the same time.
    Forge(PathBuf, u8),
}

impl Edit {
    /// Edits that make no sense where they meet the tree do nothing.
    fn make(&self, root: &Path) {
        let at = |path: &Path| root.join(path);
        let exists = |path: &Path| at(path).symlink_metadata().is_ok();
        match self {
            Self::Write(path, n) => {
                if !at(path).is_symlink() && (at(path).is_file() || !exists(path)) {
                    let size = [0, 1, 511, 512, 513, 5000][usize::from(n % 6)];
                    drop(std::fs::write(at(path), vec![*n; size]));
                }
            }
            Self::Directory(path) => drop(std::fs::create_dir(at(path))),
            Self::Remove(path) => {
                if at(path).is_dir() && !at(path).is_symlink() {
                    remove::tree(&at(path)).unwrap();
                } else {
                    drop(std::fs::remove_file(at(path)));
                }
            }
            Self::Symlink(path, n) => {
                drop(symlink("t".repeat(usize::from(*n) + 1), at(path)));
            }
            Self::Node(path, n) => {
                let kind = [
                    FileType::Fifo,
                    FileType::CharacterDevice,
                    FileType::BlockDevice,
                ][usize::from(n % 3)];
                let device = makedev(u32::from(*n), 70_000);
                let _ = mknodat(CWD, at(path), kind, Mode::RUSR, device);
            }
            Self::Link(from, to) => drop(std::fs::hard_link(at(from), at(to))),
            Self::Rename(from, to) => drop(std::fs::rename(at(from), at(to))),
            Self::Mode(path, mode) => {
                if exists(path) && !at(path).is_symlink() {
                    std::fs::set_permissions(at(path), PermissionsExt::from_mode(*mode)).unwrap();
                }
            }
            Self::Part(path) | Self::Forge(path, _) => {
                let path = at(path);
                let Some(was) = path.symlink_metadata().ok().filter(Metadata::is_file) else {
                    return;
                };
                let mut content = std::fs::read(&path).unwrap();
                if let Self::Forge(_, n) = self {
                    content.fill(*n);
                    std::fs::write(&path, content).unwrap();
                } else {
                    std::fs::remove_file(&path).unwrap();
                    std::fs::write(&path, content).unwrap();
                    lchown(&path, Some(was.uid()), Some(was.gid())).unwrap();
                }
                std::fs::set_permissions(&path, was.permissions()).unwrap();
                nasty::stamp(&path, was.mtime(), was.mtime_nsec().try_into().unwrap());
            }
            Self::Owner(path, id) => drop(lchown(at(path), Some(*id), Some(id / 2))),
            Self::Attribute(path, n, set) => {
                let name = format!("trusted.{}={n}", n % 3);
                let _ = if *set {
                    lsetxattr(at(path), name, &[*n, 0, 10], XattrFlags::empty())
                } else {
                    lremovexattr(at(path), name)
                };
            }
            Self::Time(path, seconds, nanoseconds) => {
                if exists(path) {
                    nasty::stamp(&at(path), *seconds, *nanoseconds);
                }
            }
        }
    }
}

fn path() -> impl Strategy<Value = PathBuf> {
    // Too long for a header, and too long for a whiteout.
    let long = vec![b'l'; 120];
    let longest = vec![b'l'; 252];
    // Few names, so that edits meet.
    let names = [
        &b"a"[..],
        b"a",
        b"a",
        b"b",
        b"b",
        b"a-",
        b"\xff\n",
        &long,
        &longest,
    ]
    .map(<[u8]>::to_vec);
    prop::collection::vec(prop::sample::select(names.to_vec()), 1..3)
        .prop_map(|names| PathBuf::from(std::ffi::OsStr::from_bytes(&names.join(&b'/'))))
}

fn edit() -> impl Strategy<Value = Edit> {
    let times = (-5_i64..1 << 34, 0_u32..1_000_000_000);
    let ids = prop_oneof![0_u32..4, Just(3_000_000), Just(u32::MAX - 1)];
    prop_oneof![
        5 => (path(), any::<u8>()).prop_map(|(p, n)| Edit::Write(p, n)),
        4 => path().prop_map(Edit::Directory),
        2 => path().prop_map(Edit::Remove),
        1 => (path(), any::<u8>()).prop_map(|(p, n)| Edit::Symlink(p, n)),
        1 => (path(), any::<u8>()).prop_map(|(p, n)| Edit::Node(p, n)),
        5 => (path(), path()).prop_map(|(a, b)| Edit::Link(a, b)),
        2 => (path(), path()).prop_map(|(a, b)| Edit::Rename(a, b)),
        1 => (path(), 0_u32..0o10000).prop_map(|(p, m)| Edit::Mode(p, m)),
        1 => (path(), ids).prop_map(|(p, id)| Edit::Owner(p, id)),
        1 => (path(), 0_u8..9, any::<bool>()).prop_map(|(p, n, s)| Edit::Attribute(p, n, s)),
        4 => path().prop_map(Edit::Part),
        2 => (path(), any::<u8>()).prop_map(|(p, n)| Edit::Forge(p, n)),
        1 => (path(), times).prop_map(|(p, (s, n))| Edit::Time(p, s, n)),
    ]
}

fn read(root: &Path) -> Tree {
    Tree::read(root, &Options::default()).unwrap()
}

/// The rules of the list, told by the trees in memory instead of by walking.
fn expected(lower: &Tree, upper: &Tree) -> Vec<Change> {
    let no_links = Tolerance {
        links: true,
        ..Tolerance::default()
    };
    let mut kinds: BTreeMap<Vec<u8>, ChangeKind> = BTreeMap::new();
    for difference in lower.differences(upper, &no_links) {
        let kind = match (lower.get(&difference.path), upper.get(&difference.path)) {
            (Some(_), Some(_)) => ChangeKind::Modified,
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Deleted,
        };
        kinds.insert(difference.path, kind);
    }
    let same: Vec<&Vec<u8>> = lower
        .0
        .keys()
        .filter(|path| upper.get(path).is_some() && !kinds.contains_key(*path))
        .collect();
    let companions = |tree: &Tree, path: &Vec<u8>| -> BTreeSet<Vec<u8>> {
        let link = tree.get(path).and_then(|node| node.link.clone());
        let mates = same.iter().filter(|other| {
            link.is_some() && tree.get(other).and_then(|node| node.link.clone()) == link
        });
        mates
            .filter(|other| **other != path)
            .map(|other| (*other).clone())
            .collect()
    };
    let relinked: Vec<Vec<u8>> = same
        .iter()
        .filter(|path| companions(lower, path) != companions(upper, path))
        .map(|path| (*path).clone())
        .collect();
    kinds.extend(
        relinked
            .into_iter()
            .map(|path| (path, ChangeKind::Modified)),
    );
    // A deletion stands for what was below; below something that is no directory any more, nothing is said.
    let gone: Vec<Vec<u8>> = kinds.keys().cloned().collect();
    for path in gone {
        let hidden = kinds[&path] == ChangeKind::Deleted
            && (1..path.len()).any(|at| {
                path[at] == b'/'
                    && upper
                        .get(&path[..at])
                        .is_none_or(|node| node.content != crate::tree::Content::Directory)
            });
        if hidden {
            kinds.remove(&path);
        }
    }
    kinds
        .into_iter()
        .map(|(path, kind)| Change { path, kind })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_are_listed_exported_and_applied(
        before in prop::collection::vec(edit(), 0..40),
        after in prop::collection::vec(edit(), 0..25),
    ) {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let [lower, upper, applied] = ["l", "u", "a"].map(|name| dir.path().join(name));
        std::fs::create_dir(&lower).unwrap();
        before.iter().for_each(|edit| edit.make(&lower));
        copy::tree(&lower, &upper, Method::Range).unwrap();
        after.iter().for_each(|edit| edit.make(&upper));

        let changes = compare(Some(&lower), &upper).unwrap();
        prop_assert_eq!(&changes, &expected(&read(&lower), &read(&upper)));

        let mut archive = Vec::new();
        write(&upper, &changes, &mut archive).unwrap();
        copy::tree(&lower, &applied, Method::Range).unwrap();
        let stage = Stage {
            dir: applied.clone(),
            below: Below::Merged,
            deletions: Deletions::Remove,
            keep_owners: true,
        };
        unpack::apply(&stage, &mut &archive[..], &Limits::default()).unwrap();
        let found = read(&upper).differences(&read(&applied), &Tolerance::default());
        let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
        prop_assert!(lines.is_empty(), "{}", lines.join("\n"));
        prop_assert_eq!(compare(Some(&applied), &upper).unwrap(), []);
    }
}
