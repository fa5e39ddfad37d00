//! Workloads of the user's own, from the settings file to the report.

use serde_json::Value;

use crate::session::{READY, Session, assert_one_line};
use crate::shell_image;

/// A command that ends, with everything a workload may have; and a server.
const SETTINGS: &str = r#"
[[workload]]
name = "notes"
question = "What does writing notes cost?"
setup = "mkdir /data/old && echo first >/data/old/note"
run = 'echo "$GREETING" >>/data/old/note && cat /data/old/note >/data/copy && test "$PWD" = /data'
cleanup = 'test "$(cat /data/copy | head -c 11)" = "$(echo first; echo hello)" && rm /data/copy'
env = { GREETING = "hello" }
dir = "/data"
user = "worker"
volume = "/data"

[[workload]]
name = "server"
run = ["/bin/sh", "-c", "trap 'rm /tmp/up; exit 0' TERM; touch /tmp/up; echo listening now; while :; do sleep 0.05; done"]
ready = "listening"
load = "test -e /tmp/up && echo x >/tmp/seen"
cleanup = "test -e /tmp/seen && test ! -e /tmp/up"
limit = "20s"
caches = ["warm", "cold"]
"#;

fn session(settings: &str) -> Session {
    let session = Session::new();
    shell_image::make(&session);
    std::fs::write(session.path("layerbench.toml"), settings).unwrap();
    session
}

fn bench<'a>(workload: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let line = ["bench", "--profile", "smoke", "--image", "image"];
    [&line[..], &["--workload", workload], more].concat()
}

fn results(session: &Session) -> Value {
    let path = session.path("layerbench-out/results.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The records of a phase's times: subject, target or cache, seconds.
fn times(results: &Value, phase: &str, param: &str) -> Vec<(String, String, f64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let records = results["records"].as_array().unwrap().iter();
    records
        .filter(|record| record["phase"] == phase && record["metric"] == "time")
        .map(|r| {
            let params = text(&r["params"][param]);
            (text(&r["subject"]), params, r["value"].as_f64().unwrap())
        })
        .collect()
}

#[test]
fn commands_of_ones_own_are_measured_on_every_driver() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let session = session(SETTINGS);
    session.expect(0, &bench("notes", &["--workload", "server"]));
    session.assert_clean();
    let results = results(&session);
    let dnf = results["dnf"].as_array().unwrap();
    assert!(dnf.is_empty(), "{dnf:#?}");
    let subjects = results["subjects"].as_array().unwrap();
    let names: Vec<_> = subjects
        .iter()
        .filter(|subject| subject["support"]["status"] == "ready")
        .collect();
    assert!(names.len() > READY.len());
    for subject in names {
        let (name, control) = (&subject["name"], subject["role"] == "control");
        let of = |phase: &str, param: &str| -> Vec<String> {
            let all = times(&results, phase, param).into_iter();
            let mut of: Vec<_> = all
                .filter(|(subject, _, seconds)| name == subject && (0.0..60.0).contains(seconds))
                .map(|(_, param, _)| param)
                .collect();
            of.sort();
            of
        };
        let targets: &[&str] = if control {
            &["hostdir"]
        } else {
            &["layer", "volume"]
        };
        for phase in ["setup", "run", "cleanup", "total"] {
            let mut found = of(phase, "target");
            found.retain(|target| !target.is_empty());
            assert_eq!(found, targets, "{name} {phase}");
        }
        assert_eq!(of("create", "target").is_empty(), control, "{name}");
        for phase in ["ready", "load", "stop"] {
            let states = of(phase, "cache");
            assert!(
                states.contains(&"warm".to_owned()),
                "{name} {phase} {states:?}"
            );
        }
    }
    let asked = &results["run"]["config"]["workload"]["notes"];
    assert_eq!(asked["user"], "worker");
    let summary = session.path("layerbench-out/report.html");
    let page = std::fs::read_to_string(summary).unwrap();
    assert!(page.contains("What does writing notes cost?"));
}

#[test]
fn what_does_not_work_is_told_with_the_programs_last_words() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for (workload, code, words) in [
        (
            "run = \"echo disk is upside down >&2; exit 3\"",
            71,
            "upside down",
        ),
        (
            "run = [\"/usr/bin/no-such-thing\"]",
            0,
            "no program /usr/bin/no-such-thing",
        ),
        (
            "run = \"true\"\nuser = \"nobody-at-all\"",
            0,
            "nobody-at-all",
        ),
        ("run = \"true\"\nfiles = [\"/etc/none\"]", 0, "/etc/none"),
        (
            "run = \"echo starting; sleep 60\"\nready = \"listening\"\nlimit = \"1s\"",
            71,
            "starting",
        ),
        (
            "run = \"echo no port today; exit 1\"\nready = 1",
            71,
            "no port today",
        ),
        (
            "run = \"echo busy; while :; do sleep 1; done\"\nlimit = \"1s\"",
            71,
            "busy",
        ),
        (
            "run = \"sleep 61.25 & echo on its own\"\ncleanup = \"exit 4\"",
            71,
            "exit status: 4",
        ),
    ] {
        let session = session(&format!("[[workload]]\nname = \"bad\"\n{workload}\n"));
        session.expect(code, &bench("bad", &["--driver", "overlay2"]));
        session.assert_clean();
        let results = results(&session);
        let dnf = results["dnf"].as_array().unwrap();
        assert!(!dnf.is_empty(), "{workload}");
        // Where the time is up after a second, a busy machine's shell may not have said a word by then.
        let limited = workload.contains("limit");
        let (quoted, others): (Vec<&str>, Vec<&str>) = dnf
            .iter()
            .map(|dnf| dnf["reason"].as_str().unwrap())
            .partition(|reason| reason.contains(words));
        assert!(!quoted.is_empty(), "{workload}: {others:?}");
        let late = |reason: &&str| limited && reason.contains("within 1s");
        assert!(others.iter().all(late), "{workload}: {others:?}");
    }
}

