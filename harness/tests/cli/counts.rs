//! The counted pass: what noise cannot touch is counted alike twice, on stores made anew.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::session::{READY, Session};

const NONE: Vec<String> = Vec::new();

/// Filesystems that keep all metadata in trees.
const TREES: [&str; 1] = ["btrfs"];

/// What was counted, by workload, phase and parameters, of one subject.
fn counted(results: &Value, subject: &str, metric: &str) -> BTreeMap<String, f64> {
    let records = results["records"].as_array().unwrap().iter();
    records
        .filter(|r| r["subject"] == subject && r["metric"] == metric)
        .map(|r| {
            let what = format!("{} {} {}", r["workload"], r["phase"], r["params"]);
            (what, r["value"].as_f64().unwrap())
        })
        .collect()
}

fn pass(session: &Session, driver: &str) -> Value {
    let (out, _) = session.expect(
        0,
        &[
            "bench",
            "--profile",
            "smoke",
            "--counts",
            "only",
            "--driver",
            driver,
            "--json",
        ],
    );
    session.assert_clean();
    serde_json::from_str(&out).unwrap()
}

/// The subject and its twin did the same on two stores of one run.
#[test]
fn a_twin_counts_what_its_original_counts() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for driver in READY.iter() {
        let session = Session::new();
        let results = pass(&session, driver);
        let subjects = results["subjects"].as_array().unwrap();
        let twin = subjects.iter().find(|s| s["role"] == "twin").unwrap();
        let (twin, original) = (
            twin["name"].as_str().unwrap(),
            twin["twin_of"].as_str().unwrap(),
        );
        // A pool that its daemon keeps has a clock of its own: docs/measuring.md.
        let pool = subjects
            .iter()
            .any(|s| s["name"] == original && s["backing"] == "pool");
        let differing = |metric, tolerated: &dyn Fn(&str, f64) -> f64| -> Vec<String> {
            let ours = counted(&results, original, metric);
            let theirs = counted(&results, twin, metric);
            // Which state of the caches can be proven is not for a store to say.
            let both: Vec<_> = ours
                .iter()
                .filter_map(|(what, value)| Some((what, *value, *theirs.get(what)?)))
                .collect();
            assert!(both.len() * 3 >= ours.len(), "{ours:?} {theirs:?}");
            both.into_iter()
                .filter(|(what, ours, theirs)| (ours - theirs).abs() > tolerated(what, *ours))
                .map(|(what, ours, theirs)| format!("{driver}: {metric} {what}: {ours}, {theirs}"))
                .collect()
        };
        assert!(
            !counted(&results, original, "inodes").is_empty(),
            "{driver}"
        );
        assert_eq!(differing("inodes", &|_, _| 0.0), NONE);
        if !pool {
            // An attribute block or a directory block more; where trees hold all metadata, two nodes of 16 KiB, each kept
            // twice: how nodes split depends on the order in which threads come.
            let in_trees = subjects.iter().any(|s| {
                s["name"] == original && TREES.contains(&s["backing"].as_str().unwrap_or_default())
            });
            let blocks = if in_trees { 65_536.0 } else { 4096.0 };
            let allocated = differing("allocated", &|_, bytes| (bytes / 100.0).max(blocks));
            assert_eq!(allocated, NONE);
        }
        // Threads that start containers at once look for one another's mounts.
        let calls = |what: &str, calls: f64| {
            let together = what.contains("parallel\":\"4");
            if together { 3.0 } else { calls / 100.0 }
        };
        assert_eq!(differing("syscalls", &calls), NONE);
        let unsteady = counted(&results, original, "syscalls-unsteady");
        assert!(!unsteady.is_empty(), "{driver}: is ptrace forbidden here?");

        for metric in ["device-written", "device-read", "kernel-cpu", "page-cache"] {
            let found = counted(&results, original, metric);
            let expected = !pool || metric != "kernel-cpu";
            assert_eq!(!found.is_empty(), expected, "{driver}: {metric}");
            assert!(
                found.values().all(|value| *value >= 0.0),
                "{driver}: {metric}"
            );
        }
    }
}

/// What a phase does is what its counts say, on every driver: one file of 1 MiB is copied up, or not.
#[test]
fn counts_say_what_a_phase_did() {
    if !rustix::process::geteuid().is_root() || !READY.contains(&"overlay2".to_owned()) {
        return;
    }
    let session = Session::new();
    let results = pass(&session, "overlay2");
    let of = |metric: &str| counted(&results, "overlay2@ext4", metric);
    let find = |metric: &str, phase: &str, more: &str| -> f64 {
        let all = of(metric);
        let mut fit = all
            .iter()
            .filter(|(what, _)| what.contains(phase) && what.contains(more));
        *fit.next()
            .unwrap_or_else(|| panic!("{metric} {phase} {more}: {all:?}"))
            .1
    };
    let size = "\"1048576\"";
    assert!(find("device-written", "append-first", size) >= f64::from(1 << 20));
    assert!(find("allocated", "append-first", size) >= f64::from(1 << 20));
    assert!(find("device-written", "append-second", size) < f64::from(256 << 10));
    assert_eq!(find("inodes", "append-first", size), 1.0);
    assert_eq!(find("inodes", "append-second", size), 0.0);
    // One open and one close, and what std asks of the new descriptor; one write.
    assert_eq!(find("syscalls", "append-first", "\"class\":\"write\""), 1.0);
    assert_eq!(find("syscalls", "link-first", "\"class\":\"name\""), 1.0);
    assert_eq!(
        find("syscalls", "setxattr-first", "\"class\":\"xattr\""),
        1.0
    );
    assert!(
        of("leftovers").is_empty() && of("time").is_empty(),
        "no rounds were asked for"
    );
}

/// The hidden command explains itself to who finds it.
#[test]
fn a_job_that_is_none_is_refused() {
    let session = Session::new();
    let (_, err) = session.expect(2, &["count"]);
    assert!(err.contains("this is no job"), "{err}");
    session.assert_clean();
}
