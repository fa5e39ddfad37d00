//! The page: well-formed, self-contained, the same bytes each time, and no name of a host becomes markup.

mod common;
mod markup;

use std::collections::BTreeSet;

use markup::{Tag, tags};
use reports::{Results, render};

/// Checks what holds for every page; gives its tags.
fn check(page: &str) -> Vec<Tag> {
    let tags = tags(page).unwrap();
    let mut ids = BTreeSet::new();
    for tag in &tags {
        if let Some(id) = tag.get("id") {
            assert!(ids.insert(id), "id {id:?} twice");
        }
    }
    for tag in &tags {
        for name in ["href", "src", "xlink:href", "action", "data"] {
            if let Some(target) = tag.get(name) {
                let id = target
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{tag:?} loads something"));
                assert!(ids.contains(id), "{tag:?} leads nowhere");
            }
        }
        if let Some(labels) = tag.get("aria-labelledby") {
            assert!(labels.split(' ').all(|id| ids.contains(id)), "{tag:?}");
        }
        assert!(
            tag.attributes
                .iter()
                .all(|(name, _)| !name.starts_with("on")),
            "{tag:?} runs something"
        );
        match tag.name.as_str() {
            "script" => assert_eq!(tag.get("type"), Some("application/json")),
            "svg" => assert_eq!(
                (tag.get("role"), tag.get("aria-labelledby").is_some()),
                (Some("img"), true)
            ),
            "th" => assert!(tag.get("scope").is_some(), "{tag:?}"),
            "link" | "img" | "iframe" | "object" | "embed" => panic!("{tag:?} may load something"),
            _ => {}
        }
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    tags
}

fn embedded(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_page_is_well_formed_and_loads_nothing() {
    let page = render(&common::results(12));
    let tags = check(&page);
    let count = |name: &str| tags.iter().filter(|t| t.name == name).count();
    // Four workloads, plus parts, sizes and volumes; the cards, one table a section and the data.
    assert_eq!(count("svg"), 7);
    assert_eq!(count("h1"), 1);
    assert!(page.len() < 1_500_000, "{}", page.len());
    // For looking at it.
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(dir.join("page.html"), &page).unwrap();
}

#[test]
fn no_chart_has_a_colour_of_its_own() {
    let page = render(&common::results(6));
    for svg in page.split("<svg").skip(1) {
        let svg = svg.split("</svg>").next().unwrap();
        assert!(
            !svg.contains("\"#"),
            "{}",
            &svg[svg.find("\"#").unwrap()..][..40]
        );
    }
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let results = common::results(6);
    let again = Results::from_json(&results.to_json().unwrap()).unwrap();
    assert!(render(&results) == render(&again), "the pages differ");
    assert!(
        again == results,
        "a number changed on its way through the file"
    );
}

#[test]
fn names_from_hosts_stay_text() {
    let evil = "\"'><script>alert(1)</script><!--&amp;\u{202e}\n";
    let text = common::results(6).to_json().unwrap();
    let quoted = serde_json::to_string(evil).unwrap();
    let quoted = &quoted[1..quoted.len() - 1];
    // Subjects, workloads, phases, parameters, reasons, facts, host.
    for name in [
        "overlay2@ext4",
        "copy-up",
        "random-write",
        "steal 12 %",
        "Invented CPU",
        "total",
        "EXDEV",
        "layer-new",
        "sharing",
    ] {
        let results = Results::from_json(&text.replace(name, &format!("{name}{quoted}"))).unwrap();
        let page = render(&results);
        check(&page);
        assert!(!page.contains("<script>"), "{name}");
        assert!(page.contains("&lt;script&gt;"), "{name} is not shown");
        let values = embedded(&page);
        assert!(values.as_array().unwrap().len() > 100);
    }
}

#[test]
fn pages_of_partial_runs_say_so() {
    let whole = common::results(3);
    let page = render(&whole);
    check(&page);
    assert!(page.contains("3 rounds are too few for verdicts"));
    assert!(page.contains("too few rounds"));
    assert!(page.contains(" at 75.0 %"));

    let mut killed = whole.clone();
    killed.end = None;
    killed.records.truncate(40);
    let page = render(&killed);
    check(&page);
    assert!(page.contains("the run was killed"));

    let mut conformance_only = whole.clone();
    conformance_only.records.clear();
    conformance_only.run.rounds = 0;
    let page = render(&conformance_only);
    check(&page);
    assert!(page.contains("2 of 30 answers of the conformance suite are failures."));

    check(&render(&Results::default()));
    let mut orphans = whole;
    orphans.subjects.clear();
    assert!(render(&orphans).contains("No driver could run"));
}

#[test]
fn whoever_fails_a_required_promise_is_not_recommended() {
    let mut results = common::results(12);
    let page = render(&results);
    assert!(
        page.contains("<h1>On this host: overlay2@ext4 or"),
        "{}",
        page.split("<h1>")
            .nth(1)
            .unwrap()
            .split("</h1>")
            .next()
            .unwrap()
    );
    for case in results
        .cases
        .iter_mut()
        .filter(|c| c.subject.starts_with("overlay2@") && c.case == "siblings_are_isolated")
    {
        case.outcome = reports::Outcome::Fail;
    }
    let page = render(&results);
    assert!(!page.contains("<h1>On this host: overlay2@"));
    assert!(page.contains("overlay2@ext4 fails a required promise"));
}

#[test]
fn a_note_stands_beside_the_numbers() {
    let page = render(&common::results(6));
    let section = |id: &str| {
        let start = page.find(&format!("<section id=\"{id}\"")).unwrap();
        page[start..].split("</section>").next().unwrap().to_owned()
    };
    for id in ["matrix", "workloads", "subjects"] {
        assert!(section(id).contains("zfs-fuse is ZFS of 2009"), "{id}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn odd_values_never_break_the_page(values in proptest::collection::vec(proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL, 40)) {
        let mut results = common::results(2);
        for (record, value) in results.records.iter_mut().step_by(7).zip(values.iter().cycle()) {
            record.value = *value;
        }
        check(&render(&results));
    }
}