#[test]
fn a_workload_is_listed_counted_and_its_mistakes_are_told_with_their_line() {
    let session = Session::new();
    let settings = session.path("layerbench.toml");
    std::fs::write(&settings, SETTINGS).unwrap();
    let (text, _) = session.expect(0, &["list"]);
    assert!(text.contains("What does writing notes cost?"), "{text}");
    let (json, _) = session.expect(0, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let listed = json["workloads"].as_array().unwrap();
    let server = listed.iter().find(|w| w["name"] == "server").unwrap();
    assert_eq!(server["own"], true);
    let phases: Vec<_> = server["phases"].as_array().unwrap().iter().collect();
    assert!(phases.iter().any(|p| p["name"] == "ready"));
    assert!(
        !phases
            .iter()
            .any(|p| p["name"] == "setup" || p["name"] == "run")
    );
    // A profile that takes its time takes them, a short one does not.
    let (plan, _) = session.expect(0, &["bench", "--dry-run", "--profile", "default"]);
    assert!(plan.contains("notes and server"), "{plan}");
    let (plan, _) = session.expect(0, &["bench", "--dry-run", "--profile", "quick"]);
    assert!(!plan.contains("notes"), "{plan}");
    for (from, to, line, words) in [
        ("name = \"server\"", "name = \"notes\"", 13, "two workloads"),
        ("name = \"server\"", "name = \"start\"", 14, "built-in"),
        (
            "name = \"server\"",
            "name = \"My Server\"",
            14,
            "lower case",
        ),
        ("name = \"server\"", "", 13, "`name`"),
        ("ready = \"listening\"", "ready = 0", 16, "65535"),
        ("ready = \"listening\"", "", 13, "`ready` tells"),
        ("ready = \"listening\"", "ready = { prot = 80 }", 16, "port"),
        ("user = \"worker\"", "user = \"a b\"", 10, "1000:1000"),
        ("dir = \"/data\"", "dir = \"data\"", 9, "begins with /"),
        (
            "volume = \"/data\"",
            "volume = \"/data/../etc\"",
            11,
            "no ..",
        ),
        ("limit = \"20s\"", "limit = \"0s\"", 19, "not a time"),
        ("[\"warm\", \"cold\"]", "[\"tepid\"]", 20, "lukewarm"),
        ("setup = ", "setpu = ", 5, "setup"),
        ("run = [\"/bin/sh\", ", "run = [1, ", 15, "list of texts"),
        (
            "[[workload]]\nname = \"server\"",
            "[workload]\nname = \"server\"",
            13,
            "",
        ),
    ] {
        let text = SETTINGS.replace(from, to);
        assert_ne!(text, SETTINGS, "{from}");
        std::fs::write(&settings, text).unwrap();
        let (_, err) = session.expect(2, &["list"]);
        assert_one_line(&err);
        assert!(err.contains(&format!("line {line}:")), "{to}: {err}");
        assert!(err.contains(words), "{to}: {err}");
    }
}

#[test]
fn a_workload_of_ones_own_is_counted_too() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let session = session(SETTINGS);
    let more = ["--driver", "overlay2", "--counts", "only"];
    session.expect(0, &bench("notes", &more));
    session.assert_clean();
    let results = results(&session);
    let records = results["records"].as_array().unwrap().iter();
    let written: Vec<f64> = records
        .filter(|r| r["phase"] == "run" && r["metric"] == "device-written")
        .map(|r| r["value"].as_f64().unwrap())
        .collect();
    assert!(written.iter().any(|bytes| *bytes > 0.0), "{written:?}");
}
