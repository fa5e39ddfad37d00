//! What PAX and GNU headers add.

use std::os::unix::fs::MetadataExt as _;

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;

fn xattr(path: &std::path::Path, name: &str) -> Vec<u8> {
    let mut value = vec![0; 1024];
    let size = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
    value.truncate(size);
    value
}

#[test]
fn pax_overrides_the_header() {
    let ground = Ground::new();
    let archive = Tar::new()
        .pax(&[
            ("path", b"n\xff\nx"),
            ("mtime", b"-1.25"),
            ("uid", b"4294967294"),
            ("gid", b"70000"),
            ("SCHILY.xattr.user.b", b"\0\n=\xff"),
            ("SCHILY.xattr.trusted.t", b"1"),
            ("LIBARCHIVE.xattr.user.c", b"YQ"),
        ])
        .file("short", "content")
        .done();
    ground.lowest(&archive).unwrap();
    let path = ground.stage().join(odd_name());
    let meta = std::fs::symlink_metadata(&path).unwrap();
    assert_eq!((meta.uid(), meta.gid()), (u32::MAX - 1, 70000));
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (-2, 750_000_000));
    assert_eq!(xattr(&path, "user.b"), b"\0\n=\xff");
    assert_eq!(xattr(&path, "trusted.t"), b"1");
    assert_eq!(xattr(&path, "user.c"), b"a");
}

fn odd_name() -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(b"n\xff\nx".to_vec())
}

#[test]
fn a_stream_that_is_cut_is_refused() {
    let whole = Tar::new().file("a", &"x".repeat(5000)).cut();
    for length in [1, 511, 513, 1000, 5511, 5600] {
        let ground = Ground::new();
        let error = ground.lowest(&whole[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput, "{length}: {error}");
    }
}
