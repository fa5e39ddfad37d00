//! `conform` as a user and a CI job meet it: what is selected, what fails, what is known, and what hangs.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::session::{Session, assert_one_line};

#[test]
fn the_matrix_and_the_junit_file_say_the_same() {
    let session = Session::new();
    let line = "conform --driver overlay2 --driver vfs --theme renames --junit junit-copy.xml";
    let (text, _) = session.expect(0, &line.split(' ').collect::<Vec<_>>());
    assert!(text.contains("1 overlay2@ext4\n2 vfs@ext4\n"), "{text}");
    assert!(
        text.contains("~ ✓  lower_directory_can_be_renamed"),
        "{text}"
    );
    let junit = std::fs::read_to_string(session.path("junit-copy.xml")).unwrap();
    assert!(junit.contains("lower_directory_can_be_renamed") && junit.contains("EXDEV"));
    let (text, _) = session.expect(
        0,
        &[
            "conform",
            "--driver",
            "overlay2",
            "--case",
            "RN2",
            "--only-differs",
        ],
    );
    assert!(
        text.contains("1: rename is EXDEV for the directories lower"),
        "{text}"
    );
    session.assert_clean();
}

#[test]
fn cases_are_selected_by_name_id_theme_and_level() {
    let session = Session::new();
    let count = |line: &str| -> usize {
        let (json, _) = session.expect(0, &line.split(' ').collect::<Vec<_>>());
        let json: Value = serde_json::from_str(&json).unwrap();
        json["cases"].as_array().unwrap().len()
    };
    let all = count("conform --list --json");
    assert!(all > 100);
    let levels: usize = ["must", "should", "informs"]
        .iter()
        .map(|level| count(&format!("conform --list --json --level {level}")))
        .sum();
    assert_eq!(levels, all);
    assert_eq!(count("conform --list --json --case image_never_changes"), 1);
    assert!(count("conform --list --json --case wo2") < all);
    for (code, line, word) in [
        (2, "conform --case imge_never_change", "image_never_changes"),
        (2, "conform --level shall", "informs"),
        (2, "conform --theme nosuch", "whiteouts"),
        (
            4,
            "conform --case image_never_changes --theme renames",
            "--theme",
        ),
        (66, "conform --known nosuch.toml", "nosuch.toml"),
    ] {
        let (_, err) = session.expect(code, &line.split(' ').collect::<Vec<_>>());
        assert_one_line(&err);
        assert!(err.contains(word), "{line}: {err}");
    }
    assert!(!session.path("work").exists() && !session.path("layerbench-out").exists());
}

#[test]
fn a_known_failure_that_is_mended_fails_the_run() {
    let session = Session::new();
    let line = [
        "conform",
        "--driver",
        "vfs",
        "--case",
        "image_never_changes",
        "--known",
        "known.toml",
    ];
    let write = |driver: &str| {
        let text = format!(
            "[[known]]\ndriver = \"{driver}\"\ncase = \"image_never_changes\"\nlink = \"https://example.org/1\"\n"
        );
        std::fs::write(session.path("known.toml"), text).unwrap();
    };
    write("vfs");
    let (text, _) = session.expect(1, &line);
    assert!(
        text.contains("is listed as a known failure and does not fail: https://example.org/1"),
        "{text}"
    );
    // It is known of another driver.
    write("zfs");
    session.expect(0, &line);
    write("zsf");
    let (_, err) = session.expect(2, &line);
    assert!(err.contains("zsf"), "{err}");
    session.assert_clean();
}

#[test]
fn random_sequences_run_for_a_time_and_are_replayed_from_text() {
    let session = Session::new();
    let line = "conform --random 2s --seed 7 --driver vfs --driver overlay2 --json";
    let (json, _) = session.expect(0, &line.split(' ').collect::<Vec<_>>());
    let json: Value = serde_json::from_str(&json).unwrap();
    for one in json["random"].as_array().unwrap() {
        assert!(one["steps"].as_u64().unwrap() > 10, "{one}");
        assert!(one["failure"].is_null(), "{one}");
    }
    let (text, _) = session.expect(
        0,
        &[
            "conform",
            "--driver",
            "vfs",
            "--replay",
            "base 1; mkdir x; remount",
        ],
    );
    assert!(text.contains("1 sequences, 2 steps"), "{text}");
    let (_, err) = session.expect(2, &["conform", "--driver", "vfs", "--replay", "jump x"]);
    assert_one_line(&err);
    assert!(err.contains("\"jump x\" is no step"), "{err}");
    session.expect(2, &["conform", "--random", "2s", "--case", "image"]);
    session.assert_clean();
}

