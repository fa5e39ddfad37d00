//! Archives that want out, or in the way. The ground checks after each that nothing beside the stage was touched.

use tar::{EntryType, Header};

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;
use crate::unpack::{Below, Deletions, Limits, Stage, apply};

fn refused(tar: Tar) -> String {
    let ground = Ground::new();
    let archive = tar.done();
    let error = ground.lowest(&archive).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    assert!(!error.to_string().contains('\n'), "one line: {error}");
    let over = Ground::new();
    assert!(over.over(&archive).is_err());
    let upper = Ground::new();
    assert!(upper.overlay(&archive).is_err());
    error.to_string()
}

fn odd(kind: u8) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::new(kind));
    header.set_mode(0o644);
    header.set_size(0);
    header
}

#[test]
fn paths_that_leave_are_refused() {
    for name in [
        "../victim/file",
        "/../victim/file",
        "a/../../victim/file",
        "..",
        "d/../../victim",
    ] {
        refused(Tar::new().dir("d/").file(name, "evil"));
        refused(Tar::new().dir("d/").dir(name));
        refused(Tar::new().dir("d/").hard("x", name));
    }
    refused(Tar::new().raw(b"", odd(b'0'), b""));
    refused(Tar::new().file("./", "the root is no file"));
    refused(Tar::new().symlink(".", "/"));
    let message = refused(Tar::new().raw(b"../a\nb", odd(b'0'), b""));
    assert!(message.contains("a\\nb"), "{message}");
}

#[test]
fn absolute_paths_count_from_the_root() {
    let ground = Ground::new();
    let victim = ground.path("victim/file");
    let name = victim.to_str().unwrap();
    ground
        .lowest(&Tar::new().file(name, "inside").done())
        .unwrap();
    assert!(ground.stage().join(name.trim_start_matches('/')).is_file());
}

#[test]
fn links_among_parents_stay_inside() {
    for target in [
        "../victim",
        "/../../victim",
        "../../../../../../../../victim",
        "x/../../victim",
    ] {
        let ground = Ground::new();
        let archive = Tar::new()
            .symlink("l", target)
            .file("l/file", "evil")
            .symlink("m", "l/..")
            .file("m/n", "x");
        ground.lowest(&archive.done()).unwrap();
        assert_eq!(
            std::fs::read(ground.stage().join("victim/file")).unwrap(),
            b"evil"
        );
    }
    // Through an absolute path of the host, and by two hops.
    let ground = Ground::new();
    let host = ground.path("victim");
    let archive = Tar::new()
        .symlink("a", host.to_str().unwrap())
        .symlink("b", "a/sub")
        .file("b/file", "evil")
        .hard("h", "a/sub/file")
        .file("a/.wh.file", "");
    ground.lowest(&archive.done()).unwrap();
    let inside = ground.stage().join(host.strip_prefix("/").unwrap());
    assert_eq!(std::fs::read(inside.join("sub/file")).unwrap(), b"evil");
    assert!(ground.stage().join("h").is_file());
    // A link where a directory was, in the middle of the archive.
    let ground = Ground::new();
    let archive = Tar::new()
        .dir("d/")
        .file("d/x", "1")
        .symlink("d", "../victim")
        .file("d/file", "evil");
    ground.lowest(&archive.done()).unwrap();
    assert!(ground.stage().join("victim/file").is_file());
    // A directory where a link was.
    let archive = Tar::new().dir("d/").file("d/y", "2").done();
    ground.over(&archive).unwrap();
    assert!(ground.stage().join("d/y").is_file() && !ground.stage().join("victim/y").exists());
}

#[test]
fn the_last_name_is_never_followed() {
    let ground = Ground::new();
    let archive = Tar::new()
        .symlink("l", "../victim/file")
        .file("l", "replaced")
        .symlink("m", "../victim")
        .hard("n", "m")
        .dir_mode("m", 0o700)
        .symlink("o", "../victim/file")
        .node(EntryType::Fifo, "o", 0, 0);
    ground.lowest(&archive.done()).unwrap();
    let tree = ground.tree();
    assert!(
        tree["l"].ends_with("replaced") && tree["m"].starts_with("40700"),
        "{tree:?}"
    );
    assert!(
        tree["n"].ends_with("-> ../victim"),
        "a link to a link links the link"
    );
    assert!(tree["o"].starts_with("10600"));
}

#[test]
fn loops_and_parents_that_are_no_directory_are_refused() {
    refused(
        Tar::new()
            .symlink("a", "b")
            .symlink("b", "a")
            .file("a/x", ""),
    );
    refused(Tar::new().symlink("a", "a/a").file("a/x", ""));
    refused(Tar::new().file("f", "").file("f/x", ""));
    refused(Tar::new().node(EntryType::Fifo, "p", 0, 0).file("p/x", ""));
    refused(
        Tar::new()
            .symlink("p", "/proc/self/fd/0")
            .file("p", "")
            .file("p/x/y", ""),
    );
}

