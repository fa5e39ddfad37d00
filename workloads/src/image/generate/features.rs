//! The fixed part of the lowest layer: a small root, and one of everything that unpackers get wrong.

use super::content::Content;
use super::elf;
use super::plan::{Node, Planner};
use super::spec::Spec;
use super::words::word;

const DIRECTORIES: &[(&str, u32)] = &[
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("home/user", 0o700),
    ("opt", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("srv", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("usr/bin", 0o755),
    ("usr/lib", 0o755),
    ("usr/share", 0o755),
    ("usr/share/doc", 0o755),
    ("var", 0o755),
    ("var/cache", 0o755),
    ("var/lib", 0o755),
    ("var/log", 0o755),
    ("var/mail", 0o2775),
    ("var/tmp", 0o1777),
];

/// Version 2 of `struct vfs_cap_data` (linux/capability.h): effective, CAP_NET_RAW permitted.
const CAP_NET_RAW: [u8; 20] = [
    0x01, 0, 0, 0x02, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Plans the fixed part.
pub(super) fn base(planner: &mut Planner, spec: &Spec) {
    for (path, mode) in DIRECTORIES {
        let mut meta = planner.meta(*mode);
        if *path == "home/user" {
            meta.owner = 1000;
        }
        planner.directory(path, meta);
    }
    let program = elf::exit_zero(&spec.architecture).unwrap_or_default();
    let bytes = |planner: &mut Planner, path: &str, mode: u32, bytes: Vec<u8>| {
        let meta = planner.meta(mode);
        planner.file(path, Content::Bytes(bytes), meta);
    };
    bytes(planner, "bin/true", 0o755, program.clone());
    let passwd = b"root:x:0:0:root:/root:/bin/true\nuser:x:1000:1000::/home/user:/bin/true\n";
    bytes(planner, "etc/passwd", 0o644, passwd.to_vec());
    bytes(
        planner,
        "etc/group",
        0o644,
        b"root:x:0:\nuser:x:1000:\n".to_vec(),
    );
    bytes(planner, "etc/hostname", 0o644, b"layerbench\n".to_vec());
    bytes(planner, "usr/bin/su", 0o4755, program.clone());
    bytes(planner, "var/log/empty", 0o640, Vec::new());
    bytes(
        planner,
        "usr/share/doc/ñandú.txt",
        0o644,
        b"a name that is not ASCII\n".to_vec(),
    );
    bytes(
        planner,
        &format!("usr/share/doc/{}", "long".repeat(55)),
        0o644,
        b"a long name\n".to_vec(),
    );

    let mut meta = planner.meta(0o755);
    meta.xattrs
        .push(("security.capability", CAP_NET_RAW.to_vec()));
    planner.file("usr/bin/ping", Content::Bytes(program), meta);

    let meta = planner.meta(0o640);
    planner.add("run/events", Node::Fifo, meta);
    for (path, target) in [
        ("usr/bin/sh", "../../bin/true"),
        ("etc/mtab", "/proc/mounts"),
        ("etc/localtime", "../usr/share/zoneinfo/Nowhere"),
    ] {
        let meta = planner.meta(0o777);
        planner.add(path, Node::Symlink(target.to_owned()), meta);
    }
    // One directory chain of the full depth, whose file's path is longer than a tar header holds.
    let mut path = "opt".to_owned();
    for level in 1..spec.depth {
        let byte = u8::try_from(level).unwrap_or(u8::MAX);
        path = format!("{path}/{}-{}-deep", word(byte), word(byte.wrapping_mul(7)));
        let meta = planner.meta(0o755);
        planner.directory(&path, meta);
    }
    bytes(
        planner,
        &format!("{path}/{}", "bottom".repeat(17)),
        0o644,
        b"deep\n".to_vec(),
    );
}
