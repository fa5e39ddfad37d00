//! `publish`: a site of runs that are there, as a user makes it, makes it again, and checks it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::session::{Session, assert_one_line};

/// Records of a real run.
const RECORDS: &str = include_str!("../../../ci/baseline/records.jsonl");

/// Two runs under `layerbench-out`, the second a day later under another kernel and from a home directory.
fn two_runs(session: &Session) {
    let (head, _) = RECORDS.split_once("\"id\":\"").unwrap();
    let id = RECORDS[head.len() + 6..].split('"').next().unwrap();
    let started = "2026-11-22T00:18:43Z";
    let later = RECORDS
        .replace(id, "2026-11-23T00-18-43Z-fb6d739d-0002")
        .replace(started, "2026-11-23T00:18:43Z")
        .replace(
            "\"--out\",\"target/gate\"",
            "\"--out\",\"/home/zaphod/secret/out\"",
        )
        .replace("\"kernel\":\"6.", "\"kernel\":\"7.");
    assert_ne!(RECORDS, later);
    for (name, text) in [("one", RECORDS), ("two", &later)] {
        let dir = session.path("layerbench-out/runs").join(name);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("records.jsonl"), text).unwrap();
    }
}

/// Every file below a directory, by path.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[test]
fn a_site_is_whole_checkable_and_the_same_each_time() {
    let session = Session::new();
    two_runs(&session);
    let (out, err) = session.expect(0, &["publish", "--out", "site"]);
    assert!(
        out.is_empty() && err.contains("2 runs, 1 comparisons"),
        "{err}"
    );
    let first = files(&session.path("site"));
    let later = "2026-11-23T00-18-43Z-fb6d739d-0002";
    for name in ["index.html", "report.html", "results.json.gz"] {
        assert!(
            first.contains_key(&format!("runs/{later}/{name}")),
            "{name}"
        );
    }
    assert_eq!(
        first
            .keys()
            .filter(|name| name.starts_with("compare/"))
            .count(),
        2
    );
    let check = session.tool(
        "sh",
        &["-c", "cd site && sha256sum --check --strict files.sha256"],
    );
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
    // Nothing of a name or a place.
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains("zaphod") && !text.contains("/home"),
            "{name}"
        );
    }
    session.expect(0, &["publish", "--out", "site"]);
    assert!(
        files(&session.path("site")) == first,
        "the second time differs"
    );
    // A site is published again as it is, also from itself, and its runs are runs.
    session.expect(0, &["publish", "site", "layerbench-out", "--out", "site"]);
    assert!(
        files(&session.path("site")) == first,
        "from itself it differs"
    );
    let packed = format!("site/runs/{later}/results.json.gz");
    let (json, _) = session.expect(0, &["report", &packed, "--out", "again", "--json"]);
    assert!(json.contains("[path 1]"), "{json}");
    let page = &first[&format!("runs/{later}/report.html")];
    assert!(&std::fs::read(session.path("again/report.html")).unwrap() == page);
    let older = format!("site/runs/{}", "2026-11-22T00-18-43Z-fb6d739d-fa31");
    session.expect(0, &["compare", &older, &packed]);
    // A run that is gone takes its pages along; what is not the site's stays.
    std::fs::write(session.path("site/CNAME"), "example.org\n").unwrap();
    std::fs::remove_file(session.path("layerbench-out/runs/two/records.jsonl")).unwrap();
    let (_, err) = session.expect(0, &["publish", "--out", "site"]);
    assert!(err.contains("left out") && err.contains("1 runs"), "{err}");
    let left = files(&session.path("site"));
    assert!(!left.keys().any(|name| name.contains(later)) && left.contains_key("CNAME"));
    // With names, when that is wanted.
    two_runs(&session);
    session.expect(0, &["publish", "--no-redact", "--out", "open"]);
    let page = &files(&session.path("open"))[&format!("runs/{later}/index.html")];
    assert!(String::from_utf8_lossy(page).contains("/home/zaphod/secret/out"));
}

#[test]
fn what_cannot_be_published_is_told() {
    let session = Session::new();
    let (_, err) = session.expect(66, &["publish", "absent"]);
    assert_one_line(&err);
    std::fs::create_dir(session.path("empty")).unwrap();
    let (_, err) = session.expect(4, &["publish", "empty", "--out", "site"]);
    assert_one_line(&err);
    two_runs(&session);
    std::fs::write(session.path("precious"), "").unwrap();
    let (_, err) = session.expect(2, &["publish", "--out", "."]);
    assert!(err.contains("not empty"), "{err}");
    session.expect(2, &["publish", "--out", "site", "--url", "nonsense"]);
    // A word that the format itself needs.
    let (_, err) = session.expect(2, &["publish", "--out", "site", "--redact", "ready"]);
    assert_one_line(&err);
    assert!(!session.path("site/index.html").exists());
    // Half a file is said to be one, and no reason not to publish the others.
    let torn = &RECORDS[..RECORDS.len() / 2];
    std::fs::create_dir_all(session.path("layerbench-out/runs/three")).unwrap();
    std::fs::write(session.path("layerbench-out/runs/three/results.json"), torn).unwrap();
    let (_, err) = session.expect(0, &["publish", "--out", "site", "--pairs", "0"]);
    assert!(
        err.contains("left out") && err.contains("2 runs, 0 comparisons"),
        "{err}"
    );
}
