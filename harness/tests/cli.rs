//! The binary, end to end, as a user meets it: what it prints, how it ends, what it leaves.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

/// A user's session: a directory for output and one for work, both gone afterwards.
struct Session {
    dir: tempfile::TempDir,
}

impl Session {
    fn new() -> Self {
        Self {
            dir: tempfile::Builder::new()
                .prefix("layerbench-cli-")
                .tempdir_in("/var/tmp")
                .unwrap(),
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the test is the user who starts the program"
    )]
    fn run(&self, line: &[&str]) -> Output {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_layerbench"))
            .args(line)
            .current_dir(self.dir.path())
            .env("LAYERBENCH_WORK", self.path("work"))
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{line:?} panicked: {err}");
        output
    }

    /// Runs a line that must end with `code`, and gives its standard output and standard error.
    fn expect(&self, code: i32, line: &[&str]) -> (String, String) {
        let output = self.run(line);
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert_eq!(output.status.code(), Some(code), "{line:?}\n{out}\n{err}");
        (out, err)
    }

    /// Nothing of this session is mounted or attached, and its work directory is empty.
    fn assert_clean(&self) {
        let needle = self.dir.path().to_string_lossy().into_owned();
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&needle), "a mount is left: {mounts}");
        for entry in std::fs::read_dir("/sys/block").unwrap() {
            let backing = std::fs::read_to_string(entry.unwrap().path().join("loop/backing_file"))
                .unwrap_or_default();
            assert!(
                !backing.contains(&needle),
                "a loop device is left: {backing}"
            );
        }
        if let Ok(entries) = std::fs::read_dir(self.path("work")) {
            let left: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            assert!(left.is_empty(), "left in the work directory: {left:?}");
        }
    }
}

/// One line, saying who speaks.
fn assert_one_line(err: &str) {
    assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    assert!(err.starts_with("layerbench: "), "{err}");
}

#[test]
fn mistakes_on_the_command_line_are_told_before_anything_is_made() {
    let session = Session::new();
    for (line, word) in [
        (vec!["run", "--driver", "nosuch"], "overlay2"),
        (vec!["run", "--driver", "vfs,nosuch=1"], "nosuch"),
        (vec!["run", "--driver", "btrfs@tmpfs"], "btrfs"),
        (vec!["conform", "--case", "nosuch"], "nosuch"),
        (vec!["bench", "--workload", "nosuch"], "copy-up"),
        (vec!["run", "--time-budget", "soon"], "90s"),
        (vec!["run", "--backing", "fat"], "ext4"),
    ] {
        let (_, err) = session.expect(2, &line);
        assert_one_line(&err);
        assert!(err.contains(word), "{line:?} should mention {word}: {err}");
    }
    session.expect(2, &["run", "--rounds", "0"]);
    session.expect(2, &["nosuch"]);
    assert!(!session.path("work").exists() && !session.path("layerbench-out").exists());
}

