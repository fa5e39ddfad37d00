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

/// An archive made by GNU tar, which knows these formats best.
fn gnu_tar(ground: &Ground, format: &[&str]) -> Vec<u8> {
    let archive = ground.path("archive.tar");
    let source = ground.path("source");
    let mut args: Vec<&std::ffi::OsStr> = format.iter().map(std::ffi::OsStr::new).collect();
    args.extend([
        "-C".as_ref(),
        source.as_os_str(),
        "-cf".as_ref(),
        archive.as_os_str(),
        ".".as_ref(),
    ]);
    crate::sys::command::run(
        "/bin/tar".as_ref(),
        &args,
        std::time::Duration::from_secs(60),
    )
    .unwrap();
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::remove_file(archive).unwrap();
    bytes
}

#[test]
fn sparse_files_of_every_format_keep_holes_and_data() {
    use std::os::unix::fs::FileExt as _;
    for format in [
        &["--sparse", "--format=gnu"][..],
        &["--sparse", "--format=posix", "--sparse-version=0.0"],
        &["--sparse", "--format=posix", "--sparse-version=0.1"],
        &["--sparse", "--format=posix", "--sparse-version=1.0"],
    ] {
        let ground = Ground::new();
        std::fs::create_dir(ground.path("source")).unwrap();
        let make = |name: &str, runs: u64, size: u64| {
            let file = std::fs::File::create(ground.path("source").join(name)).unwrap();
            for run in 0..runs {
                file.write_all_at(&[7; 5000], run * 1_000_000 + 100_000)
                    .unwrap();
            }
            file.set_len(size).unwrap();
        };
        // More runs than fit in one header; data at the end; nothing but hole.
        make("many", 40, 60_000_000);
        make("end", 1, 105_000);
        make("hole", 0, 10_000_000);
        make("empty", 0, 0);
        ground.lowest(&gnu_tar(&ground, format)).unwrap();
        for name in ["many", "end", "hole", "empty"] {
            let (from, to) = (ground.path("source").join(name), ground.stage().join(name));
            assert!(
                std::fs::read(&from).unwrap() == std::fs::read(&to).unwrap(),
                "{format:?} {name}"
            );
            let (from, to) = (from.metadata().unwrap(), to.metadata().unwrap());
            assert!(
                to.blocks() <= from.blocks() + 16,
                "{format:?} {name}: holes are filled"
            );
            assert_eq!(to.mtime(), from.mtime());
        }
    }
}

