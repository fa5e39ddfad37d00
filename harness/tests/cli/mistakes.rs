//! What people mistype, or leave empty: told before anything is made, with what it should have been; and never taken for
//! something else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use drivers::sys::command::ends_within;
use rustix::process::{Pid, Signal, kill_process};

use crate::session::{Session, assert_one_line};

const PLAN: [&str; 6] = [
    "bench",
    "--dry-run",
    "--profile",
    "smoke",
    "--workload",
    "pull",
];

/// A run whose image cannot be had would be the newest one, and `latest` would lead to nothing.
#[test]
fn an_image_that_is_not_there_leaves_no_run() {
    let session = Session::new();
    for line in [
        &[
            "run",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--image",
            "defualt",
        ][..],
        &[
            "bench",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--image",
            "defualt",
        ],
        &[
            "exec", "--driver", "vfs", "--image", "defualt", "--", "true",
        ],
        &["image", "inspect", "defualt"],
    ] {
        let (_, err) = session.expect(66, line);
        assert_one_line(&err);
        assert!(err.contains("tiny, default, large"), "{line:?}: {err}");
        assert!(!session.path("layerbench-out").exists(), "{line:?}");
        session.assert_clean();
    }
    let (_, err) = session.expect(66, &["image", "generate", "absent/image"]);
    assert_one_line(&err);
    assert!(err.contains("in a directory that is there"), "{err}");
}

#[test]
fn a_subject_that_is_named_twice_is_one() {
    let session = Session::new();
    let (text, _) = session.expect(
        0,
        &[
            &PLAN[..],
            &[
                "--driver",
                "overlay2",
                "--driver",
                "overlay2@ext4",
                "--workload",
                "pull",
            ],
        ]
        .concat(),
    );
    let subjects = text
        .lines()
        .find(|line| line.contains("subjects "))
        .unwrap();
    assert_eq!(subjects.matches("overlay2@ext4").count(), 1, "{text}");
    assert!(text.contains("times 1 workloads"), "{text}");
    // Of other options, and of another backing, they are others.
    let others = ["--driver", "overlay2@xfs overlay2,metacopy=on overlay2"];
    let (text, _) = session.expect(0, &[&PLAN[..], &others].concat());
    assert!(
        text.contains("overlay2@xfs, overlay2@ext4,metacopy=on, overlay2@ext4"),
        "{text}"
    );
}

#[test]
fn what_a_command_would_ignore_it_refuses() {
    let session = Session::new();
    let (_, err) = session.expect(2, &["bench", "--case", "image_never_changes"]);
    assert_one_line(&err);
    assert!(err.contains("layerbench conform"), "{err}");
    // As a shell makes it of a variable that is not set.
    for line in [
        &["conform", "--list", "--case", ""][..],
        &["run", "--dry-run", "--case", ""],
        &["trend", "--subject", ""],
        &["publish", "--redact", ""],
    ] {
        let (_, err) = session.expect(2, line);
        assert!(err.contains("a value is required"), "{line:?}: {err}");
    }
    assert!(!session.path("layerbench-out").exists() && !session.path("work").exists());
}

#[test]
fn variables_that_are_set_to_nothing_are_not_set() {
    let session = Session::new();
    let empty = [
        "DRIVER", "BACKING", "PROFILE", "SEED", "SETTINGS", "IMAGE", "COUNTS", "OUT", "LOG",
    ];
    let mut command = session.command(&PLAN);
    for name in empty {
        command.env(format!("LAYERBENCH_{name}"), "");
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // Given on the command line, nothing is a mistake.
    for flag in ["--out", "--seed", "--driver"] {
        session.expect(2, &[&PLAN[..], &[flag, ""]].concat());
    }
}

#[test]
fn a_bad_value_of_a_variable_is_told_with_its_name() {
    let session = Session::new();
    for (name, value, word) in [
        ("LAYERBENCH_SEED", "soon", "variable LAYERBENCH_SEED"),
        ("LAYERBENCH_COUNTS", "maybe", "variable LAYERBENCH_COUNTS"),
        ("LAYERBENCH_LOG", "drivers=[", "LAYERBENCH_LOG"),
    ] {
        let output = session.command(&PLAN).env(name, value).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {err}");
        assert!(err.contains(word), "{name}: {err}");
    }
    let line = [&PLAN[..], &["--seed", "soon"]].concat();
    let output = session
        .command(&line)
        .env("LAYERBENCH_SEED", "1")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        !err.contains("LAYERBENCH_SEED"),
        "it was the command line: {err}"
    );
    // What people write for yes.
    for value in ["1", "true", "yes"] {
        let plan = session
            .command(&PLAN)
            .env("LAYERBENCH_REGISTRY_CLEARTEXT", value)
            .output()
            .unwrap();
        assert_eq!(plan.status.code(), Some(0), "{value}: {plan:?}");
    }
}

