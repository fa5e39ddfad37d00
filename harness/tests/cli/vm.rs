//! `layerbench vm` where no guest can be had: what it says, and that nothing is left. The guests themselves are tried by
//! scripts/test-vm.sh.

use crate::session::{Session, assert_one_line};

/// A port nobody listens at.
const NOBODY: &str = "http://127.0.0.1:9/debian";

#[test]
fn guests_are_listed_before_anything_is_prepared() {
    let session = Session::new();
    let (out, _) = session.expect(0, &["vm", "list", "--cache", "guests"]);
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(
        out.lines().all(|line| line.ends_with("(not prepared)")),
        "{out}"
    );
    assert!(
        out.contains("6.12+zfs-2.3") && out.contains("6.1+zfs-2.1"),
        "{out}"
    );
    assert!(!session.path("guests").exists());
}

#[test]
fn what_was_mistyped_is_told_before_anything_is_made() {
    let session = Session::new();
    let line = [
        "vm", "run", "--cache", "guests", "--kernel", "7.0", "--", "list",
    ];
    let (_, err) = session.expect(2, &line);
    assert_one_line(&err);
    assert!(err.contains("6.12+zfs-2.3"), "{err}");
    session.expect(2, &["vm", "prepare", "--cache", "guests", "7.0"]);
    session.expect(2, &["vm", "run", "--cache", "guests"]);
    session.expect(2, &["vm", "run", "--memory", "3MiB", "--", "list"]);
    session.expect(2, &["vm", "prepare", "--cache", "a b"]);
    assert!(!session.path("guests").exists());
}

#[test]
fn without_packages_the_reason_is_told_and_the_next_try_begins_anew() {
    let session = Session::new();
    let line = ["vm", "prepare", "--cache", "guests", "--mirror", NOBODY];
    for _ in 0..2 {
        let (_, err) = session.expect(6, &line);
        let last = err.lines().last().unwrap_or_default();
        let told = last.contains("cannot be had from http://127.0.0.1:9/debian")
            // No Debian: then the tool, or the keys, are named with their package.
            || last.contains("apt-get install");
        assert!(told, "{err}");
        let (out, _) = session.expect(0, &["vm", "list", "--cache", "guests"]);
        assert!(!out.contains("(ready"), "{out}");
    }
    session.assert_clean();
}

#[test]
fn one_prepares_at_a_time() {
    let session = Session::new();
    let dir = session.path("guests/6.12+zfs-2.3");
    std::fs::create_dir_all(&dir).unwrap();
    let lock = std::fs::File::create(dir.join("lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    for line in [
        &["vm", "prepare", "--cache", "guests", "6.12+zfs-2.3"][..],
        &["vm", "run", "--cache", "guests", "--", "list"],
    ] {
        let (_, err) = session.expect(71, line);
        assert!(err.contains("in use by another layerbench vm"), "{err}");
    }
    let (out, _) = session.expect(0, &["vm", "list", "--cache", "guests"]);
    assert!(out.contains("in use by another"), "{out}");
}
