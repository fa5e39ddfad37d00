//! Every difference that can be is told, in words, and forgiven only where that was asked for.

use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use super::{Options, Tolerance, Tree, nasty};
use crate::copy::{self, Method};

fn read(path: &Path) -> Tree {
    Tree::read(path, &Options::default()).unwrap()
}

fn lines(expected: &Tree, actual: &Tree, tolerance: &Tolerance) -> Vec<String> {
    let found = expected.differences(actual, tolerance);
    found
        .iter()
        .map(|d| format!("/{}: {}", d.path.escape_ascii(), d.what))
        .collect()
}

#[test]
fn each_difference_is_told_once() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (original, copy) = (dir.path().join("o"), dir.path().join("c"));
    std::fs::create_dir(&original).unwrap();
    nasty::make(&original);
    copy::tree(&original, &copy, Method::BySize).unwrap();
    let expected = read(&original);
    assert_eq!(
        lines(&expected, &read(&copy), &Tolerance::default()),
        [""; 0]
    );

    let at = |name: &str| copy.join(name);
    std::fs::set_permissions(at("d/cap"), PermissionsExt::from_mode(0o4600)).unwrap();
    lchown(at("again-link"), Some(1), None).unwrap();
    std::fs::remove_file(at("d/e/socket-linked")).unwrap();
    std::fs::remove_file(at("d/dangling")).unwrap();
    symlink("elsewhere", at("d/dangling")).unwrap();
    nasty::stamp(&at("large"), 1_000_000_005, 123_456_799);
    nasty::stamp(&at("d"), 5, 0);
    nasty::stamp(&at("d/e"), 1_000_000_006, 123_456_795);
    rustix::fs::lremovexattr(at("char"), "trusted.on-device").unwrap();
    rustix::fs::setxattr(at("zero"), "user.new", b"", rustix::fs::XattrFlags::empty()).unwrap();
    let actual = read(&copy);
    let found = lines(&expected, &actual, &Tolerance::default());
    // Every name of a changed inode is one of its own.
    assert_eq!(
        found,
        [
            "/again-char: xattr trusted.on-device",
            "/again-link: owner",
            "/char: xattr trusted.on-device",
            "/d: mtime",
            "/d/cap: mode",
            "/d/dangling: content",
            "/d/dangling: mtime",
            "/d/e/char-linked: xattr trusted.on-device",
            "/d/e/link-linked: owner",
            "/d/e/socket-linked: presence",
            "/large: mtime",
            "/link: owner",
            "/zero: xattr user.new",
        ]
    );
    let forgiving = Tolerance {
        any_mtime: true,
        owners: true,
        missing_sockets: true,
        xattr_prefixes: vec!["user.", "trusted.on-"],
        ..Tolerance::default()
    };
    assert_eq!(
        lines(&expected, &actual, &forgiving),
        ["/d/cap: mode", "/d/dangling: content"]
    );
    let coarse = Tolerance {
        mtime_granularity_ns: 1_000,
        directory_mtime: true,
        ..Tolerance::default()
    };
    let times: Vec<_> = lines(&expected, &actual, &coarse)
        .into_iter()
        .filter(|line| line.ends_with("mtime"))
        .collect();
    assert_eq!(times, ["/d/dangling: mtime"]);
}

#[test]
fn links_and_types_are_told_with_both_values() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    for root in [&a, &b] {
        std::fs::create_dir(root).unwrap();
        std::fs::write(root.join("x"), "x").unwrap();
    }
    std::fs::hard_link(a.join("x"), a.join("y")).unwrap();
    std::fs::write(b.join("y"), "x").unwrap();
    std::fs::create_dir(a.join("z")).unwrap();
    std::fs::write(b.join("z"), "").unwrap();
    let tolerance = Tolerance {
        any_mtime: true,
        ..Tolerance::default()
    };
    let found = read(&a).differences(&read(&b), &tolerance);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(
        found[1],
        "/y: links: expected one inode with /x, got one name only"
    );
    assert!(
        found[2].starts_with("/z: type: expected directory, got file of 0 bytes"),
        "{found:#?}"
    );
}
