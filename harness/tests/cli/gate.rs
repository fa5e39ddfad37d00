//! `layerbench compare` and `gate` on real runs: what is worse is found twice, what is equal passes, bad input is told.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::session::{Session, assert_one_line};

const BINARY: &str = env!("CARGO_BIN_EXE_layerbench");

/// What is measured: little, and only what noise cannot move, for a machine that is busy with other tests.
const LITTLE: [&str; 8] = [
    "--driver",
    "overlay2@ext4",
    "--workload",
    "pull",
    "--profile",
    "smoke",
    "--noise-free",
    "--json",
];

/// A program that is layerbench, but whose ext4 gives space in pieces of 64 KiB.
fn wasteful(session: &Session) -> PathBuf {
    let script = |path: PathBuf, text: String| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let bin = session.path("bin");
    script(
        bin.join("mkfs.ext4"),
        "#!/bin/sh\nPATH=${PATH#*:} exec mkfs.ext4 -O bigalloc -C 65536 \"$@\"\n".to_owned(),
    );
    script(
        session.path("wasteful"),
        format!(
            "#!/bin/sh\nPATH={}:$PATH:/usr/sbin:/sbin exec {BINARY} \"$@\"\n",
            bin.display()
        ),
    )
}

/// The directory of the only gate in `out`.
fn gate_in(out: &Path) -> PathBuf {
    let mut gates = std::fs::read_dir(out.join("gate")).unwrap();
    let only = gates.next().unwrap().unwrap().path();
    assert!(gates.next().is_none(), "several gates in {}", out.display());
    only
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn one_program_twice_passes() {
    let session = Session::new();
    let turns = [
        "gate",
        "--interleave",
        BINARY,
        BINARY,
        "--rounds",
        "2",
        "--out",
        "out",
    ];
    let (out, _) = session.expect(0, &[&turns[..], &LITTLE].concat());
    let gate = json(&out);
    assert_ne!(gate["status"], "failed");
    assert_eq!(gate["findings"], Value::Array(Vec::new()), "{gate}");
    assert!(gate["counts"]["well"].as_u64().unwrap() > 0, "{gate}");
    session.assert_clean();
    // A stored side of it is a baseline: a fresh run as it was made passes too.
    let baseline = gate_in(&session.path("out")).join("first/old/results.json");
    let baseline = baseline.to_str().unwrap();
    let line = [
        "gate",
        "--baseline",
        baseline,
        "--noise-free",
        "--out",
        "fresh",
    ];
    let (out, _) = session.expect(0, &line);
    assert!(
        out.contains("got worse") && !out.contains("FAILED"),
        "{out}"
    );
    session.assert_clean();
}

#[test]
fn a_program_that_takes_more_space_is_found_and_confirmed() {
    let session = Session::new();
    let worse = wasteful(&session);
    let turns = [
        "gate",
        "--interleave",
        BINARY,
        worse.to_str().unwrap(),
        "--rounds",
        "2",
        "--out",
        "out",
        "--junit",
        "gate.xml",
    ];
    let (out, err) = session.expect(1, &[&turns[..], &LITTLE].concat());
    let gate = json(&out);
    assert_eq!(gate["status"], "failed");
    let finding = &gate["findings"][0];
    assert_eq!(finding["state"], "confirmed", "{finding}");
    assert_eq!(finding["metric"], "allocated", "{finding}");
    assert!(finding["ratio"].is_null() && finding["first"]["ratio"].as_f64().unwrap() > 2.0);
    let repeat = finding["repeat"].as_str().unwrap();
    assert!(
        repeat.contains("--workload pull") && repeat.contains("--noise-free"),
        "{repeat}"
    );
    assert!(
        err.contains("measuring that again: pull on overlay2@ext4"),
        "{err}"
    );
    let junit = std::fs::read_to_string(session.path("gate.xml")).unwrap();
    assert!(junit.contains("<failure"), "{junit}");
    session.assert_clean();

    // Both sides are runs like any other.
    let dir = gate_in(&session.path("out"));
    let side = |name: &str| {
        let path = dir.join("first").join(name).join("results.json");
        path.to_str().unwrap().to_owned()
    };
    let (old, new) = (side("old"), side("new"));
    let (text, _) = session.expect(0, &["compare", &old, &new]);
    assert!(
        text.contains("pull/pull allocated") && text.contains("▼ worse"),
        "{text}"
    );
    let (text, _) = session.expect(0, &["compare", &old, &new, "--json"]);
    assert_eq!(json(&text)["paired"], true);
    let (text, _) = session.expect(0, &["compare", &old, &new, "--markdown", "--all"]);
    assert!(text.contains("▼ worse |"), "{text}");

    // Judged again without measuring, with room, and more strictly.
    let ready = ["gate", "--baseline", &old, "--run", &new, "--out", "ready"];
    let judge = |code: i32, more: &[&str]| {
        let words: Vec<&str> = ready.iter().chain(more).copied().collect();
        session.expect(code, &words);
    };
    judge(1, &[]);
    let room = ["--limit", "pull:allocated=off", "--limit", "*:device-*=off"];
    judge(0, &room);
    judge(3, &[&room[..], &["--fail-on", "inconclusive"]].concat());
    std::fs::write(
        session.path("layerbench.toml"),
        "[limit]\n\"pull:allocated\" = \"off\"\n\"pull:device-written\" = \"off\"\n",
    )
    .unwrap();
    judge(0, &["--noise-free"]);
    bad_limits(&session, &ready);
    bad_runs(&session, &old, &dir);
}

/// A limit that would guard nothing is an error.
fn bad_limits(session: &Session, ready: &[&str]) {
    for (limit, says) in [
        ("pul=5%", "near it are pull"),
        ("pull/unpak:time=5%", "unpack"),
        ("pull:alocated=5%", "allocated"),
        ("pull=5", "5%, 0.5% or off"),
        ("pull", "has no value"),
    ] {
        let (_, err) = session.expect(2, &[ready, &["--limit", limit]].concat());
        assert_one_line(&err);
        assert!(err.contains(says), "{err}");
    }
    std::fs::write(
        session.path("layerbench.toml"),
        "[limit]\n\n\"pul\" = \"5%\"\n",
    )
    .unwrap();
    let (_, err) = session.expect(2, ready);
    assert_one_line(&err);
    std::fs::remove_file(session.path("layerbench.toml")).unwrap();
}

/// Torn, mixed, of another machine, of other work: each is said, none is judged.
fn bad_runs(session: &Session, old: &str, gate: &Path) {
    let write = |name: &str, text: &str| {
        std::fs::write(session.path(name), text).unwrap();
        name.to_owned()
    };
    let turn = |round: &str| {
        let path = gate.join("first/old").join(round).join("records.jsonl");
        std::fs::read_to_string(path).unwrap()
    };
    let whole = turn("round-0");
    let torn = write("torn.jsonl", &whole[..whole.len() - 5]);
    let (text, _) = session.expect(0, &["compare", old, &torn]);
    assert!(
        text.contains("cut short by a crash") && text.contains("was killed"),
        "{text}"
    );
    let judge = |run: &str, more: &[&str]| -> Vec<String> {
        let line = ["gate", "--baseline", old, "--run", run, "--out", "bad"];
        let words = line.iter().chain(more).map(|word| (*word).to_owned());
        words.collect()
    };
    let expect = |code: i32, line: &[String]| {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        session.expect(code, &line)
    };
    expect(3, &judge(&torn, &["--fail-on", "inconclusive"]));

    let mixed = write("mixed.jsonl", &(whole.clone() + &turn("round-1")));
    let (_, err) = expect(65, &judge(&mixed, &[]));
    assert_one_line(&err);
    assert!(err.contains("another run begins here"), "{err}");

    let change = |change: &dyn Fn(&mut Value)| {
        let mut run = json(&std::fs::read_to_string(old).unwrap());
        change(&mut run);
        run.to_string()
    };
    let elsewhere = change(&|run| {
        run["host"]["fingerprint"] = "elsewhere".into();
        run["host"]["cpu"] = "another".into();
        run["run"]["config"]["session"] = Value::Null;
    });
    let elsewhere = write("elsewhere.json", &elsewhere);
    let (_, err) = expect(65, &judge(&elsewhere, &[]));
    assert_one_line(&err);
    assert!(err.contains("--ratios"), "{err}");
    expect(0, &judge(&elsewhere, &["--ratios"]));
    expect(0, &judge(&elsewhere, &["--noise-free"]));

    let other = change(&|run| run["run"]["image"]["config_digest"] = "sha256:other".into());
    let other = write("other.json", &other);
    let (_, err) = expect(65, &judge(&other, &[]));
    assert!(err.contains("the same work"), "{err}");
    let nothing = change(&|run| run["records"] = Value::Array(Vec::new()));
    let nothing = write("nothing.json", &nothing);
    expect(0, &judge(&nothing, &[]));
    expect(3, &judge(&nothing, &["--fail-on", "inconclusive"]));
    let newer = change(&|run| run["schema"] = 99.into());
    let newer = write("newer.json", &newer);
    let (_, err) = expect(65, &judge(&newer, &[]));
    assert!(err.contains("schema 99"), "{err}");
    expect(66, &judge("nosuch", &[]));
}

#[test]
fn a_case_that_only_the_new_program_fails_is_a_regression() {
    let session = Session::new();
    // layerbench, but what passes is written down as failed.
    let worse = session.path("worse");
    let text = format!(
        "#!/bin/sh\n{BINARY} \"$@\"; code=$?\nwhile [ $# -gt 1 ]; do [ \"$1\" = --out ] && out=$2; shift; done\n\
         sed -i 's/\"outcome\":\"pass\"/\"outcome\":\"fail\"/' \"$out/records.jsonl\"; exit $code\n"
    );
    std::fs::write(&worse, text).unwrap();
    std::fs::set_permissions(&worse, std::fs::Permissions::from_mode(0o755)).unwrap();
    let case = "deleted_file_comes_back_as_new";
    let asked = format!("--conformance={case}");
    let worse = worse.to_str().unwrap();
    let gate = |code: i32, old: &str, out: &str| {
        let line = [
            "gate",
            "--interleave",
            old,
            worse,
            "--rounds",
            "1",
            &asked,
            "--out",
            out,
        ];
        json(&session.expect(code, &[&line[..], &LITTLE].concat()).0)
    };
    let failed = gate(1, BINARY, "failed");
    let finding = &failed["findings"][0];
    assert_eq!(finding["state"], "confirmed", "{finding}");
    assert_eq!(finding["case"], case, "{finding}");
    // Where both fail nothing got worse.
    assert_eq!(gate(0, worse, "same")["findings"], Value::Array(Vec::new()));
    session.assert_clean();
}

#[test]
fn a_program_that_is_none_is_told() {
    let session = Session::new();
    let line = |new: &'static str| ["gate", "--interleave", "/bin/true", new, "--rounds", "1"];
    let (_, err) = session.expect(66, &line("/nosuch"));
    assert_one_line(&err);
    let (_, err) = session.expect(71, &line("/bin/false"));
    assert_one_line(&err);
    assert!(err.contains("it said nothing"), "{err}");
    session.expect(2, &["gate"]);
    session.expect(2, &["gate", "--subject", "overlay2"]);
    session.assert_clean();
}
