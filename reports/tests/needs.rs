//! What a use needs of a driver is asked of what the run recorded, and decides before any number.

use reports::decide::{Certainty, decide, weighed};
use reports::headline::rows;
use reports::stats::random::Random;
use reports::uses::{self, ROOTLESS};
use reports::{Analysis, Results, render};

/// Headline numbers of the use "Rootless desktop".
const WORK: [(&str, &str, &str); 5] = [
    (
        "start-programs",
        "first-output",
        r#""program":"true","cache":"warm""#,
    ),
    ("start", "total", r#""parallel":"1","cache":"warm""#),
    (
        "start-scale",
        "mapped-first",
        r#""way":"chown","files":"300""#,
    ),
    ("pull", "pull", ""),
    ("tools", "package-install", r#""target":"layer-new""#),
];

/// A run of subjects: name, the fact, seconds of each of [`WORK`].
fn results(subjects: &[(&str, Option<&str>, f64)]) -> Results {
    let run = r#"{"kind":"run","schema":2,"version":"","commit":"","seed":1,"profile":"","rounds":8,"started":"","command_line":[],"config":{},"image":{},"workloads":[]}"#;
    let mut lines = vec![run.to_owned()];
    let mut random = Random::new(3);
    for (name, fact, seconds) in subjects {
        let facts = fact.map_or(String::new(), |fact| format!(r#"["rootless","{fact}"]"#));
        lines.push(format!(
            r#"{{"kind":"subject","name":"{name}","driver":"{name}","role":"subject","backing":"ext4","options":{{}},"support":{{"status":"ready"}},"facts":[{facts}],"capabilities":{{"device_nodes":true}}}}"#
        ));
        for (workload, phase, params) in WORK {
            for round in 0..8 {
                let value = seconds * (0.01 * random.normal()).exp();
                lines.push(format!(
                    r#"{{"kind":"record","subject":"{name}","driver":"","workload":"{workload}","phase":"{phase}","metric":"time","unit":"s","round":{round},"position":0,"value":{value},"params":{{{params}}}}}"#
                ));
            }
        }
    }
    Results::from_lines(&lines.join("\n")).unwrap()
}

#[test]
fn whoever_needs_root_is_not_for_a_rootless_desktop() {
    let results = results(&[
        ("fast", Some("no: it needs the host's CAP_SYS_ADMIN"), 0.1),
        ("steady", Some("yes"), 1.0),
        ("slow", Some("yes"), 2.0),
        ("silent", None, 0.5),
    ]);
    let analysis = Analysis::new(&results);
    let all = decide(&analysis, &rows(&analysis));
    let decision = all.iter().find(|d| d.of == ROOTLESS).unwrap();
    assert_eq!(decision.winners(), ["steady"]);
    assert_eq!(decision.certainty(), Certainty::Sure);
    let out = |name: &str| {
        decision
            .out
            .iter()
            .find(|(n, _)| n == name)
            .unwrap()
            .1
            .as_str()
    };
    assert_eq!(out("fast"), "needs root: it needs the host's CAP_SYS_ADMIN");
    assert_eq!(
        out("silent"),
        "this run does not say whether it works without root"
    );
    let page = render(&results);
    assert!(page.contains("steady: stands on ext4, works without root."));
    assert!(page.contains("Measured as root"));
}

#[test]
fn the_numbers_that_say_why_are_those_that_differ_most() {
    let mut results = results(&[("first", Some("yes"), 1.0), ("second", Some("yes"), 1.5)]);
    for record in &mut results.records {
        match (record.subject.as_str(), record.workload.as_str()) {
            ("second", "pull") => record.value *= 4.0,
            ("second", "tools") => record.value *= 0.2,
            _ => {}
        }
    }
    let analysis = Analysis::new(&results);
    let all = decide(&analysis, &rows(&analysis));
    let decision = all.iter().find(|d| d.of == ROOTLESS).unwrap();
    let reasons = decision.reasons(&analysis);
    let told: Vec<(&str, bool)> = reasons
        .iter()
        .map(|r| (r.label.as_str(), r.pair.ratio > 1.0))
        .collect();
    // 2 ln 6 = 3.6 against 3 ln 1.5 = 1.2; and against it 2 ln 0.3.
    assert_eq!(
        told,
        [
            ("Pull the image", true),
            ("Start true in a container, to its first output", true),
            ("Install a package with dpkg", false)
        ]
    );
}

#[test]
fn weights_of_ones_own_turn_a_ranking() {
    let mut results = results(&[("starter", Some("yes"), 1.0), ("puller", Some("yes"), 1.5)]);
    for record in &mut results.records {
        if record.subject == "puller" && record.workload == "pull" {
            record.value /= 3.0;
        }
    }
    let analysis = Analysis::new(&results);
    let rows = rows(&analysis);
    let by = |pull: u32| {
        let of = |id: &str| if id == "pull" { pull } else { 1 };
        weighed(&analysis, &rows, ROOTLESS, of).winners().to_vec()
    };
    assert_eq!(
        (by(0), by(5)),
        (vec!["starter".to_owned()], vec!["puller".to_owned()])
    );
}

#[test]
fn every_workload_counts_for_somebody() {
    let counted: std::collections::BTreeSet<&str> = uses::ALL
        .iter()
        .flat_map(|of| of.numbers)
        .filter(|(_, weight)| *weight > 0)
        .filter_map(|(id, _)| reports::headline::known(id))
        .collect();
    for workload in [
        "pull",
        "start",
        "start-programs",
        "start-scale",
        "copy-up",
        "copy-up-tree",
        "write-heavy",
        "write-modes",
        "postgres",
        "fio",
        "tools",
        "read",
        "share",
        "density",
        "build",
        "diff",
        "remove",
    ] {
        assert!(counted.contains(workload), "{workload}");
    }
}
