//! Every format, as its reader sees it.

mod common;

use reports::export::{Format, annotations, format, otava};
use reports::trend::{Filter, History};
use serde_json::Value;

fn written(name: &str) -> String {
    let filter = Filter::default();
    (Format::named(name).unwrap().write)(&common::results(6), &filter).unwrap()
}

/// Long documents are looked at from both ends.
fn ends(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (head, tail) = (&lines[..lines.len().min(14)], lines.len().saturating_sub(6));
    format!(
        "{}\n... {} lines ...\n{}",
        head.join("\n"),
        lines.len(),
        lines[tail..].join("\n")
    )
}

#[test]
fn formats_look_like_this() {
    for format in format::ALL {
        let text = written(format.name);
        // What is also summary.md has a snapshot of its own.
        let text = text
            .find("<details>")
            .map_or(text.as_str(), |at| &text[at..]);
        insta::assert_snapshot!(format.name, ends(text));
    }
}

#[test]
fn csv_has_every_record_and_only_whole_rows() {
    let text = written("csv");
    let width = text.lines().next().unwrap().split(',').count();
    let mut rows = 0;
    for line in text.lines().skip(1) {
        // The made-up names hold commas only inside quotes.
        let outside: String = line.split('"').step_by(2).collect();
        assert_eq!(outside.split(',').count(), width, "{line}");
        rows += 1;
    }
    assert_eq!(rows, common::results(6).records.len());
}

/// The strict half of the format: what stands where. The other half is read by Prometheus's own parser (scripts/ci.sh).
#[test]
fn openmetrics_families_stand_together_and_end() {
    let text = written("openmetrics");
    assert!(text.ends_with("\n# EOF\n"));
    let mut families: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().unwrap().to_owned();
            assert!(!families.contains(&name), "{name} comes twice");
            families.push(name);
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert!(name.ends_with(&format!("_{unit}")), "{line}");
        } else if !line.starts_with('#') {
            let (head, value) = line.rsplit_once(' ').unwrap();
            let family = families.last().unwrap();
            let name = head.split('{').next().unwrap();
            assert!(name == family || name == format!("{family}_info"), "{line}");
            assert!(value.parse::<f64>().unwrap().is_finite());
            assert!(seen.insert(head.to_owned()), "twice: {head}");
        }
    }
    assert!(families.len() >= 5, "{families:?}");
}

#[test]
fn bencher_json_is_what_its_schema_says() {
    let json: Value = serde_json::from_str(&written("bencher")).unwrap();
    for (name, measures) in json.as_object().unwrap() {
        assert!(!name.is_empty() && name.chars().count() <= 1024);
        for (measure, metric) in measures.as_object().unwrap() {
            assert!(measure.len() <= 64 && !measure.contains(' '));
            let value = metric["value"].as_f64().unwrap();
            let (low, high) = (
                metric["lower_value"].as_f64(),
                metric["upper_value"].as_f64(),
            );
            assert!(low.unwrap() <= value && value <= high.unwrap(), "{metric}");
            let known = ["value", "lower_value", "upper_value"];
            assert!(
                metric
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|k| known.contains(&k.as_str()))
            );
        }
    }
}

#[test]
fn github_benchmark_names_are_told_apart_and_the_directions_too() {
    let mut names = std::collections::BTreeSet::new();
    let list: Value = serde_json::from_str(&written("github-benchmark")).unwrap();
    for item in list.as_array().unwrap() {
        assert!(
            names.insert(item["name"].as_str().unwrap().to_owned()),
            "{item}"
        );
        assert!(
            item["value"].is_number() && item["unit"].is_string(),
            "{item}"
        );
        assert!(!item["name"].as_str().unwrap().ends_with(": throughput"));
    }
    assert!(names.len() > 10);
    let filter = Filter {
        all: true,
        ..Filter::default()
    };
    let mut results = common::results(6);
    results
        .records
        .iter_mut()
        .filter(|r| r.workload == "pull" && r.metric == "time")
        .for_each(|r| {
            r.metric = "rate".to_owned();
            r.unit = "1/s".to_owned();
        });
    let bigger =
        (Format::named("github-benchmark-bigger").unwrap().write)(&results, &filter).unwrap();
    let list: Value = serde_json::from_str(&bigger).unwrap();
    let mut names = list
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap());
    assert!(names.len() > 0 && names.all(|name| name.ends_with(": rate")));
}

#[test]
fn hostile_names_stay_inside_their_format() {
    let mut results = common::results(6);
    let name = "x\"\\,\n::error::{}=1\r\n# EOF";
    for subject in &mut results.subjects {
        if subject.name == "vfs@xfs" {
            subject.driver = name.to_owned();
        }
    }
    for case in results.cases.iter_mut().filter(|c| c.subject == "vfs@xfs") {
        case.subject = name.to_owned();
        case.reason = name.to_owned();
        case.outcome = reports::Outcome::Fail;
    }
    let filter = Filter::default();
    for format in format::ALL {
        let text = (format.write)(&results, &filter).unwrap();
        match format.name {
            "openmetrics" => assert_eq!(text.lines().filter(|l| *l == "# EOF").count(), 1),
            "annotations" => {
                let fine =
                    |l: &str| l.starts_with("::error title=") || l.starts_with("::warning title=");
                assert!(text.lines().all(fine), "{text}");
            }
            "bencher" | "github-benchmark" => {
                serde_json::from_str::<Value>(&text).unwrap();
            }
            _ => {}
        }
    }
    let one = annotations::text(&results, Some("ci/a,b.yml"));
    assert!(one.lines().all(|l| l.contains("file=ci/a%2Cb.yml,title=")));
}

#[test]
fn an_empty_run_is_written_in_every_format() {
    let empty = reports::Results::default();
    for format in format::ALL {
        (format.write)(&empty, &Filter::default()).unwrap();
    }
}

#[test]
fn otava_gets_one_row_a_run_and_a_number_in_every_cell() {
    let mut history = History::new(Filter::default());
    for number in 0..3 {
        let mut results = common::results(6);
        if number == 1 {
            // One run lacks a workload: its series are left out.
            results.records.retain(|r| r.workload != "start");
        }
        history.add(&format!("run-{number}"), "0badcafe", &results);
    }
    let groups = history.groups();
    let (text, left_out) = otava::csv(&groups[0]);
    assert!(left_out > 0);
    let width = text.lines().next().unwrap().split(',').count();
    assert!(width > 10 && !text.contains("/start/"));
    // Names with a comma are in quotes, only in the head.
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(
            cells[5..].iter().all(|cell| cell.parse::<f64>().is_ok()),
            "{line}"
        );
    }
    assert_eq!(text.lines().count(), 4);
}