#[test]
fn list_shows_the_settings_that_a_run_would_take() {
    let session = Session::new();
    let settings = "[profile.nightly]\nbased-on = \"smoke\"\nrounds = 7\n";
    std::fs::write(session.path("own.toml"), settings).unwrap();
    let (text, _) = session.expect(0, &["list", "--settings", "own.toml"]);
    assert!(
        text.contains("nightly") && text.contains("7 rounds"),
        "{text}"
    );
    let output = session
        .command(&["list"])
        .env("LAYERBENCH_SETTINGS", "own.toml")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("nightly"));
    let (_, err) = session.expect(66, &["list", "--settings", "absent.toml"]);
    assert_one_line(&err);
}

/// After hours of work there would be no file.
#[test]
fn a_file_that_cannot_be_written_is_told_before_the_work() {
    let session = Session::new();
    std::fs::write(
        session.path("baseline.jsonl"),
        include_str!("../../../ci/baseline/records.jsonl"),
    )
    .unwrap();
    std::fs::create_dir(session.path("directory")).unwrap();
    for junit in ["absent/junit.xml", "directory"] {
        for line in [
            &[
                "conform",
                "--driver",
                "vfs",
                "--case",
                "image_never_changes",
            ][..],
            &["gate", "--baseline", "baseline.jsonl"],
        ] {
            let output = session.run(&[line, &["--junit", junit]].concat());
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(
                matches!(output.status.code(), Some(66 | 71)),
                "{line:?}: {err}"
            );
            assert_one_line(&err);
            assert!(err.contains(junit), "{err}");
        }
    }
    assert!(!session.path("layerbench-out").exists() && !session.path("work").exists());
}

#[test]
fn mistakes_in_files_and_names_come_with_their_place_and_what_is_near() {
    let session = Session::new();
    let known = "[[known]]\ndriver = \"vfs\"\ncase = \"image_never_changes\"\nlnik = \"x\"\n";
    std::fs::write(session.path("known.toml"), known).unwrap();
    let (_, err) = session.expect(65, &["conform", "--known", "known.toml"]);
    assert_one_line(&err);
    assert!(
        err.contains("known.toml: line 4: ") && err.contains("lnik"),
        "{err}"
    );
    let (_, err) = session.expect(2, &["claims", "--list", "--claim", "frist-write"]);
    assert_one_line(&err);
    assert!(err.contains("first-write-is-slow"), "{err}");
    let (_, err) = session.expect(2, &["claims", "--list", "--claim", "99"]);
    assert!(err.contains("the numbers 1 to "), "{err}");
    for line in [
        &["bench", "--size", "plenty"][..],
        &["bench", "--limit-bytes", "plenty"],
        &["image", "generate", "img", "--size", "plenty"],
    ] {
        let (_, err) = session.expect(2, line);
        assert!(err.contains("such as 512MiB"), "{err}");
    }
    let (_, err) = session.expect(71, &["doctor", "--work", "known.toml"]);
    assert_one_line(&err);
    let (_, err) = session.expect(2, &["bench", "--workload", "strat"]);
    assert!(err.contains("near it are start"), "{err}");
    let (_, err) = session.expect(2, &["conform", "--userns", "--driver", "nosuch"]);
    assert_one_line(&err);
    let (_, err) = session.expect(66, &["publish", "absent", "--out", "site"]);
    assert_one_line(&err);
    session.expect(4, &["publish", "known.toml", "--out", "site"]);
    assert!(!session.path("site").exists() && !session.path("layerbench-out").exists());
}

#[test]
fn a_file_of_passwords_that_is_named_must_be_there() {
    let session = Session::new();
    let image = "docker://127.0.0.1:1/some/image:1";
    let line = ["image", "inspect", image, "--registry-auth", "absent.json"];
    let (_, err) = session.expect(66, &line);
    assert_one_line(&err);
    assert!(
        err.contains("absent.json") && err.contains("podman login"),
        "{err}"
    );
}

/// A registry that is always busy: who does not want to wait for it any longer leaves nothing behind.
#[test]
fn ctrl_c_while_an_image_is_fetched_leaves_nothing() {
    let session = Session::new();
    let tmp = session.path("tmp");
    std::fs::create_dir(&tmp).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("docker://{}/some/image:1", listener.local_addr().unwrap());
    let mut child = session
        .command(&["image", "inspect", &image])
        .env("TMPDIR", &tmp)
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    let (mut first, _) = listener.accept().unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    drop(first.write_all(busy.as_bytes()));
    drop(first);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            drop(stream.write_all(busy.as_bytes()));
        }
    });
    let ended = ends_within(&child, Duration::from_secs(60)).unwrap();
    if !ended {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(ended, "{said}");
    assert_eq!(status.code(), Some(130), "{said}");
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0, "{said}");
}
