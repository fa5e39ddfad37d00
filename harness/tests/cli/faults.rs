//! What is not as it should be around the program: full disks, directories, tools, pipes, records.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Stdio;

use crate::session::{Session, assert_one_line};

const CASE: [&str; 5] = [
    "conform",
    "--driver",
    "vfs",
    "--case",
    "image_never_changes",
];

#[test]
fn a_full_disk_is_an_error_that_leaves_nothing() {
    let session = Session::new();
    session.expect(0, &["image", "generate", "img", "--size", "40MiB"]);
    let (_, err) = session.expect(
        71,
        &[
            "exec",
            "--driver",
            "overlay2@ext4",
            "--size",
            "16MiB",
            "--image",
            "img",
            "--",
            "true",
        ],
    );
    assert_one_line(&err);
    assert!(
        err.contains("No space left") && err.contains("--size"),
        "{err}"
    );
    session.assert_clean();
    // Too small even for the filesystem itself.
    let (_, err) = session.expect(
        71,
        &["exec", "--driver", "btrfs", "--size", "1MiB", "--", "true"],
    );
    assert_one_line(&err);
    assert!(err.contains("--size"), "{err}");
    session.expect(2, &["exec", "--driver", "vfs", "--size", "0", "--", "true"]);
    // A workload that fails for want of room is in the report, and the run has not succeeded.
    let (_, err) = session.expect(
        71,
        &[
            "bench",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--workload",
            "pull",
            "--size",
            "2MiB",
        ],
    );
    assert!(err.contains("did not finish"), "{err}");
    let report = session.path("layerbench-out/summary.md");
    assert!(
        std::fs::read_to_string(report)
            .unwrap()
            .contains("No space left")
    );
    session.assert_clean();
}

/// The results' disk, not the stores': nothing of the run is left, and what to do is said.
#[test]
fn a_full_output_directory_is_told_and_leaves_nothing() {
    let session = Session::new();
    std::fs::create_dir(session.path("small")).unwrap();
    let script = "mount -t tmpfs -o size=16k none small && exec \"$0\" \"$@\"";
    let binary = env!("CARGO_BIN_EXE_layerbench");
    let line = [
        &["-m", "sh", "-c", script, binary][..],
        &CASE,
        &["--out", "small"],
    ]
    .concat();
    let output = session.tool("unshare", &line);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(71), "{err}");
    assert_one_line(&err);
    for word in ["small/runs/", "No space left", "make room there"] {
        assert!(err.contains(word), "{word}: {err}");
    }
    session.assert_clean();
    // Larger than any file may be.
    let huge = [
        "exec",
        "--driver",
        "overlay2@ext4",
        "--size",
        "8000PiB",
        "--",
        "true",
    ];
    let (_, err) = session.expect(71, &huge);
    assert_one_line(&err);
    assert!(err.contains("is --size too large"), "{err}");
    session.assert_clean();
}

#[test]
fn an_output_directory_that_cannot_be_written_is_told_first() {
    let session = Session::new();
    std::fs::write(session.path("file"), "precious").unwrap();
    for out in ["file", "file/below", "/proc/nowhere"] {
        let output = session.run(&[&CASE[..], &["--out", out]].concat());
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(66 | 71)),
            "{out}: {err}"
        );
        assert_one_line(&err);
        assert!(err.contains(out) && err.contains("--out"), "{err}");
        session.assert_clean();
    }
    assert_eq!(std::fs::read(session.path("file")).unwrap(), b"precious");
}

#[test]
fn a_work_directory_that_others_can_reach_into_is_refused() {
    let session = Session::new();
    let make = |name: &str| {
        std::fs::create_dir(session.path(name)).unwrap();
        session.path(name)
    };
    let open = make("open");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    chown(make("foreign"), Some(1234), None).unwrap();
    symlink(make("real"), session.path("link")).unwrap();
    std::fs::write(session.path("file"), "").unwrap();
    for (work, code) in [("open", 77), ("foreign", 77), ("link", 77), ("file", 71)] {
        let (_, err) = session.expect(code, &[&CASE[..], &["--work", work]].concat());
        assert_one_line(&err);
        assert!(err.contains(work) && err.contains("--work"), "{err}");
    }
    let (_, err) = session.expect(77, &["sweep", "--work", "foreign"]);
    assert_one_line(&err);
    session.expect(0, &[&CASE[..], &["--work", "a/new/one"]].concat());
    assert_eq!(std::fs::read_dir(session.path("real")).unwrap().count(), 0);
}

#[test]
fn a_missing_tool_is_named_with_the_package() {
    let session = Session::new();
    for (tool, instead, driver, package) in [
        ("/usr/sbin/mkfs.xfs", "", "overlay2@xfs", "xfsprogs"),
        ("/usr/sbin/mkfs.btrfs", "", "btrfs", "btrfs-progs"),
        (
            "/usr/bin/fuse-overlayfs",
            "",
            "fuse-overlayfs",
            "fuse-overlayfs",
        ),
        ("/usr/sbin/zfs-fuse", "/dev/zfs", "zfs", "zfs-fuse"),
    ] {
        // What is not installed cannot be hidden, nor is it missed where something else stands in.
        if !Path::new(tool).exists() || Path::new(instead).exists() {
            continue;
        }
        let output = session.without_tool(tool, &["exec", "--driver", driver, "--", "true"]);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{tool}: {err}");
        assert_one_line(&err);
        assert!(
            err.contains("not installed") && err.contains(package),
            "{err}"
        );
        session.assert_clean();
    }
    // Nobody asked for ext4: the next backing store is taken.
    let output = session.without_tool(
        "/usr/sbin/mkfs.ext4",
        &[
            "exec",
            "--driver",
            "overlay2",
            "--",
            "sh",
            "-c",
            "stat -f -c %T $LAYERBENCH_ROOT",
        ],
    );
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn closed_pipes_and_odd_arguments_are_no_fault() {
    let session = Session::new();
    // Whoever reads the other end has gone already.
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for line in [&["list"][..], &["doctor"], &["--help"], &CASE[..]] {
        let status = session
            .command(line)
            .stdin(closed())
            .stdout(closed())
            .stderr(closed())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{line:?}");
    }
    let status = session
        .command(&["run", "--driver", "nosuch"])
        .stderr(closed())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = session.command(&["list"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(71));

    let odd = std::ffi::OsStr::from_bytes(b"out-\xff");
    let output = session
        .command(&CASE)
        .arg("--out")
        .arg(odd)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(session.dir().join(odd).join("report.html").exists());
    let output = session
        .command(&["exec", "--driver", "vfs", "--", "printf"])
        .arg(odd)
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"out-\xff");
    session.assert_clean();
}

#[test]
fn records_that_are_none_are_refused() {
    let session = Session::new();
    session.expect(66, &["report", "absent"]);
    std::fs::create_dir(session.path("out")).unwrap();
    session.expect(66, &["report", "out"]);
    for garbage in [
        &b""[..],
        b"garbage\n",
        b"\xff\xfe\0",
        b"{}\n",
        b"[1]\n",
        b"{\"schema\":999}\n",
    ] {
        std::fs::write(session.path("out/records.jsonl"), garbage).unwrap();
        let (_, err) = session.expect(65, &["report", "out"]);
        assert_one_line(&err);
        assert!(err.contains("records.jsonl"), "{err}");
        assert!(!session.path("out/report.html").exists());
    }
}
