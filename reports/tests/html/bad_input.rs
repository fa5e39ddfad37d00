//! Runs that lack something: the page opens, says what is missing and why, and draws no empty chart.

use reports::{Dnf, Latencies, Results, Role, render};
use scraper::Html;

use crate::common;
use crate::dom::{all, first, parse, text};

/// A page of these results that is whole, and its text.
fn page(results: &Results) -> (Html, String) {
    let html = render(results);
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    let page = parse(&html);
    let root = page.root_element();
    assert!(!text(first(root, "h1").unwrap()).is_empty());
    for chart in all(root, "svg") {
        // What is drawn of a subject has the class of its colour.
        let drawn = all(chart, "path[class*=' s']");
        assert!(!drawn.is_empty(), "an empty chart: {}", text(chart));
    }
    for table in all(root, "table") {
        assert!(
            !all(table, "tbody tr").is_empty(),
            "an empty table: {}",
            text(table)
        );
    }
    let dead: Vec<_> = all(root, "a[href^='#']")
        .into_iter()
        .filter_map(|a| a.value().attr("href")?.strip_prefix('#'))
        .filter(|id| all(root, &format!("[id='{id}']")).len() != 1)
        .collect();
    assert!(dead.is_empty(), "links lead nowhere: {dead:?}");
    let all = text(first(root, "body").unwrap());
    (page, all)
}

#[test]
fn nothing_at_all() {
    let (_, said) = page(&Results::default());
    assert!(said.contains("No driver could run"), "{said}");
}

#[test]
fn no_conformance() {
    let mut results = common::results(6);
    results.cases.clear();
    let (page, said) = page(&results);
    assert!(said.contains("conformance was not asked"), "{said}");
    assert!(first(page.root_element(), "#conformance table").is_none());
}

#[test]
fn one_driver() {
    let mut results = common::results(6);
    let only = |name: &str| name == "btrfs@btrfs" || name == "hostdir@btrfs";
    results.subjects.retain(|s| only(&s.name));
    results.records.retain(|r| only(&r.subject));
    results.cases.retain(|c| only(&c.subject));
    results.dnf.clear();
    let (_, said) = page(&results);
    assert!(said.contains("btrfs@btrfs"), "{said}");
}

#[test]
fn one_driver_without_a_control() {
    let mut results = common::results(6);
    results.subjects.retain(|s| s.name == "btrfs@btrfs");
    results.records.retain(|r| r.subject == "btrfs@btrfs");
    results.cases.clear();
    results.dnf.clear();
    let (_, said) = page(&results);
    assert!(said.contains("no control"), "{said}");
}

#[test]
fn one_round() {
    let (_, said) = page(&common::results(1));
    assert!(said.contains("too few"), "{said}");
}

#[test]
fn nobody_finished() {
    let mut results = common::results(6);
    let subjects = results.subjects.iter().filter(|s| s.role == Role::Subject);
    results.dnf = subjects
        .flat_map(|subject| {
            ["pull", "start", "copy-up", "write-heavy"].map(|workload| Dnf {
                subject: subject.name.clone(),
                workload: workload.to_owned(),
                phase: None,
                params: reports::Facts::new(),
                round: Some(0),
                after_seconds: Some(60.0),
                reason: "stopped after 60 s".to_owned(),
            })
        })
        .collect();
    // The controls did; then nobody.
    let controls: Vec<String> = results
        .subjects
        .iter()
        .filter(|s| s.role == Role::Control)
        .map(|s| s.name.clone())
        .collect();
    results.records.retain(|r| controls.contains(&r.subject));
    for left in [results.records.clone(), Vec::new()] {
        results.records = left;
        let (page, said) = page(&results);
        assert!(said.contains("stopped after 60 s"), "{said}");
        assert!(first(page.root_element(), "#dnf").is_some());
    }
}

#[test]
fn files_of_an_older_schema() {
    for old in [
        include_str!("../golden/results-v1.json"),
        include_str!("../golden/results-v2.json"),
    ] {
        page(&Results::from_json(old).unwrap());
    }
}

#[test]
fn records_that_nobody_announced() {
    let mut results = common::results(6);
    results.run.workloads.clear();
    let name = results.records[0].subject.clone();
    results.subjects.retain(|s| s.name != name);
    page(&results);
}

#[test]
fn histograms_beyond_measure() {
    let mut results = common::results(6);
    let bins: Vec<(u64, u64)> = (1..40_000).map(|at| (at * 1000, u64::MAX >> 24)).collect();
    for record in results.records.iter_mut().step_by(9) {
        record.histogram = Some(Latencies {
            count: bins.iter().map(|bin| bin.1).sum(),
            min_ns: 1000,
            max_ns: 40_000_000,
            bins: bins.clone(),
        });
    }
    page(&results);
}

#[test]
fn values_of_every_size() {
    for value in [0.0, 5e-324, 1e-300, -1.0, 1e300, f64::MAX] {
        let mut results = common::results(6);
        for record in results.records.iter_mut().step_by(5) {
            record.value = value;
        }
        let (_, said) = page(&results);
        assert!(!said.contains("NaN") && !said.contains("inf "), "{value}");
    }
}

#[test]
fn a_round_of_any_number() {
    let mut results = common::results(6);
    for record in results.records.iter_mut().filter(|r| r.round == 5) {
        record.round = u32::MAX;
    }
    page(&results);
}
