//! A whole run, and its report.

use serde_json::Value;

use crate::session::Session;

#[test]
fn a_smoke_run_leaves_a_report_and_nothing_else() {
    let session = Session::new();
    let (summary, _) = session.expect(
        0,
        &[
            "run",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--driver",
            "overlay2",
            "--case",
            "image_never_changes",
            "--out",
            "out",
        ],
    );
    assert!(
        summary.contains("overlay2@") && summary.contains("vfs@"),
        "{summary}"
    );
    let read = |name: &str| std::fs::read_to_string(session.path("out").join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert!(results["schema"].is_number());
    for (list, fields) in [
        ("subjects", vec!["name", "driver", "options", "support"]),
        (
            "records",
            vec![
                "subject", "driver", "workload", "phase", "metric", "unit", "round", "value",
            ],
        ),
        (
            "cases",
            vec!["subject", "driver", "case", "outcome", "reason"],
        ),
    ] {
        let items = results[list].as_array().unwrap();
        assert!(!items.is_empty(), "{list} is empty");
        for item in items {
            for field in &fields {
                assert!(!item[*field].is_null(), "{list} without {field}: {item}");
            }
        }
    }
    let workloads: std::collections::BTreeSet<_> = results["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["workload"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        workloads.into_iter().collect::<Vec<_>>(),
        ["copy-up", "pull", "start", "write-heavy"]
    );
    assert_eq!(
        results["dnf"].as_array().unwrap().len(),
        0,
        "{}",
        results["dnf"]
    );
    crate::caches::of_root(&results);
    assert!(
        read("report.html").contains("</html>")
            && read("junit.xml").contains("<testsuite")
            && read("summary.md").contains('|')
    );
    session.assert_clean();

    // The records alone give the same report, also when the last line is torn.
    let records = read("records.jsonl");
    std::fs::create_dir(session.path("torn")).unwrap();
    std::fs::write(
        session.path("torn/records.jsonl"),
        &records[..records.len() - 20],
    )
    .unwrap();
    session.expect(0, &["report", "torn"]);
    assert!(session.path("torn/report.html").exists());
    // A second run keeps the first one's results.
    session.expect(
        0,
        &[
            "conform",
            "--driver",
            "vfs",
            "--case",
            "image_never_changes",
            "--out",
            "out",
        ],
    );
    assert_eq!(
        std::fs::read_dir(session.path("out/runs")).unwrap().count(),
        2
    );
}
