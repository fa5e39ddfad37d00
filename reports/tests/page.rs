//! The page: well-formed, self-contained, the same bytes each time, and no name of a host becomes markup.

mod common;
mod markup;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use markup::{Tag, tags};
use reports::{Results, render};
use sha2::{Digest, Sha256};

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
        assert_eq!(tag.get("style"), None, "{tag:?} is blocked by the policy");
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
            "script" => assert!(matches!(tag.get("type"), None | Some("application/json"))),
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
    // The policy lets these two texts through, by their digests, and nothing else.
    let policy = tags
        .iter()
        .find_map(|tag| tag.get("content")?.strip_prefix("default-src"));
    let policy = policy.expect("no policy").replace("&#39;", "'");
    for (name, source) in [("script", "script-src"), ("style", "style-src")] {
        let texts: Vec<&str> = page.split(&format!("<{name}>")).skip(1).collect();
        assert_eq!(texts.len(), 1, "<{name}>");
        let text = texts[0].split(&format!("</{name}>")).next().unwrap();
        let digest = STANDARD.encode(Sha256::digest(text));
        assert!(
            policy.contains(&format!("{source} 'sha256-{digest}';")),
            "{policy}"
        );
    }
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
    // What each workload's records fit is in tests/charts.
    assert!(count("svg") > 12);
    assert_eq!(count("h1"), 1);
    assert!(page.len() < 1_500_000, "{}", page.len());
    // For looking at it.
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(dir.join("page.html"), &page).unwrap();
}

/// The text between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from}"));
    page[start..].split(to).next().unwrap()
}

