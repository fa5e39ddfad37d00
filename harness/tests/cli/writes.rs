//! The workloads that write much, on every driver that runs here: all phases are measured or say why not, and what they
//! found is what the driver declares.

use serde_json::Value;

use crate::session::{READY, Session};

const WORKLOADS: [&str; 3] = ["write-modes", "fio", "tools"];

/// One round of some workloads on one subject and its control.
fn bench(session: &Session, subject: &str, workloads: &[&str]) -> Value {
    let mut line = vec!["bench", "--profile", "smoke", "--json", "--driver", subject];
    for workload in workloads {
        line.extend(["--workload", workload]);
    }
    let (out, _) = session.expect(0, &line);
    session.assert_clean();
    serde_json::from_str(&out).unwrap()
}

/// The values of a metric of a phase, of subjects of a role, with their parameters.
fn values(results: &Value, role: &str, phase: &str, metric: &str) -> Vec<(Value, f64)> {
    let subjects = results["subjects"].as_array().unwrap();
    let name = &subjects.iter().find(|s| s["role"] == role).unwrap()["name"];
    let records = results["records"].as_array().unwrap().iter();
    records
        .filter(|r| r["subject"] == *name && r["phase"] == phase && r["metric"] == metric)
        .map(|r| (r["params"].clone(), r["value"].as_f64().unwrap()))
        .collect()
}

fn one(results: &Value, phase: &str, metric: &str) -> f64 {
    let found = values(results, "subject", phase, metric);
    assert!(!found.is_empty(), "no {metric} of {phase}");
    found[0].1
}

/// Every phase is measured, or it is told why not.
fn whole(subject: &str, results: &Value) {
    for workload in results["run"]["workloads"].as_array().unwrap() {
        for phase in workload["phases"].as_array().unwrap() {
            let phase = phase[0].as_str().unwrap();
            let dnf = results["dnf"].as_array().unwrap();
            let told = dnf.iter().any(|dnf| {
                dnf["phase"] == phase && dnf["reason"].as_str().is_some_and(|r| r.len() > 10)
            });
            for role in ["subject", "control"] {
                let measured = ["time", "latency-p50"]
                    .iter()
                    .any(|metric| !values(results, role, phase, metric).is_empty());
                assert!(
                    measured || told,
                    "{subject}: {} {phase} of the {role}: {dnf:?}",
                    workload["name"]
                );
            }
        }
    }
    let cut: Vec<_> = results["dnf"].as_array().unwrap().iter().collect();
    let cut: Vec<_> = cut.iter().filter(|dnf| dnf["phase"].is_null()).collect();
    assert!(cut.is_empty(), "{subject}: {cut:?}");
}

/// What a tree of the image costs is what the driver declares.
fn as_declared(subject: &str, results: &Value) {
    let of = &results["subjects"].as_array().unwrap();
    let of = &of.iter().find(|s| s["role"] == "subject").unwrap()["capabilities"];
    let says = |name: &str| of[name].as_bool().unwrap();
    let data = one(results, "chown-all", "payload");
    let taken = one(results, "chown-all", "allocated");
    if says("metadata_change_keeps_data_shared") {
        assert!(taken < data, "{subject}: chown -R took {taken} B");
    } else {
        assert!(taken >= data, "{subject}: chown -R took {taken} B");
    }
    let copied = one(results, "move-tree", "payload");
    let expected = if says("rename_lower_dir") { 0.0 } else { data };
    assert!((copied - expected).abs() < 0.5, "{subject}: mv {copied}");

    let size = f64::from(256 << 10);
    let blocks = one(results, "scattered-first", "allocated");
    match of["copy_up"].as_str().unwrap() {
        "whole-file" => {
            assert!(blocks >= size, "{subject}: {blocks}");
            let again = one(results, "scattered-second", "allocated");
            assert!(again < size / 2.0, "{subject}: {again}");
        }
        "paid-at-prepare" => assert!(blocks < size / 2.0, "{subject}: {blocks}"),
        // Blocks and what leads to them; of a pool, records of 128 KiB.
        _ => assert!(blocks < 2.0 * size, "{subject}: {blocks}"),
    }
    // 8 blocks of 4 KiB.
    let each = one(results, "scattered-first", "amplification");
    assert!((each - blocks / 32_768.0).abs() < 0.01, "{subject}: {each}");
    if says("sparse_files") {
        // 64 KiB of 4 MiB are data; overlayfs copies a whole 1 MiB around them.
        let hole = one(results, "sparse-append", "allocated");
        assert!(hole < f64::from(2 << 20), "{subject}: {hole}");
    }
}

