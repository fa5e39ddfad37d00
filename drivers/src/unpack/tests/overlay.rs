//! Stages that become the upper directory of an overlay, looked at without mounting one; see `whiteouts` for the rest.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use tar::EntryType;

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;
use crate::unpack::{Applied, Below, Deletions};

const TRUSTED: Deletions = Deletions::Overlay {
    xattr_prefix: "trusted.overlay.",
};

fn is_whiteout(path: &std::path::Path) -> bool {
    let meta = std::fs::symlink_metadata(path).unwrap();
    meta.file_type().is_char_device() && meta.rdev() == 0
}

fn opaque(path: &std::path::Path) -> bool {
    let mut value = [0; 8];
    rustix::fs::lgetxattr(path, "trusted.overlay.opaque", &mut value[..])
        .is_ok_and(|n| value[..n] == *b"y")
}

#[test]
fn only_the_difference_is_stored() {
    let ground = Ground::new();
    ground.fill_lower(
        &Tar::new()
            .dir("usr/lib/")
            .file("usr/lib/old", "x")
            .symlink("lib", "usr/lib")
            .done(),
    );
    let layer = Tar::new()
        .file("lib/new", "y")
        .file("lib/.wh.old", "")
        .file("no/.wh.x", "")
        .done();
    let applied = ground.overlay(&layer).unwrap();
    assert_eq!(applied.whiteouts, 1);
    let names: Vec<_> = ground.tree().into_keys().collect();
    assert_eq!(names, ["", "usr", "usr/lib", "usr/lib/new", "usr/lib/old"]);
    assert!(is_whiteout(&ground.stage().join("usr/lib/old")));
    assert!(
        !opaque(&ground.stage().join("usr/lib")),
        "its content below still shows"
    );
}

#[test]
fn what_is_implied_or_linked_is_copied_with_all_attributes() {
    let ground = Ground::new();
    let lower = Tar::new()
        .pax(&[("SCHILY.xattr.user.root", b"r")])
        .dir_mode("./", 0o711)
        .pax(&[
            ("SCHILY.xattr.trusted.t", b"1"),
            ("SCHILY.acl.default", b"user::rwx,group::r-x,other::r--"),
            ("mtime", b"77.5"),
        ])
        .dir_mode("d/", 0o2750)
        .pax(&[
            ("SCHILY.xattr.user.u", b"\0\n"),
            ("GNU.sparse.map", b"1000000,4"),
            ("GNU.sparse.size", b"2000000"),
        ])
        .file_mode_content("d/f", 0o4755, 5, 6, "data")
        .symlink("d/l", "nowhere")
        .node(EntryType::Char, "d/null", 1, 3)
        .node(EntryType::Fifo, "d/p", 0, 0)
        .done();
    ground.fill_lower(&lower);
    let layer = Tar::new()
        .hard("F", "d/f")
        .hard("L", "d/l")
        .hard("N", "d/null")
        .hard("P", "d/p")
        .file("d/new", "")
        .done();
    ground.overlay(&layer).unwrap();
    let (stage, lower) = (ground.stage(), ground.path("lower"));
    for (name, copy) in [
        ("d/f", "F"),
        ("d/l", "L"),
        ("d/null", "N"),
        ("d/p", "P"),
        ("d", "d"),
        ("", ""),
    ] {
        let (from, to) = (
            std::fs::symlink_metadata(lower.join(name)).unwrap(),
            std::fs::symlink_metadata(stage.join(name)).unwrap(),
        );
        let facts = |m: &std::fs::Metadata| {
            (
                m.mode(),
                m.uid(),
                m.gid(),
                m.mtime(),
                m.mtime_nsec(),
                m.rdev(),
            )
        };
        assert_eq!(facts(&from), facts(&to), "{name}");
        let linked = std::fs::symlink_metadata(stage.join(copy)).unwrap();
        assert_eq!(linked.ino(), to.ino(), "{name}");
        for xattr in [
            "user.root",
            "user.u",
            "trusted.t",
            "system.posix_acl_default",
        ] {
            let value = |path| {
                let mut value = vec![0; 256];
                rustix::fs::lgetxattr(path, xattr, &mut value[..]).map(|n| value[..n].to_vec())
            };
            assert_eq!(
                value(lower.join(name)),
                value(stage.join(name)),
                "{name} {xattr}"
            );
        }
    }
    let file = stage.join("F");
    assert!(std::fs::read(&file).unwrap() == std::fs::read(lower.join("d/f")).unwrap());
    assert!(
        std::fs::metadata(file).unwrap().blocks() <= 16,
        "holes are kept"
    );
    assert_eq!(
        rustix::fs::lgetxattr_query(stage.join("d/new"), "system.posix_acl_access").unwrap_err(),
        rustix::io::Errno::NODATA
    );
}