#[test]
fn doctor_and_list_tell_the_same_to_people_and_programs() {
    let session = Session::new();
    let (text, _) = session.expect(0, &["doctor"]);
    let (json, _) = session.expect(0, &["doctor", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let drivers = json["drivers"].as_array().unwrap();
    assert_eq!(drivers.len(), 5);
    for driver in drivers {
        assert!(text.contains(driver["driver"].as_str().unwrap()));
        assert!(
            driver["ready"] == true || driver["fix"].as_str().is_some_and(|fix| !fix.is_empty()),
            "{driver}"
        );
    }
    let (json, _) = session.expect(0, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["cases"].as_array().unwrap().len() >= 40);
    assert_eq!(json["workloads"].as_array().unwrap().len(), 4);
    let (text, _) = session.expect(0, &["list"]);
    assert!(text.contains("image_never_changes") && text.contains("metacopy"));
}

#[test]
fn images_are_generated_alike_and_inspected() {
    let session = Session::new();
    for name in ["a", "b"] {
        session.expect(
            0,
            &["image", "generate", name, "--preset", "tiny", "--seed", "7"],
        );
    }
    let index = |name: &str| std::fs::read(session.path(name).join("index.json")).unwrap();
    assert_eq!(index("a"), index("b"));
    let (json, _) = session.expect(0, &["image", "inspect", "a", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let layers = json["layers"].as_array().unwrap();
    assert!(layers.len() >= 2);
    assert_eq!(
        layers[0]["diff_id"], layers[0]["chain_id"],
        "the lowest layer's chain id is its diff id"
    );
    let (text, _) = session.expect(0, &["image", "inspect", "a"]);
    assert!(text.contains(layers[1]["chain_id"].as_str().unwrap()));
    // An existing directory is the user's: it is not written into.
    let (_, err) = session.expect(71, &["image", "generate", "a", "--preset", "tiny"]);
    assert_one_line(&err);
}

#[test]
fn a_smoke_run_leaves_a_report_and_nothing_else() {
    let session = Session::new();
    let (summary, _) = session.expect(
        0,
        &[
            "run",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--driver",
            "overlay2",
            "--case",
            "image_never_changes",
            "--out",
            "out",
        ],
    );
    assert!(
        summary.contains("overlay2@") && summary.contains("vfs@"),
        "{summary}"
    );
    let read = |name: &str| std::fs::read_to_string(session.path("out").join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert!(results["schema"].is_number());
    for (list, fields) in [
        ("subjects", vec!["name", "driver", "options", "support"]),
        (
            "records",
            vec![
                "subject", "driver", "workload", "phase", "metric", "unit", "round", "value",
            ],
        ),
        (
            "cases",
            vec!["subject", "driver", "case", "outcome", "reason"],
        ),
    ] {
        let items = results[list].as_array().unwrap();
        assert!(!items.is_empty(), "{list} is empty");
        for item in items {
            for field in &fields {
                assert!(!item[*field].is_null(), "{list} without {field}: {item}");
            }
        }
    }
    let workloads: std::collections::BTreeSet<_> = results["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["workload"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        workloads.into_iter().collect::<Vec<_>>(),
        ["copy-up", "pull", "start", "write-heavy"]
    );
    assert_eq!(
        results["dnf"].as_array().unwrap().len(),
        0,
        "{}",
        results["dnf"]
    );
    assert!(
        read("report.html").contains("</html>")
            && read("junit.xml").contains("<testsuite")
            && read("summary.md").contains('|')
    );
    session.assert_clean();

    // The records alone give the same report, also when the last line is torn.
    let records = read("records.jsonl");
    std::fs::create_dir(session.path("torn")).unwrap();
    std::fs::write(
        session.path("torn/records.jsonl"),
        &records[..records.len() - 20],
    )
    .unwrap();
    session.expect(0, &["report", "torn"]);
    assert!(session.path("torn/report.html").exists());
    // A second run keeps the first one's results.
    session.expect(
        0,
        &[
            "conform",
            "--driver",
            "vfs",
            "--case",
            "image_never_changes",
            "--out",
            "out",
        ],
    );
    assert_eq!(
        std::fs::read_dir(session.path("out/earlier"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn bad_images_are_told_apart_and_leave_nothing() {
    let session = Session::new();
    let exec = |image: &str| {
        vec!["exec", "--driver", "vfs", "--image"]
            .into_iter()
            .chain([image, "--", "true"])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let check = |code: i32, image: &str| {
        let line = exec(image);
        let (_, err) = session.expect(code, &line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_one_line(&err);
        session.assert_clean();
    };
    check(66, "absent");
    std::fs::write(session.path("garbage"), vec![7_u8; 5000]).unwrap();
    check(65, "garbage");
    session.expect(0, &["image", "generate", "img", "--preset", "tiny"]);
    let blobs = session.path("img/blobs/sha256");
    let largest = std::fs::read_dir(&blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    let bytes = std::fs::read(&largest).unwrap();
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&largest, &flipped).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes[..middle]).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes).unwrap();
    session.expect(
        0,
        &["exec", "--driver", "vfs", "--image", "img", "--", "true"],
    );
}

#[test]
fn exec_hands_over_the_root_and_the_exit_status() {
    let session = Session::new();
    for driver in ["vfs", "overlay2"] {
        session.expect(
            0,
            &[
                "exec",
                "--driver",
                driver,
                "--image",
                "tiny",
                "--",
                "sh",
                "-c",
                "test -x $LAYERBENCH_ROOT/bin/true && echo x > $LAYERBENCH_ROOT/new",
            ],
        );
        session.expect(3, &["exec", "--driver", driver, "--", "sh", "-c", "exit 3"]);
        session.expect(
            143,
            &[
                "exec",
                "--driver",
                driver,
                "--",
                "sh",
                "-c",
                "kill -TERM $$",
            ],
        );
        session.expect(
            66,
            &["exec", "--driver", driver, "--", "/nonexistent/program"],
        );
        session.assert_clean();
    }
}

#[test]
fn a_full_disk_is_an_error_that_leaves_nothing() {
    let session = Session::new();
    let (_, err) = session.expect(
        71,
        &[
            "exec",
            "--driver",
            "overlay2@ext4",
            "--size",
            "16MiB",
            "--image",
            "default",
            "--",
            "true",
        ],
    );
    assert_one_line(&err);
    assert!(err.contains("No space left"), "{err}");
    session.assert_clean();
}

#[test]
fn what_a_killed_run_leaves_is_swept() {
    let session = Session::new();
    for driver in ["overlay2", "fuse-overlayfs", "btrfs", "zfs", "vfs"] {
        let (doctor, _) = session.expect(0, &["doctor", "--json"]);
        let doctor: Value = serde_json::from_str(&doctor).unwrap();
        let ready = doctor["drivers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|d| d["driver"] == driver && d["ready"] == true);
        if !ready {
            continue;
        }
        let output = session.run(&[
            "exec",
            "--driver",
            driver,
            "--",
            "sh",
            "-c",
            "kill -KILL $PPID",
        ]);
        assert_eq!(
            output.status.code(),
            None,
            "{driver}: it should have been killed"
        );
        let left: Vec<_> = std::fs::read_dir(session.path("work"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(left.len(), 1, "{driver}: {left:?}");
        let (out, _) = session.expect(0, &["sweep"]);
        assert!(
            out.contains(&format!("removed {}", left[0].display())),
            "{driver}: {out}"
        );
        session.assert_clean();
    }
    let (out, _) = session.expect(0, &["sweep"]);
    assert!(out.contains("nothing to sweep"), "{out}");
}

#[test]
fn sweep_touches_only_what_carries_a_dead_runs_marker() {
    let session = Session::new();
    std::fs::create_dir_all(session.path("work/layerbench-mine")).unwrap();
    std::fs::write(session.path("work/layerbench-mine/precious"), "x").unwrap();
    std::os::unix::fs::symlink("/etc", session.path("work/layerbench-link")).unwrap();
    // A live run is left alone: its own `sweep` must not remove the ground under it.
    let binary = env!("CARGO_BIN_EXE_layerbench");
    let (out, _) = session.expect(0, &["exec", "--driver", "vfs", "--", binary, "sweep"]);
    assert!(out.contains("left alone"), "{out}");
    assert!(
        session.path("work/layerbench-mine/precious").exists() && Path::new("/etc/passwd").exists()
    );
}