#[test]
fn every_driver_shows_what_it_declares_of_first_writes() {
    for driver in READY.iter() {
        let session = Session::new();
        let results = bench(&session, driver, &["copy-up-tree"]);
        whole(driver, &results);
        as_declared(driver, &results);
    }
}

/// Where every sync waits for a pool in user space.
const POOLS: [&str; 1] = ["zfs"];

#[test]
fn every_driver_does_all_that_writes_or_says_why_not() {
    for driver in READY.iter() {
        // Programs that sync each file take a pool in user space a minute; by hand they are measured on it.
        let programs = !POOLS.contains(&driver.as_str());
        let workloads = if programs {
            &WORKLOADS[..]
        } else {
            &WORKLOADS[..1]
        };
        let session = Session::new();
        let results = bench(&session, driver, workloads);
        whole(driver, &results);
        let phases: &[&str] = if programs {
            &["log-append", "churn", "git-checkout", "compile"]
        } else {
            &["log-append", "churn"]
        };
        for phase in phases {
            let mut targets: Vec<_> = ["subject", "control"]
                .iter()
                .flat_map(|role| values(&results, role, phase, "time"))
                .map(|(params, _)| params["target"].as_str().unwrap().to_owned())
                .collect();
            targets.sort();
            targets.dedup();
            let all = ["hostdir", "layer-lower", "layer-new", "volume"];
            let told = results["dnf"].as_array().unwrap().iter();
            let told = told.filter(|dnf| dnf["phase"] == *phase).count();
            assert!(told > 0 || targets == all, "{driver} {phase}: {targets:?}");
        }
    }
}

/// Whether a change of owner copies data, and whether a copy shares blocks, is the subject's choice and shows.
#[test]
fn metacopy_and_reflinks_show() {
    if !rustix::process::geteuid().is_root() || !READY.contains(&"overlay2".to_owned()) {
        return;
    }
    for subject in ["overlay2,metacopy=on", "overlay2@xfs"] {
        let session = Session::new();
        let results = bench(&session, subject, &["copy-up-tree"]);
        whole(subject, &results);
        as_declared(subject, &results);
    }
}

/// What is not installed is named, with the package that has it, and the rest is measured.
#[test]
fn a_program_that_is_missing_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for (tool, workload, phase) in [
        ("/usr/bin/fio", "fio", None),
        ("/usr/bin/dpkg-deb", "tools", Some("package-install")),
    ] {
        let session = Session::new();
        let line = [
            "bench",
            "--profile",
            "smoke",
            "--json",
            "--driver",
            "vfs",
            "--workload",
            workload,
        ];
        let output = session.without_tool(tool, &line);
        let results: Value = serde_json::from_slice(&output.stdout).unwrap();
        let dnf = results["dnf"].as_array().unwrap();
        let told = dnf.iter().find(|dnf| dnf["phase"].as_str() == phase);
        let told = told.unwrap_or_else(|| panic!("{dnf:?}"));
        let reason = told["reason"].as_str().unwrap();
        assert!(reason.contains("not installed"), "{reason}");
        assert!(reason.contains("install"), "{reason}");
        if phase.is_some() {
            assert!(!values(&results, "subject", "git-clone", "time").is_empty());
        }
        session.assert_clean();
    }
}
