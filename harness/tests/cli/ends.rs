//! How a run ends when it is interrupted or killed, and what `sweep` makes of the rest.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use drivers::sys::command::ends_within;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::session::{self, Session};

/// Far more than anything here takes; bounds a hang.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn what_a_killed_run_leaves_is_swept() {
    let session = Session::new();
    for driver in session::READY.iter() {
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

/// Starts a line, waits until it has recorded `lines` lines, and gives the process.
fn started(session: &Session, line: &[&str], lines: usize) -> Child {
    started_in(session, line, lines, |out| Some(out.join("records.jsonl")))
}

/// The same, where the records are not in `layerbench-out` itself.
fn started_in(
    session: &Session,
    line: &[&str],
    lines: usize,
    records: impl Fn(&Path) -> Option<PathBuf>,
) -> Child {
    let mut child = session
        .command(line)
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = session.path("layerbench-out");
    let deadline = Instant::now() + LIMIT;
    let recorded = || {
        let text = records(&out).and_then(|path| std::fs::read_to_string(path).ok());
        text.map_or(0, |text| text.lines().count())
    };
    while recorded() < lines {
        assert!(Instant::now() < deadline, "{line:?} recorded too little");
        assert!(
            !ends_within(&child, Duration::from_millis(5)).unwrap(),
            "{line:?} ended early: {:?}",
            child.wait()
        );
    }
    child
}

fn send(child: &Child, signal: Signal) {
    kill_process_group(Pid::from_raw(child.id().cast_signed()).unwrap(), signal).unwrap();
}

fn ended(child: &mut Child) -> ExitStatus {
    if !ends_within(child, LIMIT).unwrap() {
        child.kill().unwrap();
        panic!("it does not end");
    }
    child.wait().unwrap()
}

#[test]
fn ctrl_c_ends_in_order_with_a_report() {
    for (signal, line) in [
        (
            Signal::INT,
            vec!["conform", "--driver", "fuse-overlayfs", "--driver", "vfs"],
        ),
        (
            Signal::INT,
            vec![
                "bench",
                "--profile",
                "smoke",
                "--rounds",
                "100",
                "--driver",
                "fuse-overlayfs",
            ],
        ),
        (Signal::TERM, vec!["conform", "--driver", "overlay2"]),
    ] {
        let session = Session::new();
        let mut child = started(&session, &line, 6);
        send(&child, signal);
        assert_eq!(ended(&mut child).code(), Some(130), "{line:?}");
        let out = session.path("layerbench-out");
        let results = std::fs::read_to_string(out.join("results.json")).unwrap();
        let results: Value = serde_json::from_str(&results).unwrap();
        assert_eq!(results["end"]["interrupted"], true, "{line:?}");
        for case in results["cases"].as_array().unwrap() {
            assert!(
                case["outcome"] != "fail" && case["outcome"] != "broken",
                "the signal reached a daemon: {case}"
            );
        }
        assert_eq!(results["dnf"].as_array().unwrap().len(), 0, "{line:?}");
        assert!(out.join("report.html").exists());
        session.assert_clean();
    }
}

#[test]
fn ctrl_c_in_a_gate_ends_the_turn_and_judges_nothing() {
    let session = Session::new();
    let binary = env!("CARGO_BIN_EXE_layerbench");
    let line = [
        "gate",
        "--interleave",
        binary,
        binary,
        "--driver",
        "fuse-overlayfs",
        "--profile",
        "smoke",
        "--rounds",
        "50",
    ];
    // The first turn, whoever has it.
    let first = |out: &Path| {
        let gate = std::fs::read_dir(out.join("gate")).ok()?.next()?.ok()?;
        let of = |side: &str| {
            gate.path()
                .join(format!("first/{side}/round-0/records.jsonl"))
        };
        [of("old"), of("new")]
            .into_iter()
            .find(|path| path.exists())
    };
    let mut child = started_in(&session, &line, 6, first);
    send(&child, Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(said.contains("nothing is judged"), "{said}");
    let gates = std::fs::read_dir(session.path("layerbench-out/gate")).unwrap();
    for gate in gates {
        assert!(!gate.unwrap().path().join("gate.json").exists());
    }
    session.assert_clean();
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_sweep_removes_the_rest() {
    let session = Session::new();
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--rounds",
        "100",
        "--driver",
        "fuse-overlayfs",
    ];
    let mut child = started(&session, &line, 20);
    send(&child, Signal::INT);
    let mut words = BufReader::new(child.stderr.take().unwrap()).lines();
    let sign = words.find(|line| line.as_ref().unwrap().contains("again to end at once"));
    assert!(sign.is_some(), "the first Ctrl-C is acknowledged");
    // It may have ended in order meanwhile: the code is the same.
    send(&child, Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(session.path("layerbench-out/records.jsonl").exists());
    session.expect(0, &["sweep"]);
    session.assert_clean();
}

#[test]
fn a_run_that_is_killed_at_work_is_swept() {
    for driver in session::READY.iter() {
        let session = Session::new();
        let mut child = started(&session, &["conform", "--driver", driver], 5);
        send(&child, Signal::KILL);
        assert_eq!(ended(&mut child).code(), None);
        session.expect(0, &["sweep"]);
        session.assert_clean();
        session.expect(0, &["report"]);
    }
}

#[test]
fn ctrl_c_during_exec_is_for_the_command() {
    let session = Session::new();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = session
        .command(&["exec", "--driver", "vfs", "--", "sh", "-c", script])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(words.next().unwrap().unwrap(), "ready");
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(ended(&mut child).code(), Some(9));
    session.assert_clean();
}
