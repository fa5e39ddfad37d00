//! The runs that are kept: where they are, how they are listed and found again, and what becomes of what was there.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::session::{Session, assert_one_line};

const CASE: [&str; 5] = [
    "conform",
    "--driver",
    "vfs",
    "--case",
    "image_never_changes",
];

fn listed(session: &Session) -> Vec<Value> {
    let (json, _) = session.expect(0, &["history", "--json"]);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn runs_are_kept_listed_and_found_by_the_beginning_of_their_name() {
    let session = Session::new();
    let out = session.path("layerbench-out");
    session.expect(66, &["history"]);
    session.expect(0, &CASE);
    let first = std::fs::read_link(out.join("latest")).unwrap();
    let records = std::fs::read(out.join("records.jsonl")).unwrap();
    session.expect(0, &CASE);
    // The first is as it was; the familiar names lead to the second.
    assert_eq!(
        std::fs::read(out.join(&first).join("records.jsonl")).unwrap(),
        records
    );
    let second = std::fs::read_link(out.join("latest")).unwrap();
    assert_ne!(first, second);
    for name in [
        "records.jsonl",
        "results.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "claims.json",
    ] {
        let through = std::fs::read(out.join(name)).unwrap();
        assert_eq!(
            through,
            std::fs::read(out.join(&second).join(name)).unwrap()
        );
    }
    let runs = listed(&session);
    assert_eq!(runs.len(), 2);
    for (run, dir) in runs.iter().zip([&first, &second]) {
        assert_eq!(run["id"], dir.file_name().unwrap().to_str().unwrap());
        assert_eq!(run["state"], "complete");
        assert_eq!(run["host"].as_str().unwrap().len(), 8);
        assert_eq!(run["cases"]["asked"], 1);
        let kept = session
            .path("layerbench-out")
            .join(dir)
            .join("results.json");
        let kept: Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
        assert_eq!(kept["run"]["id"], run["id"]);
    }
    let (text, _) = session.expect(0, &["history"]);
    assert_eq!(text.matches("complete").count(), 2, "{text}");

    // By name, by its random part; several are told.
    let id = first.file_name().unwrap().to_str().unwrap();
    for name in [id, &id[id.len() - 4..]] {
        std::fs::remove_file(out.join(&first).join("report.html")).unwrap();
        session.expect(0, &["report", name]);
        assert!(out.join(&first).join("report.html").exists());
    }
    let (_, err) = session.expect(2, &["report", &id[..4]]);
    assert_one_line(&err);
    let (_, err) = session.expect(66, &["report", "1999"]);
    assert!(err.contains("layerbench history"), "{err}");
    // A report of the newest, by its familiar name, leaves the links links.
    for line in [
        vec!["report"],
        vec!["report", "layerbench-out"],
        vec!["report", "layerbench-out/records.jsonl"],
    ] {
        session.expect(0, &line);
        assert!(out.join("report.html").is_symlink());
    }
    // Both side by side, each under its own name; and one of them twice is a mistake.
    let runs = [&first, &second].map(|run| out.join(run).to_str().unwrap().to_owned());
    let [first, second] = runs.each_ref().map(String::as_str);
    let (text, _) = session.expect(0, &["report", first, second, "--out", "both"]);
    assert!(text.contains("2 runs side by side"), "{text}");
    let page = std::fs::read_to_string(session.path("both/report.html")).unwrap();
    assert!(page.contains("Who was tested where"));
    assert!(!session.path("both/results.json").exists());
    let (_, err) = session.expect(2, &["report", first, first]);
    assert_one_line(&err);
    let (_, err) = session.expect(2, &["report", first, second, "--json"]);
    assert_one_line(&err);
    session.expect(0, &["report", second, "--baseline", first]);
    // Elsewhere, with the directory named.
    std::fs::rename(&out, session.path("moved")).unwrap();
    session.expect(0, &["report", id, "--in", "moved", "--out", "copy"]);
    assert!(session.path("copy/report.html").exists());
}

#[test]
fn what_was_in_the_output_directory_is_put_aside() {
    let session = Session::new();
    let out = session.path("layerbench-out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("records.jsonl"), "of an older version\n").unwrap();
    symlink("/etc/hostname", out.join("summary.md")).unwrap();
    std::fs::write(out.join("notes"), "mine").unwrap();
    session.expect(0, &CASE);
    session.expect(0, &CASE);
    let earlier: Vec<_> = std::fs::read_dir(out.join("earlier"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(earlier.len(), 1);
    assert_eq!(
        std::fs::read_to_string(earlier[0].join("records.jsonl")).unwrap(),
        "of an older version\n"
    );
    assert!(earlier[0].join("summary.md").is_symlink());
    assert_eq!(std::fs::read_to_string(out.join("notes")).unwrap(), "mine");
    // It is listed as what it is.
    let runs = listed(&session);
    assert_eq!(runs.len(), 3);
    let broken: Vec<_> = runs.iter().filter(|run| run["state"] == "broken").collect();
    assert_eq!(broken.len(), 1);
    assert!(broken[0]["id"].as_str().unwrap().starts_with("earlier/"));
}

#[test]
fn broken_and_torn_runs_are_told_from_whole_ones() {
    let session = Session::new();
    session.expect(0, &CASE);
    let runs = session.path("layerbench-out/runs");
    let whole = std::fs::read_dir(&runs).unwrap().next().unwrap().unwrap();
    let records = std::fs::read_to_string(whole.path().join("records.jsonl")).unwrap();
    let cut = &records[..records.len() - 30];
    for (id, text) in [
        ("2026-01-01T00-00-00Z-00000000-0001", cut),
        ("2026-01-01T00-00-00Z-00000000-0002", "garbage\n"),
        ("2026-01-01T00-00-00Z-00000000-0003", "{\"schema\":999}\n"),
        ("2026-01-01T00-00-00Z-00000000-0004", ""),
    ] {
        std::fs::create_dir(runs.join(id)).unwrap();
        std::fs::write(runs.join(id).join("records.jsonl"), text).unwrap();
    }
    std::fs::create_dir(runs.join("2026-01-01T00-00-00Z-00000000-0005")).unwrap();
    std::fs::write(runs.join("a file"), "").unwrap();
    let states: Vec<(String, String)> = listed(&session)
        .iter()
        .map(|run| {
            let id = run["id"].as_str().unwrap();
            let reason = run["reason"].as_str().unwrap_or_default().to_owned();
            (
                format!("{}{}", &id[id.len() - 1..], run["state"].as_str().unwrap()),
                reason,
            )
        })
        .collect();
    for (which, why) in [
        ("1torn", ""),
        ("2broken", "records.jsonl"),
        ("3broken", "schema 999"),
        ("4broken", "first line"),
        ("5broken", "neither records.jsonl nor results.json"),
    ] {
        let found = states.iter().find(|(state, _)| state == which);
        let (_, reason) = found.unwrap_or_else(|| panic!("no {which} in {states:?}"));
        assert!(reason.contains(why), "{which}: {reason}");
    }
    assert_eq!(states.len(), 6);
    let (text, _) = session.expect(0, &["history"]);
    assert!(
        text.contains("schema 999") && text.contains("torn"),
        "{text}"
    );
}

/// Runs as a history would have them: the numbers of a real run, with a known step and a little noise.
fn copies(session: &Session, count: usize, since: usize) {
    let runs = session.path("layerbench-out/runs");
    let real = std::fs::read_dir(&runs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let records = std::fs::read_to_string(real.join("records.jsonl")).unwrap();
    for number in 0..count {
        let dir = runs.join(format!(
            "2026-01-{:02}T00-00-00Z-0badcafe-{number:04}",
            number + 1
        ));
        std::fs::create_dir(&dir).unwrap();
        let changed = number >= since;
        let wobble = 1.0 + 0.004 * ((number * 7919) % 5) as f64;
        let mut lines = String::new();
        for line in records.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            match line["kind"].as_str().unwrap() {
                "run" => {
                    line["started"] = format!("2026-01-{:02}T00:00:00Z", number + 1).into();
                    line["version"] = if changed { "9.9.1" } else { "9.9.0" }.into();
                }
                "host" => line["facts"]["fingerprint"] = "0badcafe".into(),
                "record" => {
                    let value = line["value"].as_f64().unwrap();
                    let is_subject = line["driver"] != "hostdir";
                    let factor = match line["metric"].as_str().unwrap() {
                        "time" if is_subject && changed => 1.3 * wobble,
                        "time" if is_subject => wobble,
                        "allocated" if is_subject && changed => 2.0,
                        _ => 1.0,
                    };
                    line["value"] = (value * factor).into();
                }
                _ => {}
            }
            lines.extend([line.to_string().as_str(), "\n"]);
        }
        std::fs::write(dir.join("records.jsonl"), lines).unwrap();
    }
    std::fs::rename(real, session.path("real")).unwrap();
}

#[test]
fn a_step_in_the_history_is_found_between_the_runs_it_is_between() {
    let session = Session::new();
    session.expect(66, &["trend"]);
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "vfs",
        "--workload",
        "pull",
    ];
    session.expect(0, &line);
    let (text, _) = session.expect(0, &["trend"]);
    assert!(text.contains("too short"), "{text}");
    copies(&session, 12, 7);
    let (text, _) = session.expect(0, &["trend"]);
    assert!(
        text.contains("x slower [1.") && text.contains("p < 0.0001"),
        "{text}"
    );
    for side in [
        "before  2026-01-07T00-00-00Z-0badcafe-0006 layerbench 9.9.0",
        "since   2026-01-08T00-00-00Z-0badcafe-0007 layerbench 9.9.1",
    ] {
        assert!(text.contains(side), "{text}");
    }
    let (json, _) = session.expect(0, &["trend", "--json", "--metric", "time"]);
    let groups: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(groups[0]["host"], "0badcafe");
    let series = groups[0]["series"].as_array().unwrap();
    let pull = series.iter().find(|s| s["phase"] == "pull").unwrap();
    assert_eq!(pull["points"].as_array().unwrap().len(), 12);
    let change = &pull["changes"][0];
    assert_eq!(change["since"], "2026-01-08T00-00-00Z-0badcafe-0007");
    let ratio = change["size"]["ratio"].as_f64().unwrap();
    assert!((ratio - 1.3).abs() < 0.02, "{change}");
    assert!(change["worse"] == true && pull["changes"].as_array().unwrap().len() == 1);
    // What repeats exactly needs no statistics.
    let (json, _) = session.expect(0, &["trend", "--json", "--metric", "allocated"]);
    let groups: Value = serde_json::from_str(&json).unwrap();
    let mut steps = groups[0]["series"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|series| series["changes"].as_array().unwrap());
    assert!(steps.all(|step| step["since"] == "2026-01-08T00-00-00Z-0badcafe-0007"));
    let (_, err) = session.expect(2, &["trend", "--metric", "alocated"]);
    assert_one_line(&err);
    assert!(err.contains("near it are allocated"), "{err}");
    let (_, err) = session.expect(4, &["trend", "--metric", "mounts"]);
    assert_one_line(&err);
}

#[test]
fn a_run_is_exported_in_every_format() {
    let session = Session::new();
    session.expect(
        0,
        &[
            "run",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--workload",
            "pull",
            "--case",
            "image_never_changes",
        ],
    );
    for (format, word) in [
        ("csv", "run,subject,driver"),
        ("openmetrics", "# EOF"),
        ("bencher", "\"time-seconds\""),
        ("github-benchmark", "\"unit\": \"s\""),
        ("github-benchmark-bigger", "["),
        ("annotations", ""),
        ("job-summary", "# layerbench"),
        ("junit", "<testsuite"),
        ("otava-csv", "time,run,version,commit,kernel,vfs@"),
    ] {
        let (text, _) = session.expect(0, &["export", "--format", format]);
        assert!(text.contains(word), "{format}: {text}");
        session.expect(
            0,
            &["export", "latest", "--format", format, "--output", "file"],
        );
        assert_eq!(std::fs::read_to_string(session.path("file")).unwrap(), text);
    }
    // The summary of a job is added to what is there, and standard output stays empty.
    std::fs::write(session.path("summary"), "before\n").unwrap();
    let output = session
        .command(&["export", "--format", "job-summary"])
        .env("GITHUB_STEP_SUMMARY", session.path("summary"))
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    let summary = std::fs::read_to_string(session.path("summary")).unwrap();
    assert!(summary.starts_with("before\n# layerbench"), "{summary}");
    session.expect(2, &["export", "--format", "nosuch"]);
    session.expect(66, &["export", "absent", "--format", "csv"]);
    session.expect(
        66,
        &["export", "--format", "csv", "--output", "no/such/place"],
    );
}
