//! The driver on every backing, with a nasty tree.

use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::sandbox::{Ground, Run, enter};
use crate::tree::{Options as Read, Tolerance, Tree, nasty};
use crate::{Backing, Driver, ErrorKind, Host, Item, Key, Kind, LayerId, SubjectSpec};

const SIZE: u64 = 512 << 20;
const MIB: u64 = 1 << 20;

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

fn layer(n: u8) -> LayerId {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
        .parse()
        .unwrap()
}

fn assert_same(a: &Path, b: &Path) {
    let read = |path| Tree::read(path, &Read::default()).unwrap();
    let found = read(a).differences(&read(b), &Tolerance::default());
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// Opens the driver on a fresh backing, in a mount namespace of this thread.
fn with(spec: &str, backing: Backing, test: impl FnOnce(&dyn Driver, &Run)) {
    enter().unwrap();
    let run = Run::create(Path::new("/var/tmp/layerbench-vfs-test")).unwrap();
    let ground = Ground::create(&run, "b", backing, SIZE, &Host::detect()).unwrap();
    let spec: SubjectSpec = spec.parse().unwrap();
    let backend = crate::backend(&spec.driver).unwrap();
    let driver = backend.open(ground.root(), &spec.options).unwrap();
    assert_eq!(
        driver.ground_label() == backing.name(),
        backing != Backing::Directory
    );
    test(&*driver, &run);
    driver.close().unwrap();
    ground.close().unwrap();
    run.close().unwrap();
}

/// A child equals its parent bit for bit, whoever reads it; nothing is left after removal.
fn equals_its_parent(driver: &dyn Driver, run: &Run) {
    driver.prepare(&key("p"), None, Kind::Writable).unwrap();
    let stage = driver.stage(&key("p")).unwrap().dir;
    nasty::make(&stage);
    driver.commit(&key("p"), &layer(1)).unwrap();
    for (name, kind) in [("c", Kind::Writable), ("v", Kind::View)] {
        driver.prepare(&key(name), Some(&layer(1)), kind).unwrap();
    }
    let parent = driver.view(Item::Layer(&layer(1))).unwrap();
    for name in ["c", "v"] {
        let at = run.directory(name).unwrap();
        let mount = driver.mount(&key(name), &at).unwrap();
        assert_same(parent.path(), &at);
        let refused = driver.remove(Item::Container(&key(name))).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InUse);
        let written = std::fs::write(at.join("plain"), "x");
        assert_eq!(written.is_ok(), name == "c", "{written:?}");
        if name == "c" {
            // One byte of a shared block, at the same time as before and not on disk yet.
            let large = std::fs::File::options().write(true).open(at.join("large"));
            large.unwrap().write_all_at(b"!", MIB).unwrap();
            nasty::stamp(&at.join("large"), 1_000_000_005, 123_456_794);
        }
        mount.unmount().unwrap();
        assert_eq!(std::fs::read_dir(&at).unwrap().count(), 0);
    }
    assert_eq!(
        std::fs::read(parent.path().join("plain")).unwrap(),
        b"plain"
    );
    let changed = driver.changes(Item::Container(&key("c"))).unwrap();
    let changed: Vec<_> = changed.iter().map(|change| &change.path[..]).collect();
    assert_eq!(
        changed,
        [&b"again-plain"[..], b"d/e/plain-linked", b"large", b"plain"]
    );
    assert_eq!(driver.changes(Item::Container(&key("v"))).unwrap(), []);
    let stage = driver.stage(&key("v")).unwrap_err();
    assert_eq!(stage.kind(), ErrorKind::Unsupported);

    let shares = driver.capabilities().shares_data_with_parent;
    let usage = driver.usage(Item::Container(&key("v"))).unwrap();
    assert_eq!(usage.exclusive_bytes < MIB, shares, "{usage:?}");
    assert!(usage.referenced_bytes > 3 * MIB, "{usage:?}");

    driver.remove(Item::Container(&key("c"))).unwrap();
    driver.remove(Item::Container(&key("v"))).unwrap();
    driver.remove(Item::Layer(&layer(1))).unwrap();
    assert_eq!(driver.list().unwrap(), []);
    let content = driver.plain_dir().parent().unwrap().join("e");
    assert_eq!(std::fs::read_dir(content).unwrap().count(), 0);
}

#[test]
fn on_ext4_files_are_copied() {
    with("vfs", Backing::Ext4, |driver, run| {
        assert!(!driver.capabilities().reflink && driver.capabilities().posix_acl);
        assert!(driver.facts().iter().any(|(name, _)| name == "fallback"));
        equals_its_parent(driver, run);
    });
}

#[test]
fn on_xfs_files_are_shared() {
    with("vfs", Backing::Xfs, |driver, run| {
        assert!(driver.capabilities().reflink);
        equals_its_parent(driver, run);
    });
}

#[test]
fn on_btrfs_files_are_shared() {
    with("vfs", Backing::Btrfs, |driver, run| {
        assert!(driver.capabilities().reflink);
        equals_its_parent(driver, run);
    });
}

#[test]
fn on_xfs_sharing_can_be_refused() {
    with("vfs,copy=readwrite", Backing::Xfs, equals_its_parent);
}

#[test]
fn on_xfs_the_kernel_shares_when_it_is_asked_to_copy() {
    with("vfs,copy=range", Backing::Xfs, equals_its_parent);
}

#[test]
fn on_tmpfs_too() {
    with("vfs,copy=range", Backing::Tmpfs, equals_its_parent);
}

#[test]
fn on_a_directory_of_the_host_too() {
    with("vfs", Backing::Directory, equals_its_parent);
}

#[test]
fn sharing_asked_for_where_there_is_none_is_refused() {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let root = crate::Root {
        dir: dir.path().to_owned(),
        backing: Backing::Directory,
        store_file: None,
        run_id: "t".to_owned(),
    };
    let spec: SubjectSpec = "vfs,copy=reflink".parse().unwrap();
    let error = super::VFS.open(&root, &spec.options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_half_made_item_is_discarded_by_the_next_open() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let root = crate::Root {
        dir: dir.path().to_owned(),
        backing: Backing::Directory,
        store_file: None,
        run_id: "t".to_owned(),
    };
    let open = || super::VFS.open(&root, &crate::Options::default()).unwrap();
    open().prepare(&key("kept"), None, Kind::Writable).unwrap();
    std::fs::create_dir_all(dir.path().join("e/7/fs/half")).unwrap();
    let driver = open();
    assert!(!dir.path().join("e/7").exists());
    assert_eq!(driver.list().unwrap().len(), 1);
    let missing = driver.prepare(&key("x"), Some(&layer(9)), Kind::Writable);
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
    let twice = driver.prepare(&key("kept"), None, Kind::Writable);
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::AlreadyExists);
}