#[test]
fn sections_come_in_the_order_of_the_readers_questions() {
    let page = render(&common::results(6));
    let order = [
        "summary",
        "matrix",
        "workloads",
        "conformance",
        "method",
        "subjects",
        "environment",
        "data",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|id| page.find(&format!("<section id=\"{id}\"")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for id in order {
        assert!(page.contains(&format!("<li><a href=\"#{id}\">")), "{id}");
    }
}

#[test]
fn the_matrix_has_a_view_for_each_metric_that_was_measured() {
    let mut results = common::results(12);
    let pulled_by = |r: &reports::Record| r.subject == "vfs@xfs" && r.workload == "pull";
    results.records.retain(|record| !pulled_by(record));
    let mut dnf = results.dnf[0].clone();
    (dnf.subject, dnf.workload) = ("vfs@xfs".to_owned(), "pull".to_owned());
    (dnf.phase, dnf.params) = (None, Default::default());
    results.dnf.push(dnf);
    let page = render(&results);
    let matrix = between(&page, "<section id=\"matrix\"", "</section>");
    for (id, there) in [("headline", true), ("cpu", true), ("p99", false)] {
        let mark = format!("data-view=\"{id}\"");
        assert_eq!(matrix.contains(&mark), there, "{id}");
        let option = format!("<option value=\"{id}\">");
        assert_eq!(matrix.contains(&option), there, "{id}");
    }
    let cpu = between(matrix, "data-view=\"cpu\"", "</details>");
    assert!(
        cpu.contains("Pull the image") && cpu.contains("CPU time: 1 row<"),
        "{cpu}"
    );
    // Whoever did not finish sorts behind all that did.
    assert!(matrix.contains("data-v=\"Infinity\""));
    // A row that no other row explains says what is the same.
    assert!(matrix.contains("Start a container from cold caches"));
}

#[test]
fn nothing_needs_the_script() {
    let page = render(&common::results(6));
    // Only controls wait for it; whatever else is hidden at first can be opened without.
    let tags = tags(&page).unwrap();
    assert!(tags.iter().all(|tag| tag.get("hidden").is_none()));
    for tag in tags
        .iter()
        .filter(|tag| tag.name == "button" || tag.name == "select")
    {
        let id = tag.get("id").unwrap();
        let before = &page[..page.find(&format!("id=\"{id}\"")).unwrap()];
        let tools = before.rfind("class=\"tools\"").unwrap();
        assert!(
            !before[tools..].contains("</div>") && !before[tools..].contains("</p>"),
            "{id}"
        );
    }
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
        assert!(page.contains("&lt;script&gt;"), "{name} is not shown");
        let data = embedded(&page);
        assert!(data["series"].as_array().unwrap().len() > 100);
        assert!(!data["names"].as_array().unwrap().is_empty());
    }
}

#[test]
fn pages_of_partial_runs_say_so() {
    let whole = common::results(3);
    let page = render(&whole);
    check(&page);
    assert!(page.contains("3 rounds are too few to be sure of anything"));
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
    assert!(
        page.contains("2 of 30 answers of the conformance suite are failures, 1 could not be had.")
    );

    check(&render(&Results::default()));
    let mut orphans = whole;
    orphans.subjects.clear();
    assert!(render(&orphans).contains("No driver could run"));
}

#[test]
fn odd_runs_open_and_draw_nothing_empty() {
    let whole = common::results(6);

    let mut all_dnf = whole.clone();
    all_dnf.records.clear();
    all_dnf.cases.clear();
    for subject in &whole.subjects {
        let mut dnf = whole.dnf[0].clone();
        dnf.subject.clone_from(&subject.name);
        (dnf.workload, dnf.phase) = ("pull".to_owned(), None);
        all_dnf.dnf.push(dnf);
    }
    let page = render(&all_dnf);
    check(&page);
    assert!(page.contains("nothing was measured") && page.contains("conformance was not asked"));
    assert!(!page.contains("<svg") && !page.contains("id=\"series\""));

    let mut one_round = whole.clone();
    one_round.records.retain(|record| record.round == 0);
    one_round.run.rounds = 1;
    check(&render(&one_round));

    let mut alone = whole.clone();
    alone.subjects.retain(|subject| subject.name == "vfs@xfs");
    alone.records.retain(|record| record.subject == "vfs@xfs");
    alone.cases.retain(|case| case.subject == "vfs@xfs");
    let page = render(&alone);
    check(&page);
    assert!(page.contains("no control for this"));

    let mut giant = whole;
    for record in giant.records.iter_mut().filter(|r| r.histogram.is_some()) {
        record.histogram = Some(reports::Latencies {
            count: u64::MAX,
            min_ns: 1,
            max_ns: u64::MAX,
            bins: (1..=50_000).map(|end| (end, u64::MAX)).collect(),
        });
    }
    let page = render(&giant);
    check(&page);
    assert!(page.len() < 1_500_000);
}

#[test]
fn whoever_fails_a_required_promise_is_not_recommended() {
    let mut results = common::results(12);
    let page = render(&results);
    let h1 = |page: &str| {
        let rest = page.split("<h1>").nth(1).unwrap();
        rest.split("</h1>").next().unwrap().to_owned()
    };
    let named = h1(&page);
    assert!(
        named
            .starts_with("Of 5 storage drivers in 6 set-ups on this host, choose overlay2@ext4 or")
            && named.contains("from 12 rounds"),
        "{named}"
    );
    for case in results
        .cases
        .iter_mut()
        .filter(|c| c.subject.starts_with("overlay2@") && c.case == "siblings_are_isolated")
    {
        case.outcome = reports::Outcome::Fail;
    }
    let page = render(&results);
    assert!(!h1(&page).contains("overlay2@"), "{}", h1(&page));
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

#[test]
fn a_run_of_one_workload_says_what_it_found_and_what_is_missing() {
    let mut results = common::results(12);
    results
        .records
        .retain(|record| record.workload == "copy-up");
    results.run.workloads.retain(|info| info.name == "copy-up");
    let page = render(&results);
    check(&page);
    let sentence = between(&page, "<h1>", "</h1>");
    for part in [
        "measured only copy-up",
        "too little to recommend",
        "256 MiB",
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    let summary = between(&page, "<section id=\"summary\"", "</section>");
    assert!(!summary.contains("class=\"card"), "nobody is recommended");
    for part in ["CI builders", "not decided", "missing: pull, start"] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    // Two drivers against one another, by the size of the file.
    let table = between(&page, "id=\"p-copy-up-append-first\"", "</table>");
    assert!(table.contains("256 MiB</th>"), "{table}");
    let row = table.split("<tr>").find(|row| {
        row.contains("zfs@<wbr>zfs-fuse-0.7.0 ") && row.contains("against overlay2@<wbr>ext4<")
    });
    assert_eq!(row.unwrap().matches("er [").count(), 5, "{row:?}");
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