#[test]
fn sparse_maps_that_lie_are_refused() {
    let maps: [&[(&str, &[u8])]; 8] = [
        &[("GNU.sparse.map", b"5,1,3,0"), ("GNU.sparse.size", b"9")],
        &[("GNU.sparse.map", b"0,2"), ("GNU.sparse.size", b"9")],
        &[("GNU.sparse.map", b"9,1"), ("GNU.sparse.size", b"9")],
        &[("GNU.sparse.map", b"0,1,2"), ("GNU.sparse.size", b"9")],
        &[("GNU.sparse.map", b"0,1")],
        &[
            ("GNU.sparse.map", b"18446744073709551615,1"),
            ("GNU.sparse.size", b"9"),
        ],
        &[
            ("GNU.sparse.major", b"2"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.realsize", b"9"),
        ],
        &[
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.realsize", b"9"),
        ],
    ];
    for map in maps {
        let archive = Tar::new().pax(map).file("x", "y").done();
        let error = Ground::new().lowest(&archive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput, "{map:?}: {error}");
    }
}

#[test]
fn lists_of_access_and_capabilities_survive() {
    let ground = Ground::new();
    // CAP_NET_RAW, effective and permitted, as the kernel writes it.
    let capability = [
        1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let archive = Tar::new()
        .pax(&[
            (
                "SCHILY.acl.access",
                b"user::rwx,user:lisa:rw-:1000,group::r-x,mask::rwx,other::---",
            ),
            ("SCHILY.acl.default", b"user::rwx,group::r-x,other::r--"),
        ])
        .dir_mode("d/", 0o770)
        .file_mode("d/f", 0o604, 7, 7)
        .dir_mode("d/e", 0o705)
        .pax(&[("SCHILY.xattr.security.capability", &capability)])
        .file_mode("ping", 0o755, 3, 4)
        .done();
    ground.lowest(&archive).unwrap();
    let acl = xattr(&ground.stage().join("d"), "system.posix_acl_access");
    assert_eq!(acl.len(), 4 + 5 * 8);
    assert_eq!(&acl[12..20], [2, 0, 6, 0, 0xe8, 3, 0, 0], "lisa is 1000");
    assert_eq!(
        xattr(&ground.stage().join("d"), "system.posix_acl_default").len(),
        4 + 3 * 8
    );
    assert_eq!(
        xattr(&ground.stage().join("ping"), "security.capability"),
        capability
    );
    // Nothing is inherited: the archive says what a file is like.
    for (name, mode) in [("d/f", "100604 7:7"), ("d/e", "40705 0:0")] {
        let path = ground.stage().join(name);
        for acl in ["system.posix_acl_access", "system.posix_acl_default"] {
            assert!(
                rustix::fs::lgetxattr_query(&path, acl).is_err(),
                "{name} {acl}"
            );
        }
        assert!(
            ground.tree()[name].starts_with(mode),
            "{:?}",
            ground.tree()[name]
        );
    }
}

#[test]
fn groups_are_not_inherited_either() {
    let ground = Ground::new();
    let archive = Tar::new()
        .dir_mode("./", 0o755)
        .dir_mode("d/", 0o2755)
        .file("d/own", "")
        .done();
    let stage = ground.stage();
    rustix::fs::chown(&stage, None, Some(rustix::fs::Gid::from_raw(50))).unwrap();
    rustix::fs::chmod(&stage, rustix::fs::Mode::from_raw_mode(0o2755)).unwrap();
    ground
        .over(&Tar::new().file("f", "").dir("g/").symlink("l", "x").done())
        .unwrap();
    ground.over(&archive).unwrap();
    let tree = ground.tree();
    for (name, expected) in [
        ("f", "100644 0:0"),
        ("g", "40755 0:0"),
        ("l", "120777 0:0"),
        ("d", "42755 0:0"),
        ("", "40755 0:0"),
    ] {
        assert!(tree[name].starts_with(expected), "{name}: {}", tree[name]);
    }
}

#[test]
fn a_directory_described_anew_takes_all_of_the_description() {
    let ground = Ground::new();
    let first = Tar::new()
        .pax(&[
            ("SCHILY.xattr.user.old", b"1"),
            ("SCHILY.acl.default", b"user::rwx,group::r-x,other::r--"),
        ])
        .dir("d/")
        .file("d/f", "stays")
        .done();
    ground.lowest(&first).unwrap();
    let second = Tar::new()
        .pax(&[("SCHILY.xattr.user.new", b"2"), ("mtime", b"5.5")])
        .dir_mode("d", 0o700)
        .done();
    ground.over(&second).unwrap();
    let d = ground.stage().join("d");
    assert!(rustix::fs::lgetxattr_query(&d, "user.old").is_err());
    assert!(rustix::fs::lgetxattr_query(&d, "system.posix_acl_default").is_err());
    assert_eq!(xattr(&d, "user.new"), b"2");
    let tree = ground.tree();
    assert_eq!(tree["d"], "40700 0:0 5.500000000 dir");
    assert!(tree["d/f"].ends_with("stays"));
}

#[test]
fn what_says_nothing_about_entries_is_passed_over() {
    let ground = Ground::new();
    let mut global = tar::Header::new_ustar();
    global.set_entry_type(tar::EntryType::XGlobalHeader);
    global.set_size(19);
    let archive = Tar::new()
        .raw(b"pax_global_header", global, b"19 comment=0123456\n")
        .pax(&[
            ("path", b""),
            ("comment", b"x"),
            ("VENDOR.thing", b"y"),
            ("atime", b"1"),
        ])
        .file("name", "1")
        .done();
    // Blocks behind the end mark are drained, not read.
    let trailing = [&archive[..], &[b'x'; 3000]].concat();
    let applied = ground.lowest(&trailing).unwrap();
    assert_eq!(applied.entries, 1);
    assert_eq!(ground.tree().into_keys().collect::<Vec<_>>(), ["", "name"]);
    assert_eq!(Ground::new().lowest(b"").unwrap().entries, 0);
    assert_eq!(Ground::new().lowest(&[0; 1024]).unwrap().entries, 0);
}

#[test]
fn more_directories_than_are_kept_open_get_their_times() {
    let ground = Ground::new();
    let mut tar = Tar::new();
    for n in 0..200 {
        tar = tar
            .pax(&[("mtime", format!("{n}.5").as_bytes())])
            .dir(&format!("d{n}"));
    }
    for n in 0..200 {
        tar = tar
            .file(&format!("d{n}/f"), "")
            .file(&format!("i{n}/f"), "");
    }
    ground.lowest(&tar.done()).unwrap();
    let tree = ground.tree();
    for n in 0..200 {
        assert_eq!(
            tree[&format!("d{n}")],
            format!("40755 0:0 {n}.500000000 dir")
        );
        assert_eq!(tree[&format!("i{n}")], "40755 0:0 0.000000000 dir");
    }
}

/// GNU tar writes the name of its own invention as `path`, behind the true one, when it is long.
#[test]
fn the_true_name_of_a_sparse_file_wins_wherever_it_stands() {
    let ground = Ground::new();
    let archive = Tar::new()
        .pax(&[
            ("GNU.sparse.size", b"6000"),
            ("GNU.sparse.numblocks", b"1"),
            ("GNU.sparse.name", b"true"),
            ("GNU.sparse.map", b"1000,3"),
            ("path", b"GNUSparseFile.1/true"),
        ])
        .file("GNUSparseFile.1/tr", "abc")
        .done();
    ground.lowest(&archive).unwrap();
    assert_eq!(ground.tree().into_keys().collect::<Vec<_>>(), ["", "true"]);
}