#[test]
fn what_one_driver_exports_another_takes() {
    let session = Session::new();
    let line = "conform --exchange --driver overlay2 --driver btrfs";
    let (text, _) = session.expect(0, &line.split(' ').collect::<Vec<_>>());
    assert!(text.contains("overlay2@ext4 -> btrfs@btrfs"), "{text}");
    assert!(text.contains(" 0 failed, 0 not asked"), "{text}");
    let (_, err) = session.expect(4, &["conform", "--exchange", "--driver", "vfs"]);
    assert_one_line(&err);
    session.assert_clean();
}

/// Root asks in a user namespace: what works without root is asked, with many ids and no privilege of the host.
#[test]
fn the_suite_runs_in_a_user_namespace() {
    let session = Session::new();
    let (json, err) = session.expect(
        0,
        &["conform", "--userns", "--json", "--fail-on", "informs"],
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["host"]["user_namespace"], "yes");
    assert_eq!(json["run"]["config"]["user_namespace_ids"], 65536);
    let (mut asked, mut absent) = (Vec::new(), Vec::new());
    for subject in json["subjects"].as_array().unwrap() {
        let name = subject["driver"].as_str().unwrap();
        match subject["support"]["status"].as_str().unwrap() {
            "ready" => asked.push(name),
            _ => absent.push(name),
        }
    }
    assert_eq!(absent, ["btrfs", "zfs"]);
    assert!(
        asked.contains(&"overlay2") && asked.contains(&"vfs"),
        "{asked:?}"
    );
    // Owners other than the caller's can be stored: this is not the namespace with one id.
    let owners = json["cases"].as_array().unwrap().iter().find(|case| {
        case["case"] == "large_ids_are_kept"
            && case["subject"].as_str().unwrap().starts_with("vfs@")
    });
    let reason = owners.unwrap()["reason"].as_str().unwrap();
    assert_eq!(reason, "ids go up to 65535", "{err}");
    session.assert_clean();
}

/// A FUSE daemon that is stopped in the middle of a case never answers: the case is broken, the rest goes on.
#[test]
fn a_daemon_that_hangs_costs_one_case() {
    let session = Session::new();
    let line =
        "conform --json --driver fuse-overlayfs --driver vfs --case-timeout 8s --theme whiteouts";
    let mut child = session
        .command(&line.split(' ').collect::<Vec<_>>())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(180);
    loop {
        assert!(Instant::now() < deadline, "no daemon was seen");
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        // Opening the driver has daemons too: not before a case has been answered.
        let records = session.path("layerbench-out/records.jsonl");
        let text = std::fs::read_to_string(records).unwrap_or_default();
        let asked = text.contains("\"driver\":\"fuse-overlayfs\",\"case\"");
        if asked && daemon_of(&session).is_some_and(stopped) {
            break;
        }
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases = json["cases"].as_array().unwrap();
    let (broken, fine): (Vec<&Value>, Vec<&Value>) =
        cases.iter().partition(|case| case["outcome"] == "broken");
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(broken[0]["driver"], "fuse-overlayfs");
    let reason = broken[0]["reason"].as_str().unwrap();
    // Stopped before it has mounted anything, there is no connection to abort, and the driver's own limit ends the wait.
    assert!(reason.contains("did not end within 8 s"), "{reason}");
    assert!(
        fine.len() > 10 && fine.iter().all(|case| case["outcome"] != "fail"),
        "{fine:?}"
    );
    session.assert_clean();
}

/// Stops it. Says whether it has stopped: it may have ended meanwhile, as its mount did.
fn stopped(daemon: Pid) -> bool {
    let signalled = kill_process(daemon, Signal::STOP);
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.as_raw_nonzero()));
        let state = stat.as_ref().ok().and_then(|stat| {
            let (_, fields) = stat.rsplit_once(") ")?;
            fields.chars().next()
        });
        match state {
            Some('T') => return true,
            Some('Z' | 'X') | None => return false,
            Some(_) if signalled.is_err() => return false,
            Some(_) => {}
        }
    }
}

/// The FUSE daemon of this session that serves a mount now.
fn daemon_of(session: &Session) -> Option<Pid> {
    let needle = session.dir().to_string_lossy().into_owned();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .find_map(|entry| {
            let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let ours = String::from_utf8_lossy(&line).contains(&needle);
            let pid = entry.file_name().to_string_lossy().parse().ok()?;
            (name.trim().starts_with("fuse-overlay") && ours)
                .then_some(pid)
                .and_then(Pid::from_raw)
        })
}