#[test]
fn hard_links_need_a_target_that_is_there() {
    refused(Tar::new().hard("x", "later").file("later", ""));
    refused(Tar::new().hard("x", "no/such"));
    refused(Tar::new().hard("x", ""));
    refused(Tar::new().dir("d/").hard("x", "d"));
    refused(Tar::new().hard("x", "./"));
    refused(Tar::new().dir("d/").file("d/f", "").hard("d", "d/f"));
    let ground = Ground::new();
    ground
        .lowest(
            &Tar::new()
                .file("f", "1")
                .hard("f", "f")
                .hard("g", "/f")
                .done(),
        )
        .unwrap();
    assert_eq!(std::fs::read(ground.stage().join("g")).unwrap(), b"1");
}

#[test]
fn what_linux_cannot_store_is_refused() {
    refused(Tar::new().raw(b"x", odd(b'Z'), b""));
    refused(Tar::new().raw(b"x", odd(b'V'), b""));
    refused(Tar::new().symlink("l", ""));
    refused(Tar::new().symlink("l", &"x/".repeat(4000)));
    refused(Tar::new().file(&"x".repeat(256), ""));
    refused(Tar::new().node(EntryType::Char, "c", 4096, 0));
    refused(Tar::new().node(EntryType::Block, "b", 0, 1 << 20));
    refused(Tar::new().file_mode("f", 0o644, u64::from(u32::MAX), 0));
    refused(Tar::new().file_mode("f", 0o644, 0, u64::MAX >> 2));
    let mut header = odd(b'3');
    header.as_mut_bytes()[329..337].fill(0xff);
    refused(Tar::new().raw(b"c", header, b""));
    refused(Tar::new().pax(&[("path", b"a\0b")]).file("x", ""));
    refused(Tar::new().pax(&[("mtime", b"soon")]).file("x", ""));
    refused(
        Tar::new()
            .pax(&[("SCHILY.acl.access", b"user::rwz")])
            .file("x", ""),
    );
    refused(
        Tar::new()
            .pax(&[("path", b"a")])
            .pax(&[("path", b"b")])
            .file("x", ""),
    );
}

#[test]
fn whiteouts_of_nothing_and_inside_whiteouts_are_refused() {
    for name in [".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh...", ".wh.d/x"] {
        refused(Tar::new().dir("d/").file(name, ""));
    }
}

#[test]
fn marks_of_an_overlay_are_refused_on_one_only() {
    for name in [
        "trusted.overlay.opaque",
        "user.overlay.whiteout",
        "user.fuseoverlayfs.origin",
    ] {
        let key = format!("SCHILY.xattr.{name}");
        let archive = Tar::new().pax(&[(&key, b"y")]).dir("d/").done();
        let error = Ground::new().overlay(&archive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
        Ground::new().lowest(&archive).unwrap();
    }
    let device = Tar::new().node(EntryType::Char, "x", 0, 0).done();
    assert_eq!(
        Ground::new().overlay(&device).unwrap_err().kind(),
        ErrorKind::BadInput
    );
    Ground::new().lowest(&device).unwrap();
}

#[test]
fn limits_hold() {
    let limit = |limits: Limits, archive: Vec<u8>| {
        let ground = Ground::new();
        let stage = Stage {
            dir: ground.stage(),
            below: Below::Nothing,
            deletions: Deletions::Remove,
            keep_owners: true,
        };
        apply(&stage, &mut &archive[..], &limits)
            .unwrap_err()
            .to_string()
    };
    let most = Limits::default();
    let two = Tar::new().file("a", "12345").file("b", "67890").done();
    let said = limit(Limits { entries: 1, ..most }, two.clone());
    assert!(said.contains("more than 1 entries"), "{said}");
    let said = limit(Limits { bytes: 9, ..most }, two);
    assert!(said.contains("more than 9 bytes of content"), "{said}");
    let long = Tar::new().file(&"d/".repeat(60), "").done();
    let said = limit(
        Limits {
            path_bytes: 50,
            ..most
        },
        long.clone(),
    );
    assert!(said.contains("more than 50 bytes of path"), "{said}");
    let said = limit(
        Limits {
            path_bytes: 119,
            ..most
        },
        Tar::new().file(&"d/".repeat(100), "").done(),
    );
    assert!(said.contains("more than 119 bytes of path"), "{said}");
    // 8 TiB of hole in a few bytes of archive.
    let bomb = Tar::new()
        .pax(&[
            ("GNU.sparse.map", b"8796093022207,1"),
            ("GNU.sparse.size", b"8796093022208"),
        ])
        .file("bomb", "x")
        .done();
    assert!(limit(most, bomb).contains("bytes of content"));
}

#[test]
fn paths_beyond_the_kernels_limit_work() {
    let ground = Ground::new();
    let deep = format!("{}f", "0123456789abcdef/".repeat(500));
    ground
        .lowest(&Tar::new().file(&deep, "deep").hard("g", &deep).done())
        .unwrap();
    assert_eq!(std::fs::read(ground.stage().join("g")).unwrap(), b"deep");
    ground
        .over(&Tar::new().file(".wh.0123456789abcdef", "").done())
        .unwrap();
    assert_eq!(ground.tree().into_keys().collect::<Vec<_>>(), ["", "g"]);
}
