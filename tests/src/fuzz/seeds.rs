//! Where the search starts: archives of every kind that the cases use, small.

use tar::EntryType;

use super::program::RAW;
use crate::oracle::archive::{self, Entry};

/// The seeds, each with a name.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, entries) in archives() {
        let tar = archive::write(&entries);
        // Onto each ground.
        for onto in 0..4 {
            seeds.push((format!("{name}-{onto}"), [&[RAW | onto][..], &tar].concat()));
        }
    }
    seeds
}

fn archives() -> Vec<(&'static str, Vec<Entry>)> {
    let node = |kind, path: &str, device| Entry {
        device,
        ..Entry::new(kind, path)
    };
    let with = |path: &str, name: &[u8], value: &[u8]| Entry {
        xattrs: vec![(name.to_vec(), value.to_vec())],
        ..Entry::file(path, "x")
    };
    let pax = |records: &[(&[u8], &[u8])]| Entry {
        data: archive::records(
            &records
                .iter()
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect::<Vec<_>>(),
        ),
        mtime: (0, 0),
        ..Entry::new(EntryType::XHeader, "PaxHeaders/x")
    };
    vec![
        (
            "parents",
            vec![
                Entry::file("../victim/kept", "x"),
                Entry::file("/a/../../x", "x"),
            ],
        ),
        (
            "links",
            vec![
                Entry::symlink("x", "../victim"),
                Entry::symlink("y", "x"),
                Entry::file("y/kept", "evil"),
                Entry::file("y/.wh.kept", ""),
                Entry::link("h", "y/kept"),
            ],
        ),
        (
            "whiteouts",
            vec![
                Entry::file(".wh.low", ""),
                Entry::file("a/.wh..wh..opq", ""),
                Entry::file("a/new", "1"),
                Entry::file("d/.wh.a", ""),
                Entry::dir("d/a/"),
                Entry::dir(".wh..wh.plnk/"),
            ],
        ),
        (
            "types",
            vec![
                Entry::file("low", "over a file"),
                Entry::dir("low/"),
                Entry::symlink("low", "a"),
                node(EntryType::Fifo, "a", (0, 0)),
                node(EntryType::Char, "d", (1, 3)),
                node(EntryType::Block, "c", (4095, 1)),
            ],
        ),
        (
            "attributes",
            vec![
                with("c", b"security.capability", &crate::fixture::capability()),
                with("e", b"system.posix_acl_access", &crate::fixture::acl(7)),
                with("f", b"user.x", b"\0\n"),
                with("g", b"trusted.overlay.opaque", b"y"),
            ],
        ),
        (
            "sparse",
            vec![
                pax(&[
                    (b"GNU.sparse.map", b"1000,2,5000,1"),
                    (b"GNU.sparse.size", b"6000"),
                    (b"GNU.sparse.name", b"s"),
                ]),
                Entry::file("x", "abc"),
                pax(&[
                    (b"GNU.sparse.major", b"1"),
                    (b"GNU.sparse.minor", b"0"),
                    (b"GNU.sparse.realsize", b"6000"),
                ]),
                Entry::file("y", [&b"1\n0\n3\n"[..], &[0; 506], b"abc"].concat()),
            ],
        ),
        (
            "extended",
            vec![
                pax(&[
                    (b"path", b"p/q"),
                    (b"mtime", b"-1.5"),
                    (b"uid", b"4294967294"),
                    (b"size", b"3"),
                    (b"SCHILY.acl.access", b"user::rwx,group::r-x,other::---"),
                ]),
                Entry::file("x", "abc"),
                Entry {
                    data: b"long/name\0".to_vec(),
                    ..Entry::new(EntryType::GNULongName, "././@LongLink")
                },
                Entry::file("long", "z"),
            ],
        ),
    ]
}
