//! The record format: the documented example is real, old files stay readable, a torn file is read as far as it goes.

use reports::{ErrorKind, Line, Results, SCHEMA};

/// The example of docs/results.md.
fn example() -> &'static str {
    let page = include_str!("../../docs/results.md");
    let (_, rest) = page.split_once("```jsonl\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_documented_example_is_what_is_written() {
    for line in example().lines() {
        let parsed: Line = serde_json::from_str(line).unwrap();
        assert_eq!(parsed.to_json().unwrap(), line);
    }
    let results = Results::from_lines(example()).unwrap();
    assert_eq!(results.schema, SCHEMA);
    assert_eq!(
        (
            results.subjects.len(),
            results.records.len(),
            results.cases.len(),
            results.dnf.len()
        ),
        (3, 2, 2, 2)
    );
    assert!(!results.end.as_ref().unwrap().interrupted);
    let json = results.to_json().unwrap();
    assert_eq!(Results::from_json(&json).unwrap(), results);
}

/// The golden files were written by their version and are never edited: when the second part fails, raise `SCHEMA` and
/// add a new golden file.
#[test]
fn files_of_every_schema_are_still_read() {
    let oldest = Results::from_json(include_str!("golden/results-v1.json")).unwrap();
    let newest = include_str!("golden/results-v2.json");
    let results = Results::from_json(newest).unwrap();
    assert_eq!(results.to_json().unwrap(), newest);
    // The same run, as far as version 1 could say it.
    assert_eq!(oldest.schema, SCHEMA);
    assert_eq!(oldest.subjects, results.subjects);
    assert_eq!(oldest.records.len(), results.records.len());
    assert!(oldest.cells.is_empty());
}

#[test]
fn what_version_1_called_dropped_is_lukewarm() {
    let line = r#"{"kind":"record","subject":"s","driver":"d","workload":"start","phase":"total","metric":"time","unit":"s","round":0,"position":0,"value":1.0,"params":{"cache":"dropped"},"cache":"dropped"}"#;
    let run = example().lines().next().unwrap();
    let of = |schema: u32| {
        let run = run.replace("\"schema\":2", &format!("\"schema\":{schema}"));
        Results::from_lines(&format!("{run}\n{line}\n"))
    };
    let record = of(1).unwrap().records.remove(0);
    assert_eq!(record.cache, Some(reports::Cache::Lukewarm));
    assert_eq!(record.params["cache"], "lukewarm");
    assert!(of(2).is_err(), "no file of version 2 says that");
}

#[test]
fn a_line_cut_at_any_byte_loses_that_line_only() {
    let text = example();
    let complete = text.find('\n').unwrap() + 1;
    for cut in complete..text.len() {
        if !text.is_char_boundary(cut) {
            continue;
        }
        let torn = Results::from_lines(&text[..cut]).unwrap();
        let mut whole = text[..cut].matches('\n').count();
        // A line that lacks nothing but its newline counts.
        whole += usize::from(text.as_bytes()[cut] == b'\n');
        let seen = 1
            + usize::from(!torn.host.is_empty())
            + torn.subjects.len()
            + torn.records.len()
            + torn.cells.len()
            + torn.blocks.len()
            + torn.cases.len()
            + torn.dnf.len()
            + usize::from(torn.end.is_some());
        assert_eq!(seen, whole, "cut at byte {cut}");
    }
}

#[test]
fn damage_before_the_last_line_is_an_error_with_its_line() {
    let broken = example().replacen("\"kind\":\"host\"", "\"kind\":\"hots\"", 1);
    let error = Results::from_lines(&broken).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(error.to_string().contains("line 2"), "{error}");
    let unknown_field = example().replacen("\"round\":0", "\"rnd\":0", 1);
    assert!(Results::from_lines(&unknown_field).is_err());
    assert!(Results::from_lines("").is_err());
    let headless: String = example()
        .lines()
        .skip(1)
        .map(|l| format!("{l}\n"))
        .collect();
    assert!(Results::from_lines(&headless).is_err());
}

#[test]
fn another_schema_is_refused_by_its_number_even_with_unknown_fields() {
    let newer = example().replacen("\"schema\":2", "\"schema\":3,\"new_field\":[]", 1);
    let error = Results::from_lines(&newer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.to_string().contains("schema 3"), "{error}");
    let golden = include_str!("golden/results-v1.json").replacen(
        "\"schema\": 1",
        "\"schema\": 9, \"x\": 1",
        1,
    );
    assert_eq!(
        Results::from_json(&golden).unwrap_err().kind(),
        ErrorKind::Schema
    );
}

#[test]
fn a_number_that_json_cannot_hold_is_refused_when_written() {
    let mut results = Results::from_lines(example()).unwrap();
    let mut record = results.records.remove(0);
    record.value = f64::NAN;
    assert_eq!(
        Line::Record(record).to_json().unwrap_err().kind(),
        ErrorKind::BadInput
    );
}
