//! A tree with everything in it that copiers and archivers are known to lose, for tests.

use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, lsetxattr, makedev, mknodat,
    setxattr, utimensat,
};

/// user::rwx user:4242:r-- group::r-x mask::r-x other::---
pub(crate) const ACL: [u8; 44] = [
    2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0x92, 0x10, 0, 0, 4, 0, 5, 0, 255, 255,
    255, 255, 16, 0, 5, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
];

const CAPABILITY: [u8; 20] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

pub(crate) fn stamp(path: &Path, seconds: i64, nanoseconds: u32) {
    let spec = Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: spec,
        last_modification: spec,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn attribute(path: &Path, name: &str, value: &[u8]) {
    lsetxattr(path, name, value, XattrFlags::empty()).unwrap();
}

fn node(path: &Path, kind: FileType, major: u32, minor: u32) {
    mknodat(
        CWD,
        path,
        kind,
        Mode::from_raw_mode(0o640),
        makedev(major, minor),
    )
    .unwrap();
}

fn bytes(dir: &Path, name: &[u8]) -> PathBuf {
    dir.join(std::ffi::OsStr::from_bytes(name))
}

/// Makes the tree in the existing directory `root`. Needs root and a filesystem that keeps it all.
pub(crate) fn make(root: &Path) {
    let at = |name: &str| root.join(name);
    for dir in ["d", "d/e", "d/e/f", "empty", "setgid", "acl", "noaccess"] {
        std::fs::create_dir(at(dir)).unwrap();
    }
    std::fs::write(at("plain"), "plain").unwrap();
    std::fs::write(at("zero"), "").unwrap();
    std::fs::write(at("large"), vec![5; 3 << 20]).unwrap();
    std::fs::write(at("d/suid"), "x").unwrap();
    chown(at("d/suid"), Some(1234), Some(4_000_000_000)).unwrap();
    std::fs::set_permissions(at("d/suid"), PermissionsExt::from_mode(0o6755)).unwrap();
    std::fs::write(at("none"), "x").unwrap();
    std::fs::set_permissions(at("none"), PermissionsExt::from_mode(0o0)).unwrap();
    std::fs::write(at("d/cap"), "x").unwrap();
    chown(at("d/cap"), Some(5), Some(6)).unwrap();
    attribute(&at("d/cap"), "security.capability", &CAPABILITY);
    attribute(&at("d/cap"), "user.empty", b"");
    attribute(&at("d/cap"), "user.bin", b"\0\xff=\n");
    std::fs::write(at("d/e/f/acl"), "x").unwrap();
    setxattr(
        at("d/e/f/acl"),
        "system.posix_acl_access",
        &ACL,
        XattrFlags::empty(),
    )
    .unwrap();
    setxattr(
        at("acl"),
        "system.posix_acl_default",
        &ACL,
        XattrFlags::empty(),
    )
    .unwrap();
    std::fs::write(at("acl/inherits"), "x").unwrap();
    std::fs::create_dir(at("acl/inherits-too")).unwrap();
    chown(at("setgid"), Some(0), Some(77)).unwrap();
    std::fs::set_permissions(at("setgid"), PermissionsExt::from_mode(0o3775)).unwrap();
    std::fs::create_dir(at("setgid/below")).unwrap();
    std::fs::write(at("setgid/file"), "x").unwrap();
    // Holes: at the start, in the middle, at the end, everywhere, and past the first block of data.
    sparse(&at("hole-all"), 1 << 20, &[]);
    sparse(&at("hole-start"), 1 << 20, &[((1 << 20) - 4096, 4096)]);
    sparse(
        &at("hole-middle"),
        10 << 20,
        &[(0, 4096), (5 << 20, 5000), ((10 << 20) - 1, 1)],
    );
    sparse(&at("hole-end"), 1 << 20, &[(0, 100)]);
    sparse(
        &at("hole-odd"),
        (1 << 20) + 17,
        &[(65536, 65536), (524_288, 1)],
    );
    symlink("plain", at("link")).unwrap();
    symlink("/nonexistent/\u{e4}", at("d/dangling")).unwrap();
    // xfs holds no longer ones.
    symlink("x".repeat(1000), at("long-target")).unwrap();
    lchown(at("link"), Some(9), Some(10)).unwrap();
    attribute(&at("link"), "trusted.on-link", b"v");
    node(&at("fifo"), FileType::Fifo, 0, 0);
    node(&at("socket"), FileType::Socket, 0, 0);
    node(&at("char"), FileType::CharacterDevice, 1, 3);
    node(&at("block"), FileType::BlockDevice, 259, 70_000);
    attribute(&at("char"), "trusted.on-device", b"v");
    for kind in ["plain", "fifo", "link", "char", "socket", "none"] {
        std::fs::hard_link(at(kind), at(&format!("d/e/{kind}-linked"))).unwrap();
        std::fs::hard_link(at(kind), at(&format!("again-{kind}"))).unwrap();
    }
    std::fs::write(bytes(root, &[b'n'; 255]), "long").unwrap();
    std::fs::write(bytes(root, b"\xff\xfe not utf-8\n"), "bytes").unwrap();
    std::fs::create_dir(bytes(root, "\u{1f980} crab".as_bytes())).unwrap();
    let mut deep = at("deep");
    for _ in 0..20 {
        deep = deep.join("a".repeat(90));
    }
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("bottom"), "x").unwrap();
    std::fs::hard_link(deep.join("bottom"), at("bottom-linked")).unwrap();
    std::fs::set_permissions(at("noaccess"), PermissionsExt::from_mode(0o0)).unwrap();
    std::fs::set_permissions(root, PermissionsExt::from_mode(0o1751)).unwrap();
    attribute(root, "user.root", b"r");
    chown(root, Some(3), Some(4)).unwrap();
    for (n, name) in [
        "plain", "fifo", "link", "char", "socket", "large", "d/e", "d",
    ]
    .iter()
    .enumerate()
    {
        let n = u32::try_from(n).unwrap();
        stamp(&at(name), 1_000_000_000 + i64::from(n), 123_456_789 + n);
    }
    stamp(&at("zero"), -1, 999_999_999);
    stamp(root, 1_234_567_890, 1);
}

fn sparse(path: &Path, size: u64, data: &[(u64, usize)]) {
    let file = std::fs::File::create(path).unwrap();
    file.set_len(size).unwrap();
    for (at, length) in data {
        rustix::io::pwrite(file.as_fd(), &vec![1; *length], *at).unwrap();
    }
}
