//! The copy of a nasty tree is that tree, by every method and on every filesystem that is here.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt};

use super::{Method, tree};
use crate::ErrorKind;
use crate::tree::{Options, Tolerance, Tree, nasty};
use crate::usage;

fn assert_same(a: &std::path::Path, b: &std::path::Path) {
    let read = |path| Tree::read(path, &Options::default()).unwrap();
    let found = read(a).differences(&read(b), &Tolerance::default());
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn the_copy_of_a_nasty_tree_is_that_tree() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (original, copies) = (dir.path().join("o"), dir.path().join("c"));
    std::fs::create_dir(&original).unwrap();
    nasty::make(&original);
    std::fs::create_dir(&copies).unwrap();
    // A hostile place: a default ACL and a set-group-id bit, both of which are inherited.
    rustix::fs::setxattr(
        &copies,
        "system.posix_acl_default",
        &nasty::ACL,
        rustix::fs::XattrFlags::empty(),
    )
    .unwrap();
    std::os::unix::fs::chown(&copies, None, Some(55)).unwrap();
    std::fs::set_permissions(&copies, PermissionsExt::from_mode(0o2755)).unwrap();
    let reflink = crate::fsprobe::probe(dir.path())
        .unwrap()
        .capabilities
        .reflink;
    let methods = [
        Method::Range,
        Method::ReadWrite,
        Method::BySize,
        Method::Reflink,
    ];
    for (n, method) in methods.into_iter().enumerate() {
        let copy = copies.join(n.to_string());
        let done = tree(&original, &copy, method).unwrap();
        assert_same(&original, &copy);
        assert_eq!(done.shared_files > 0, reflink && method == Method::Reflink);
        for name in [
            "hole-all",
            "hole-start",
            "hole-middle",
            "hole-end",
            "hole-odd",
        ] {
            let blocks = |root: &std::path::Path| root.join(name).metadata().unwrap().blocks();
            assert_eq!(blocks(&original), blocks(&copy), "{name} by {method:?}");
        }
        let atime = |root: &std::path::Path| {
            let meta = root.join("plain").metadata().unwrap();
            (meta.atime(), meta.atime_nsec())
        };
        assert_eq!(atime(&original), atime(&copy));
        assert_eq!(
            usage::of_tree(&original).unwrap().inodes,
            usage::of_tree(&copy).unwrap().inodes
        );
        // A copy of the copy, from where owners, modes and times are already odd.
        let again = copies.join(format!("{n}-again"));
        tree(&copy, &again, method).unwrap();
        assert_same(&original, &again);
    }
}

#[test]
fn an_existing_target_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a"), dir.path().join("b"));
    std::fs::create_dir(&from).unwrap();
    std::fs::write(from.join("x"), "new").unwrap();
    std::fs::create_dir(&to).unwrap();
    let error = tree(&from, &to, Method::Range).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0);
}

#[test]
fn the_umask_is_read() {
    let parse = super::walk::parse_umask;
    assert_eq!(parse("Name:\tx\nUmask:\t0022\n"), Some(0o022));
    assert_eq!(parse("Name:\tx\n"), None);
}
