//! The program without root: what can work in a user namespace works, the rest is told.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Output;

use serde_json::Value;

use crate::session::Session;

const NOBODY: u32 = 65534;

/// A session of nobody's, with a copy of the program that nobody can reach.
struct Nobody(Session);

impl Nobody {
    fn new() -> Self {
        let session = Session::new();
        std::fs::copy(env!("CARGO_BIN_EXE_layerbench"), session.path("layerbench")).unwrap();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(session.dir(), open).unwrap();
        chown(session.dir(), Some(NOBODY), Some(NOBODY)).unwrap();
        Self(session)
    }

    fn run(&self, line: &[&str]) -> Output {
        let program = self.0.path("layerbench").to_string_lossy().into_owned();
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", &program];
        let output = self.0.tool("setpriv", &[&nobody[..], line].concat());
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{line:?}: {err}");
        output
    }
}

#[test]
fn nobody_can_do_what_needs_no_root() {
    let nobody = Nobody::new();
    let doctor = nobody.run(&["doctor", "--json"]);
    let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let mut ready = Vec::new();
    for driver in doctor["drivers"].as_array().unwrap() {
        let name = driver["driver"].as_str().unwrap().to_owned();
        if driver["ready"] == true {
            ready.push(name);
        } else {
            assert!(driver["fix"].as_str().unwrap().contains("root"), "{driver}");
            let refused = nobody.run(&["exec", "--driver", &name, "--", "true"]);
            assert_eq!(refused.status.code(), Some(6), "{name}");
        }
    }
    assert!(ready.contains(&"vfs".to_owned()) && ready.contains(&"overlay2".to_owned()));
    for driver in &ready {
        let line = ["exec", "--driver", driver, "--image", "tiny", "--"];
        let script = ["sh", "-c", "test -x $LAYERBENCH_ROOT/bin/true && exit 4"];
        let output = nobody.run(&[&line[..], &script].concat());
        assert_eq!(output.status.code(), Some(4), "{driver}: {output:?}");
    }
    // Without --driver, those that cannot run are reported and fail nothing.
    let output = nobody.run(&[
        "run",
        "--profile",
        "smoke",
        "--case",
        "image_never",
        "--case",
        "special_files",
        "--workload",
        "copy-up",
        "--out",
        "out",
    ]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text.contains("zfs: not run"), "{text}");
    assert!(
        text.contains("only one id") && !text.contains("os error"),
        "{text}"
    );
    let results = std::fs::read(nobody.0.path("out/results.json")).unwrap();
    crate::caches::of_nobody(&serde_json::from_slice(&results).unwrap());
    nobody.0.assert_clean();
}

/// Every longer workload, in a user namespace: what it measures there it measures, and the rest is told in words. Those of
/// the short profiles are run beside the cases above.
#[test]
fn nobody_can_measure_every_workload_or_is_told_why_not() {
    let nobody = Nobody::new();
    let all = workloads::ALL.iter();
    let long = all.filter(|workload| workload.reach != workloads::Reach::Short);
    let names: Vec<&str> = long.map(|workload| workload.name).collect();
    let mut line = vec!["bench", "--profile", "smoke", "--rounds", "1", "--json"];
    line.extend(["--driver", "overlay2"]);
    line.extend(names.iter().flat_map(|name| ["--workload", name]));
    let output = nobody.run(&line);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    nobody.0.assert_clean();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |name: &str| results[name].as_array().unwrap();
    let (records, dnf) = (list("records"), list("dnf"));
    assert!(names.len() > 10 && list("subjects").len() > 1);
    for subject in list("subjects") {
        for name in &names {
            let of = |one: &&Value| one["subject"] == subject["name"] && one["workload"] == *name;
            let measured = records.iter().filter(of).any(|one| one["metric"] == "time");
            let told: Vec<_> = dnf.iter().filter(of).collect();
            // These need the host's root, or programs that may not be there.
            let asks = ["full", "postgres", "start-programs", "fio", "tools"].contains(name);
            assert!(
                measured || asks && !told.is_empty(),
                "{}: {name}: {told:?}",
                subject["name"]
            );
        }
    }
    for one in dnf {
        let reason = one["reason"].as_str().unwrap();
        // EPERM, EACCES and EINVAL as they come say nothing of what to do.
        let bare = ["(os error 1)", "(os error 13)", "(os error 22)"];
        let bare = bare.iter().any(|errno| reason.contains(errno));
        assert!(!bare || reason.contains("run as root"), "{one}");
    }
    let left = records.iter().filter(|one| one["metric"] == "leftovers");
    assert!(left.clone().count() > 0 && left.clone().all(|one| one["value"] == 0.0));
}

#[test]
fn what_may_not_be_read_is_not_said_to_be_absent() {
    let nobody = Nobody::new();
    let private = nobody.0.path("private");
    std::fs::create_dir(&private).unwrap();
    std::fs::write(private.join("results.json"), "{}").unwrap();
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700)).unwrap();
    let output = nobody.run(&["report", "private/results.json"]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(77), "{err}");
    assert!(
        err.contains("private/results.json: Permission denied"),
        "{err}"
    );
}
