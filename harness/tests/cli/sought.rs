//! How runs and what is in them are found: by name, in another directory, after some were removed; and what is said of
//! names that mean nothing.

use crate::session::{Session, assert_one_line};

/// Records of a real run.
const RECORDS: &str = include_str!("../../../ci/baseline/records.jsonl");
const IDS: [&str; 2] = [
    "2026-11-22T00-18-43Z-fb6d739d-0001",
    "2026-11-23T00-18-43Z-fb6d739d-0002",
];

/// Two runs in an output directory, with the link to the second.
fn two_runs(session: &Session, out: &str) {
    for id in IDS {
        let dir = session.path(out).join("runs").join(id);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("records.jsonl"), RECORDS).unwrap();
    }
    let latest = session.path(out).join("latest");
    std::os::unix::fs::symlink(format!("runs/{}", IDS[1]), latest).unwrap();
    let records = session.path(out).join("records.jsonl");
    std::os::unix::fs::symlink("latest/records.jsonl", records).unwrap();
}

#[test]
fn every_command_finds_runs_by_name_in_the_directory_that_is_named() {
    let session = Session::new();
    two_runs(&session, "elsewhere");
    let within = ["--in", "elsewhere"];
    for line in [
        &["report", "0001"][..],
        &["claims", "0001"],
        &["export", "0001", "--format", "csv"],
        &["compare", "0001", "latest"],
        &["catalogue", "0001"],
    ] {
        session.expect(0, &[line, &within].concat());
        let (_, err) = session.expect(66, line);
        assert_one_line(&err);
        assert!(
            err.contains("layerbench-out") && err.contains("0001"),
            "{err}"
        );
    }
    let gate = [
        "gate",
        "--baseline",
        "0001",
        "--run",
        "0002",
        "--out",
        "elsewhere",
    ];
    session.expect(0, &gate);
    for line in [&["report"][..], &["claims"], &["export", "--format", "csv"]] {
        let (_, err) = session.expect(66, line);
        assert_one_line(&err);
        assert!(
            err.contains("there is no directory layerbench-out"),
            "{err}"
        );
    }
}

/// The documents say that a run is removed by removing its directory.
#[test]
fn the_newest_run_is_what_is_left_when_the_newest_was_removed() {
    let session = Session::new();
    two_runs(&session, "layerbench-out");
    let removed = session.path("layerbench-out/runs").join(IDS[1]);
    std::fs::remove_file(removed.join("records.jsonl")).unwrap();
    std::fs::remove_dir(&removed).unwrap();
    for line in [
        &["report"][..],
        &["report", "latest"],
        &["report", "layerbench-out"],
    ] {
        session.expect(0, line);
        let page = session
            .path("layerbench-out/runs")
            .join(IDS[0])
            .join("report.html");
        std::fs::remove_file(page).unwrap();
    }
}

#[test]
fn a_name_that_no_run_has_is_a_mistake_and_no_empty_answer() {
    let session = Session::new();
    two_runs(&session, "layerbench-out");
    for command in [
        &["trend"][..],
        &["export", "--format", "openmetrics"],
        &["export", "--format", "otava-csv"],
    ] {
        for (filter, says) in [
            (["--metric", "alocated"], "allocated"),
            (["--workload", "pul"], "pull"),
            (["--subject", "ovrlay2"], "overlay2"),
        ] {
            let (_, err) = session.expect(2, &[command, &filter].concat());
            assert_one_line(&err);
            assert!(err.contains(says), "{command:?}: {err}");
        }
    }
    // One that there is, and that nobody measured here.
    session.expect(4, &["trend", "--workload", "postgres"]);
}

/// It would be read until memory is full.
#[test]
fn devices_are_no_records() {
    let session = Session::new();
    for line in [
        &["report", "/dev/zero"][..],
        &["compare", "/dev/zero", "/dev/zero"],
    ] {
        let (_, err) = session.expect(65, line);
        assert_one_line(&err);
        assert!(err.contains("/dev/zero: it is a device"), "{err}");
    }
}
