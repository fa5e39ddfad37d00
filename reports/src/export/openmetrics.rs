//! OpenMetrics 1.0 text, for Prometheus: the middle of each number, its ratio to the control, and the answers of the
//! conformance suite, as gauges.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::number::{Number, numbers};
use crate::metric;
use crate::record::{Outcome, Results};
use crate::trend::Filter;

/// A sample: the suffix of the name, labels, value.
type Sample = (Vec<(String, String)>, f64);

/// A family of samples; in the text they stand together.
struct Family {
    name: String,
    unit: Option<&'static str>,
    help: String,
    samples: Vec<Sample>,
}

/// The run as one exposition.
pub fn text(results: &Results, filter: &Filter) -> String {
    let mut text = info(results);
    for family in families(results, filter) {
        let name = &family.name;
        let _ = writeln!(text, "# TYPE {name} gauge");
        if let Some(unit) = family.unit {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {}", escape(&family.help));
        for (labels, value) in &family.samples {
            let _ = writeln!(text, "{name}{} {}", braces(labels), number(*value));
        }
    }
    text.push_str("# EOF\n");
    text
}

/// Who made the numbers, where and when.
fn info(results: &Results) -> String {
    let run = &results.run;
    let fact = |name: &str| results.host.get(name).cloned().unwrap_or_default();
    let labels: Vec<(String, String)> = [
        ("id", run.id.clone()),
        ("version", run.version.clone()),
        ("commit", run.commit.clone()),
        ("profile", run.profile.clone()),
        ("started", run.started.clone()),
        ("kernel", fact("kernel")),
        ("host", fact("fingerprint")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    format!(
        "# TYPE layerbench_run info\n# HELP layerbench_run The run the other numbers are of.\nlayerbench_run_info{} 1\n",
        braces(&labels)
    )
}

fn families(results: &Results, filter: &Filter) -> Vec<Family> {
    let numbers = numbers(results, filter);
    let mut by_name: BTreeMap<String, Family> = BTreeMap::new();
    for one in &numbers {
        let (suffix, unit) = suffix(&one.unit);
        let name = format!("layerbench_{}{suffix}", ident(&one.key.metric));
        let family = by_name.entry(name.clone()).or_insert_with(|| Family {
            help: format!(
                "{}: the median over the rounds.",
                metric::words(&one.key.metric)
            ),
            name,
            unit,
            samples: Vec::new(),
        });
        family.samples.push((labels(one), one.value));
    }
    let mut all: Vec<Family> = by_name.into_values().collect();
    all.extend(ratios(&numbers));
    all.extend(cases(results));
    all
}

/// The ratios to the control with the ends of their intervals.
fn ratios(numbers: &[Number]) -> Option<Family> {
    let mut samples = Vec::new();
    for one in numbers {
        let Some(pair) = &one.ratio else {
            continue;
        };
        let mut put = |end: &str, value: f64| {
            let mut labels = labels(one);
            labels.push(("metric".to_owned(), one.key.metric.clone()));
            labels.push(("estimate".to_owned(), end.to_owned()));
            samples.push((labels, value));
        };
        put("centre", pair.ratio);
        if let Some(interval) = pair.interval.filter(|interval| interval.level >= 0.95) {
            put("low", interval.low);
            put("high", interval.high);
        }
    }
    (!samples.is_empty()).then(|| Family {
        name: "layerbench_control_ratio".to_owned(),
        unit: Some("ratio"),
        help: "How many times what the same work takes in a plain directory; low and high are the ends of the 95 % interval."
            .to_owned(),
        samples,
    })
}

/// The answers of the suite, counted.
fn cases(results: &Results) -> Option<Family> {
    let mut counts: BTreeMap<(String, &'static str), f64> = BTreeMap::new();
    for case in &results.cases {
        let outcome = match case.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Deviates => "deviates",
            Outcome::NotApplicable => "not-applicable",
            Outcome::Broken => "broken",
        };
        *counts.entry((case.subject.clone(), outcome)).or_default() += 1.0;
    }
    let samples: Vec<Sample> = counts
        .into_iter()
        .map(|((subject, outcome), count)| {
            let labels = vec![
                ("subject".to_owned(), subject),
                ("outcome".to_owned(), outcome.to_owned()),
            ];
            (labels, count)
        })
        .collect();
    (!samples.is_empty()).then(|| Family {
        name: "layerbench_conformance_cases".to_owned(),
        unit: None,
        help: "Answers of the conformance suite.".to_owned(),
        samples,
    })
}

fn labels(one: &Number) -> Vec<(String, String)> {
    let mut labels = vec![
        ("subject".to_owned(), one.subject.clone()),
        ("driver".to_owned(), one.driver.clone()),
        ("workload".to_owned(), one.key.workload.clone()),
        ("phase".to_owned(), one.key.phase.clone()),
    ];
    let params = one.key.params.iter();
    labels.extend(params.map(|(name, value)| (format!("param_{}", ident(name)), value.clone())));
    labels
}

/// What the name ends with, and the unit where it is one of the base units that OpenMetrics recommends.
fn suffix(unit: &str) -> (&'static str, Option<&'static str>) {
    match unit {
        "s" => ("_seconds", Some("seconds")),
        "B" => ("_bytes", Some("bytes")),
        "B/s" => ("_bytes_per_second", None),
        "1/s" => ("_per_second", None),
        _ => ("", None),
    }
}

/// As part of a name: letters, digits and underscores.
fn ident(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

fn braces(labels: &[(String, String)]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    format!("{{{}}}", labels.join(","))
}

/// Backslash, newline and quote are written with a backslash.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}

/// A float with a point or an exponent, as the format wants gauges.
fn number(value: f64) -> String {
    format!("{value:?}")
}