#[test]
fn a_link_to_what_is_deleted_or_absent_is_refused() {
    let lower = Tar::new().dir("d/").file("d/f", "1").done();
    for layer in [
        Tar::new().file("d/.wh.f", "").hard("x", "d/f"),
        Tar::new().file(".wh.d", "").hard("x", "d/f"),
        Tar::new().file("d/.wh..wh..opq", "").hard("x", "d/f"),
        Tar::new().hard("x", "d/g"),
        Tar::new().hard("x", "d"),
    ] {
        let ground = Ground::new();
        ground.fill_lower(&lower);
        let error = ground.overlay(&layer.done()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    }
}

#[test]
fn without_the_content_below_only_what_needs_none_is_done() {
    let unknown = |archive: Tar| -> (Ground, crate::error::Result<Applied>) {
        let ground = Ground::new();
        let outcome = ground.apply_to(Below::Unknown, TRUSTED, &archive.done());
        (ground, outcome)
    };
    let (ground, applied) = unknown(
        Tar::new()
            .dir("d/")
            .file("d/.wh.x", "")
            .file(".wh.gone", "")
            .file(".wh.again", "")
            .dir("again/")
            .dir("o/")
            .file("o/.wh..wh..opq", "")
            .dir("late/")
            .file(".wh.late", "")
            .file("top", "")
            .hard("l", "top"),
    );
    let applied = applied.unwrap();
    assert_eq!((applied.whiteouts, applied.opaques), (4, 2));
    let stage = ground.stage();
    for name in ["d/x", "gone"] {
        assert!(is_whiteout(&stage.join(name)), "{name}");
    }
    for name in ["again", "o", "late"] {
        assert!(opaque(&stage.join(name)), "{name}");
    }
    assert!(!opaque(&stage.join("d")));
    for needs in [
        Tar::new().file("implied/x", ""),
        Tar::new().hard("x", "below"),
        Tar::new().hard("x", "below/f"),
        Tar::new().file("below/.wh.x", ""),
        Tar::new().file("below/.wh..wh..opq", ""),
        Tar::new().file(".wh..wh..opq", ""),
    ] {
        let (_, outcome) = unknown(needs);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn a_second_archive_lies_over_the_first() {
    let ground = Ground::new();
    ground.fill_lower(
        &Tar::new()
            .dir("d/")
            .file("d/low", "")
            .file("d/both", "")
            .done(),
    );
    ground
        .overlay(&Tar::new().file("d/first", "").file("d/both", "1").done())
        .unwrap();
    ground
        .overlay(
            &Tar::new()
                .file("d/.wh.first", "")
                .file("d/.wh.both", "")
                .file("d/second", "")
                .done(),
        )
        .unwrap();
    let names: Vec<_> = ground.tree().into_keys().collect();
    assert_eq!(names, ["", "d", "d/both", "d/second"]);
    assert!(is_whiteout(&ground.stage().join("d/both")));
}

#[test]
fn stages_that_contradict_themselves_are_refused() {
    let ground = Ground::new();
    let error = ground
        .apply_to(Below::Merged, TRUSTED, &Tar::new().done())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
