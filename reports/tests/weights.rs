//! The sliders of the decision cards: what the page computes of the costs embedded in it is what Rust finds, for the given
//! weights and for any others.

mod common;
mod markup;

use std::io::Write as _;
use std::process::{Command, Stdio};

use reports::decide::{decide, weighed};
use reports::headline::rows;
use reports::stats::random::Random;
use reports::{Analysis, Results, render, uses};

const SCRIPT: &str = include_str!("../src/html/script/weights.js");

/// Asks `weights.rank` for each use and weights; costs come from the page.
const ASK: &str = r#"
const { costs, asked } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const found = asked.map(([use, own]) => {
  const { order, together } = weights.rank(costs, use, own);
  return { order: order.map(({ name, times, low, high }) => [name, times ?? null, low ?? null, high ?? null]), together };
});
process.stdout.write(JSON.stringify(found));
"#;

#[derive(serde::Deserialize)]
struct Found {
    order: Vec<Ranked>,
    together: usize,
}

#[derive(serde::Deserialize)]
struct Ranked(String, Option<f64>, Option<f64>, Option<f64>);

/// What the script says of the input; `None` without node.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test asks the script itself, and says so where it cannot"
)]
fn node(program: &str, input: &str) -> Option<String> {
    let child = Command::new("node")
        .args(["-e", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "node is not there, so the page's arithmetic is not tested: {error}"
            );
            eprintln!("not asked: node cannot be run: {error} (apt-get install nodejs)");
            return None;
        }
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

fn costs(page: &str) -> serde_json::Value {
    let tags = markup::tags(page).unwrap();
    let text = tags.iter().find_map(|tag| tag.get("data-costs")).unwrap();
    let plain = [
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let text = plain
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    serde_json::from_str(&text).unwrap()
}

/// The same questions to Rust and to the script.
fn compare(results: &Results, draws: usize) {
    let analysis = Analysis::new(results);
    let rows = rows(&analysis);
    let mut random = Random::new(7);
    let mut asked = Vec::new();
    for decision in decide(&analysis, &rows) {
        for draw in 0..draws {
            let own: Vec<(&str, u32)> = decision
                .numbers
                .iter()
                .map(|number| match draw {
                    0 => (number.row.id, number.weight),
                    _ => (number.row.id, u32::try_from(random.below(6)).unwrap()),
                })
                .collect();
            asked.push((decision.of, own));
        }
    }
    assert!(asked.len() > 2 * draws, "several uses");
    let questions: Vec<_> = asked
        .iter()
        .map(|(of, own)| {
            let own: std::collections::BTreeMap<_, _> = own.iter().copied().collect();
            serde_json::json!([of.id, own])
        })
        .collect();
    let input = serde_json::json!({ "costs": costs(&render(results)), "asked": questions });
    let Some(answer) = node(&format!("{SCRIPT}\n{ASK}"), &input.to_string()) else {
        return;
    };
    let found: Vec<Found> = serde_json::from_str(&answer).unwrap();
    for ((of, own), found) in asked.iter().zip(found) {
        let weight = |id: &str| own.iter().find(|(name, _)| *name == id).map_or(0, |o| o.1);
        let decision = weighed(&analysis, &rows, of, weight);
        let names: Vec<&String> = found.order.iter().map(|one| &one.0).collect();
        if own.iter().all(|(_, weight)| *weight == 0) {
            assert!(names.is_empty());
            continue;
        }
        assert_eq!(
            names,
            decision.ranking.iter().collect::<Vec<_>>(),
            "{own:?}"
        );
        assert_eq!(found.together, decision.together, "{} {own:?}", of.id);
        for Ranked(name, times, low, high) in found.order.into_iter().skip(1) {
            let place = decision.standings.iter().find(|p| p.name == name).unwrap();
            let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-4, "{name}: {a} {b}");
            near(times.unwrap(), place.times.unwrap());
            if let Some(interval) = place.interval {
                near(low.unwrap(), interval.low);
                near(high.unwrap(), interval.high);
            }
        }
    }
}

#[test]
fn the_page_weighs_as_rust_does() {
    compare(&common::results(12), 25);
    compare(&common::results(7), 10);
}

#[test]
fn ties_few_rounds_and_gaps_are_the_same_too() {
    compare(&common::results(3), 5);
    // Values that are exactly equal, rounds and numbers that some lack.
    let mut results = common::results(9);
    for record in &mut results.records {
        if record.metric == "allocated" || record.phase == "sqlite-wal" {
            record.value = record.value.round().max(1.0);
        }
    }
    results.records.retain(|record| {
        let lost = record.subject.starts_with("vfs@") && record.phase == "pull-second";
        let missed = record.subject.starts_with("btrfs@")
            && record.round == 4
            && record.workload == "write-heavy";
        !(lost || missed)
    });
    compare(&results, 10);
}

#[test]
fn weights_in_an_address_come_back() {
    let program = format!(
        r#"{SCRIPT}
const given = {{ pull: 3, "pull-second": 2, start: 3 }};
const own = {{ ...given, start: 0 }};
const text = weights.format(own, given);
const evil = weights.parse("start:9,__proto__:1,constructor:2,pull:<b>,pull-second:5", given);
process.stdout.write(JSON.stringify([text, weights.parse(text, given), weights.parse(null, given), weights.format(given, given), evil]));"#
    );
    let Some(answer) = node(&program, "") else {
        return;
    };
    let given = serde_json::json!({"pull": 3, "pull-second": 2, "start": 3});
    let own = serde_json::json!({"pull": 3, "pull-second": 2, "start": 0});
    let evil = serde_json::json!({"pull": 3, "pull-second": 5, "start": 3});
    let found: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(found, serde_json::json!(["start:0", own, given, "", evil]));
}

#[test]
fn every_slider_has_its_costs() {
    let page = render(&common::results(6));
    let costs = costs(&page);
    let tags = markup::tags(&page).unwrap();
    let ids: Vec<&str> = tags
        .iter()
        .filter_map(|tag| tag.get("data-weight"))
        .collect();
    assert!(ids.len() > 10);
    let rows = costs["rows"].as_array().unwrap();
    for id in ids {
        assert!(rows.iter().any(|row| row[0] == id), "{id}");
    }
    let decided = costs["uses"].as_object().unwrap();
    assert!(uses::ALL.iter().any(|of| decided.contains_key(of.id)));
}
