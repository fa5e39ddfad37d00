//! Without privileges, and without space.

use std::time::Duration;

use rustix::mount::{MountPropagationFlags, mount_change};
use tar::EntryType;

use super::ground::{Ground, Tar};
use crate::error::ErrorKind;
use crate::sys::command;
use crate::unpack::{Below, Deletions, Limits, Stage, apply};

fn archive() -> Vec<u8> {
    Tar::new()
        .dir("d/")
        .file_mode("d/theirs", 0o4755, 1234, 1234)
        .file("d/ours", "1")
        .node(EntryType::Char, "d/null", 1, 3)
        .node(EntryType::Fifo, "d/fifo", 0, 0)
        .pax(&[
            ("SCHILY.xattr.trusted.x", b"1"),
            ("SCHILY.xattr.user.y", b"2"),
        ])
        .file("d/x", "")
        .done()
}

/// Runs the test below again as a process that is root in a user namespace only.
#[test]
fn a_user_namespace_gets_what_it_can_hold() {
    let this = std::env::current_exe().unwrap();
    let test = "unpack::tests::privileges::in_a_user_namespace";
    let line: [&std::ffi::OsStr; 6] = [
        "--map-root-user".as_ref(),
        "--user".as_ref(),
        this.as_os_str(),
        "--ignored".as_ref(),
        "--exact".as_ref(),
        test.as_ref(),
    ];
    let said = command::run("/usr/bin/unshare".as_ref(), &line, Duration::from_secs(60)).unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "needs a user namespace: a_user_namespace_gets_what_it_can_hold runs it"]
fn in_a_user_namespace() {
    let ground = Ground::new();
    let stage = Stage {
        dir: ground.stage(),
        below: Below::Nothing,
        deletions: Deletions::Remove,
        keep_owners: false,
    };
    let applied = apply(&stage, &mut &archive()[..], &Limits::default()).unwrap();
    assert_eq!(
        (
            applied.owners_dropped,
            applied.xattrs_dropped,
            applied.devices_dropped
        ),
        (1, 1, 1)
    );
    let names: Vec<_> = ground.tree().into_keys().collect();
    assert_eq!(names, ["", "d", "d/fifo", "d/ours", "d/theirs", "d/x"]);
    assert!(ground.tree()["d/theirs"].starts_with("104755 0:0"));
    assert!(rustix::fs::lgetxattr_query(ground.stage().join("d/x"), "user.y").is_ok());
}

#[test]
fn a_full_filesystem_is_named_as_such() {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).unwrap();
    mount_change(
        "/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )
    .unwrap();
    let ground = Ground::new();
    let small =
        crate::mount::filesystem("tmpfs", None, &[("size", Some("64k"))], &ground.stage()).unwrap();
    let error = ground
        .lowest(&Tar::new().file("big", &"x".repeat(200_000)).done())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
    assert!(error.to_string().contains("big"), "{error}");
    small.unmount().unwrap();
}
