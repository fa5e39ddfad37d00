//! The rules of the list, one by one.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::compare;
use crate::copy::{self, Method};
use crate::tree::nasty;

/// A lower tree and a copy of it.
fn pair(make: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (lower, upper) = (dir.path().join("l"), dir.path().join("u"));
    std::fs::create_dir(&lower).unwrap();
    make(&lower);
    copy::tree(&lower, &upper, Method::ReadWrite).unwrap();
    (dir, lower, upper)
}

/// `A path`, `M path`, `D path`, without the directories whose mtime alone changed.
fn found(lower: &Path, upper: &Path) -> Vec<String> {
    let changes = compare(Some(lower), upper).unwrap();
    assert!(changes.is_sorted_by(|a, b| a.path < b.path));
    changes
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.path.escape_ascii()))
        .collect()
}

#[test]
fn a_copy_has_no_changes_and_a_tree_on_nothing_is_all_added() {
    let (_dir, lower, upper) = pair(nasty::make);
    assert_eq!(found(&lower, &upper), [""; 0]);
    assert_eq!(found(&lower, &lower), [""; 0]);
    let all = compare(None, &upper).unwrap();
    let tree = crate::tree::Tree::read(&upper, &crate::tree::Options::default()).unwrap();
    let paths: Vec<_> = all.iter().map(|change| &change.path).collect();
    assert_eq!(paths, tree.0.keys().collect::<Vec<_>>());
}

#[test]
fn same_size_and_mtime_but_other_content_is_found() {
    let (_dir, lower, upper) = pair(|root| {
        for (name, size) in [("small", 10), ("large", 3 << 20)] {
            std::fs::write(root.join(name), vec![1; size]).unwrap();
            nasty::stamp(&root.join(name), 7, 7);
        }
        let hole = std::fs::File::create(root.join("hole")).unwrap();
        hole.set_len(5 << 20).unwrap();
        nasty::stamp(&root.join("hole"), 7, 7);
    });
    for (name, at) in [("small", 9), ("large", (3 << 20) - 1), ("hole", 4 << 20)] {
        let file = std::fs::File::options()
            .write(true)
            .open(upper.join(name))
            .unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, b"2", at).unwrap();
        nasty::stamp(&upper.join(name), 7, 7);
    }
    assert_eq!(
        found(&lower, &upper),
        ["Modified hole", "Modified large", "Modified small"]
    );
}

#[test]
fn every_kind_of_difference_counts() {
    let (_dir, lower, upper) = pair(nasty::make);
    let at = |name: &str| upper.join(name);
    let keep = |name: &str, change: &dyn Fn(&Path)| {
        let times = std::fs::symlink_metadata(at(name)).unwrap();
        change(&at(name));
        let times = (
            std::os::unix::fs::MetadataExt::mtime(&times),
            std::os::unix::fs::MetadataExt::mtime_nsec(&times),
        );
        nasty::stamp(&at(name), times.0, u32::try_from(times.1).unwrap());
    };
    keep("zero", &|path| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    });
    keep("d/suid", &|path| {
        std::os::unix::fs::lchown(path, Some(1), None).unwrap();
    });
    keep("d/cap", &|path| {
        rustix::fs::removexattr(path, "user.empty").unwrap();
    });
    keep("block", &|path| {
        rustix::fs::lsetxattr(path, "trusted.x", b"", rustix::fs::XattrFlags::empty()).unwrap();
    });
    nasty::stamp(&at("large"), 1_000_000_005, 123_456_795);
    nasty::stamp(&at("empty"), 1, 1);
    rustix::fs::setxattr(
        &upper,
        "user.root",
        b"other",
        rustix::fs::XattrFlags::empty(),
    )
    .unwrap();
    assert_eq!(
        found(&lower, &upper),
        [
            "Modified ",
            "Modified block",
            "Modified d/cap",
            "Modified d/suid",
            "Modified empty",
            "Modified large",
            "Modified zero",
        ]
    );
}

#[test]
fn deletions_types_and_directories_made_again() {
    let (_dir, lower, upper) = pair(|root| {
        for dir in ["gone/x", "again/y", "to-file/z"] {
            std::fs::create_dir_all(root.join(dir)).unwrap();
        }
        std::fs::write(root.join("again/old"), "").unwrap();
        std::fs::write(root.join("to-dir"), "").unwrap();
        symlink("a", root.join("to-other")).unwrap();
    });
    let at = |name: &str| upper.join(name);
    for dir in ["gone", "again", "to-file"] {
        crate::remove::tree(&at(dir)).unwrap();
    }
    std::fs::create_dir(at("again")).unwrap();
    std::fs::write(at("again/new"), "").unwrap();
    std::fs::write(at("to-file"), "").unwrap();
    std::fs::remove_file(at("to-dir")).unwrap();
    std::fs::create_dir_all(at("to-dir/below/deep")).unwrap();
    std::fs::remove_file(at("to-other")).unwrap();
    symlink("b", at("to-other")).unwrap();
    std::fs::write(at("to-dir-"), "").unwrap();
    assert_eq!(
        found(&lower, &upper),
        [
            "Modified ",
            "Modified again",
            "Added again/new",
            "Deleted again/old",
            "Deleted again/y",
            "Deleted gone",
            "Modified to-dir",
            "Added to-dir-",
            "Added to-dir/below",
            "Added to-dir/below/deep",
            "Modified to-file",
            "Modified to-other",
        ]
    );
}

#[test]
fn hard_links_are_compared_by_companions() {
    let (_dir, lower, upper) = pair(|root| {
        for name in ["a", "p", "s", "t"] {
            std::fs::write(root.join(name), "same").unwrap();
            nasty::stamp(&root.join(name), 9, 9);
        }
        std::fs::hard_link(root.join("a"), root.join("b")).unwrap();
        std::fs::hard_link(root.join("p"), root.join("q")).unwrap();
        std::fs::hard_link(root.join("p"), root.join("r")).unwrap();
        nasty::stamp(root, 3, 3);
    });
    let at = |name: &str| upper.join(name);
    // A third name, two names parted (equal otherwise), two files joined.
    std::fs::hard_link(at("a"), at("c")).unwrap();
    std::fs::remove_file(at("q")).unwrap();
    std::fs::write(at("q"), "same").unwrap();
    nasty::stamp(&at("q"), 9, 9);
    std::fs::remove_file(at("t")).unwrap();
    std::fs::hard_link(at("s"), at("t")).unwrap();
    nasty::stamp(&upper, 3, 3);
    let parted = ["Modified p", "Modified q", "Modified r"];
    let joined = ["Modified s", "Modified t"];
    let expected: Vec<_> = [&["Added c"][..], &parted, &joined].concat();
    assert_eq!(found(&lower, &upper), expected);
    // Once one of the parted names differs by itself, the others are as they were.
    std::fs::write(at("q"), "other").unwrap();
    assert_eq!(
        found(&lower, &upper),
        ["Added c", "Modified q", "Modified s", "Modified t"]
    );
}
