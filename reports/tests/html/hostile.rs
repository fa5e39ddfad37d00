//! Every string of a run may come from a stranger: none becomes markup, wherever it stands.

use reports::{Results, render};
use serde_json::Value;

use crate::common;
use crate::dom::{all, parse};
use crate::poison::{self, EVIL, poisoned};

fn run() -> Results {
    let mut results = common::results(2);
    results.run.id = "run".to_owned();
    results
}

/// What no page may hold, whatever it is made of.
fn check(page: &str, what: &str) {
    let dom = parse(page);
    let root = dom.root_element();
    for selector in [".evil", "img", "link", "iframe", "object", "[onerror]"] {
        assert!(all(root, selector).is_empty(), "{what}: {selector}");
    }
    let scripts = all(root, "script");
    let own = parse(&render(&Results::default()));
    let plain = all(own.root_element(), "script:not([type])");
    let running: Vec<_> = scripts
        .iter()
        .filter(|s| s.value().attr("type") != Some("application/json"))
        .map(|s| s.inner_html())
        .collect();
    let due: Vec<_> = plain.iter().map(|s| s.inner_html()).collect();
    assert_eq!(running, due, "{what}: another script");
    for script in scripts {
        if script.value().attr("type") == Some("application/json") {
            let text: String = script.text().collect();
            serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{what}: {e}"));
        }
    }
    assert_eq!(all(root, "style").len(), 1, "{what}");
    for link in all(root, "a") {
        let to = link.value().attr("href").unwrap_or_default();
        assert!(to.starts_with('#'), "{what}: {to}");
    }
    for element in all(root, "*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{what}: {name}={value}");
        }
    }
}

#[test]
fn no_string_of_a_run_becomes_markup() {
    let results = run();
    let places = poison::all(&results);
    assert!(places.len() > 40, "{places:?}");
    for place in &places {
        // A name that others refer to is poisoned where they do so too.
        let mut together = vec![place.as_str()];
        if place.ends_with("subject") || place == "/subjects/name" {
            together = vec![
                "/subjects/name",
                "/records/subject",
                "/cases/subject",
                "/dnf/subject",
            ];
        }
        if place.ends_with("workload") || place == "/run/workloads/name" {
            together = vec!["/run/workloads/name", "/records/workload", "/dnf/workload"];
        }
        check(&render(&poisoned(&results, &together, EVIL)), place);
    }
}

#[test]
fn all_of_them_at_once_make_a_page_that_still_has_its_sections() {
    let results = run();
    let places = poison::all(&results);
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let page = render(&poisoned(&results, &places, EVIL));
    check(&page, "all");
    assert!(all(parse(&page).root_element(), "main section").len() >= 5);
}
