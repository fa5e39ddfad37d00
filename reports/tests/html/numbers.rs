//! Every number of the tables against the records, worked out anew.

use std::collections::BTreeMap;

use reports::record::Role;
use reports::{Analysis, Results, headline, metric, render, series::Key};
use scraper::ElementRef;

use crate::dom::{all, first, head, numbers, own, parse, text};
use crate::truth::{Name, Truth, median, ratio, same, size_of};
use crate::{common, dom};

/// A series of a subject, as the truth names it.
fn name(subject: &str, key: &Key) -> Name {
    (
        subject.to_owned(),
        key.workload.clone(),
        key.phase.clone(),
        key.metric.clone(),
        key.params.clone(),
    )
}

/// The subjects that head the columns of a table, by their full names.
fn columns(table: ElementRef<'_>, results: &Results) -> Vec<Option<String>> {
    let names = all(table, "thead th").into_iter().map(|th| {
        let title = text(first(th, "b")?);
        let named = results.subjects.iter().find(|s| s.name == title);
        Some(named.unwrap_or_else(|| panic!("{title:?}")).name.clone())
    });
    names.collect()
}

#[test]
fn every_median_of_the_data_tables_is_that_of_the_records() {
    let results = common::results(7);
    let truth = Truth::new(&results.to_json().unwrap());
    let mut words: BTreeMap<(String, String, String, String), Key> = BTreeMap::new();
    for record in &results.records {
        let key = Key::of(record);
        let metric = metric::words(&key.metric).to_owned();
        let id = (
            key.workload.clone(),
            key.phase.clone(),
            key.params_text(),
            metric,
        );
        let known = words.insert(id, key.clone());
        assert!(known.is_none_or(|k| k == key), "two keys read alike");
    }
    let page = parse(&render(&results));
    let mut seen = 0;
    for part in all(page.root_element(), "#data details[id^=data-]") {
        let workload = part.value().id().unwrap().replacen("data-", "", 1);
        let table = first(part, "table").unwrap();
        let columns = columns(table, &results);
        for row in all(table, "tbody tr") {
            let cells = all(row, "th, td");
            let phase = head(cells[0]);
            let params = first(cells[0], "span").map(text).unwrap_or_default();
            let said = text(cells[1]);
            let (metric, unit) = said.rsplit_once(", ").unwrap_or((&said, ""));
            let key = &words[&(workload.clone(), phase, params, metric.to_owned())];
            for (cell, subject) in cells.iter().zip(&columns).skip(2) {
                let of = name(subject.as_ref().unwrap(), key);
                let value = head(*cell);
                match truth.series.get(&of) {
                    None => assert_eq!(value, "–", "{of:?}"),
                    Some(rounds) => {
                        let truth = median(rounds.values().copied().collect()) / size_of(unit);
                        assert!(
                            same(value.parse().unwrap(), truth),
                            "{of:?}: {value} for {truth}"
                        );
                        seen += 1;
                    }
                }
            }
        }
    }
    let twins: Vec<&str> = results
        .subjects
        .iter()
        .filter(|s| s.role == Role::Twin)
        .map(|s| s.name.as_str())
        .collect();
    let due = truth.series.keys().filter(|n| !twins.contains(&&*n.0));
    assert_eq!(seen, due.count(), "numbers are missing");
}

#[test]
fn every_number_of_the_matrix_is_that_of_the_records() {
    for rounds in [6, 12, 13] {
        let (mut medians, mut ratios) = (0, 0);
        let results = common::results(rounds);
        let page = parse(&render(&results));
        let views = all(page.root_element(), "#matrix .view");
        assert!(views.len() > 2, "{}", views.len());
        for view in views {
            let seen = matrix(&results, view);
            medians += seen.0;
            ratios += seen.1;
        }
        assert!(medians > 100 && ratios > 60, "{medians}, {ratios}");
    }
}

/// What a row of the matrix is about: the label of a headline number, or a phase with its parameters.
fn key(results: &Results, rows: &[headline::Row], row: ElementRef<'_>) -> Key {
    let said = own(first(row, "th").unwrap());
    let metric = row.value().attr("data-m").unwrap();
    let said = said
        .strip_suffix(&format!(": {}", metric::words(metric)))
        .unwrap_or(&said);
    let mut found = Vec::new();
    let mut last = "";
    for row in rows {
        let label = match row.label.strip_prefix("The same ") {
            Some(rest) => format!("{last}, {rest}"),
            None => {
                last = &row.label;
                last.to_owned()
            }
        };
        if label == said {
            found.push(row.key.clone());
        }
    }
    for record in &results.records {
        let key = Key::of(record);
        let params = key.params_text();
        if format!("{}, {params}", key.phase).trim_end_matches(", ") == said {
            found.push(key);
        }
    }
    let workload = row.value().attr("data-w").unwrap();
    let mut found = found.into_iter().filter(|k| k.workload == workload);
    let key = found
        .next()
        .unwrap_or_else(|| panic!("{said}: what is it?"));
    Key {
        metric: metric.to_owned(),
        ..key
    }
}

/// Checks the table of a view; how many medians and ratios it has.
fn matrix(results: &Results, view: ElementRef<'_>) -> (u32, u32) {
    let truth = Truth::new(&results.to_json().unwrap());
    let analysis = Analysis::new(results);
    let rows = headline::rows(&analysis);
    let columns = columns(first(view, "table").unwrap(), results);
    let (mut medians, mut ratios) = (0, 0);
    let lines = all(view, "tbody tr:not(.group)");
    if view.value().attr("data-view") == Some("headline") {
        assert_eq!(lines.len(), rows.len());
    }
    for line in lines {
        let key = key(results, &rows, line);
        let unit = all(first(line, "th").unwrap(), "span")
            .into_iter()
            .map(text)
            .find_map(|said| said.strip_prefix("in ").map(str::to_owned))
            .unwrap_or_default();
        for (cell, subject) in all(line, "th, td").into_iter().zip(&columns).skip(1) {
            let subject = subject.as_ref().unwrap();
            let of = name(subject, &key);
            let Some(own) = truth.series.get(&of) else {
                assert!(first(cell, ".value").is_none(), "{of:?}");
                continue;
            };
            let value: f64 = text(first(cell, ".value").unwrap()).parse().unwrap();
            let wanted = median(own.values().copied().collect()) / size_of(&unit);
            assert!(same(value, wanted), "{of:?}: {value} for {wanted}");
            medians += 1;
            let control = analysis.control_of(subject, &key);
            let Some(wanted) = control
                .and_then(|c| ratio(own, &truth.series[&name(&c.subject, &c.key)]))
                .filter(|r| r[0].is_finite())
            else {
                assert!(first(cell, ".ratio").is_none(), "{of:?}");
                continue;
            };
            times(cell, wanted, key.metric == "time", own.len());
            ratios += 1;
        }
    }
    (medians, ratios)
}

/// Checks a comparison: "1.18x slower [1.1, 1.3] n = 12".
fn times(cell: ElementRef<'_>, [times, low, high]: [f64; 3], time: bool, rounds: usize) {
    let said = text(first(cell, ".ratio").unwrap());
    let ends = text(first(cell, ".ci").unwrap());
    let turned = times < 1.0;
    let wanted = if turned {
        [1.0 / times, 1.0 / high, 1.0 / low]
    } else {
        [times, low, high]
    };
    let mut shown = numbers(&said);
    shown.extend(&numbers(&ends)[..2]);
    for (shown, wanted) in shown.iter().zip(wanted) {
        assert!(same(*shown, wanted), "{said} {ends} for {wanted}");
    }
    assert!(ends.ends_with(&format!("n = {rounds}")), "{ends}");
    let time = time || said.ends_with("er");
    let word = match (said.ends_with("1.00x"), time, turned) {
        (true, ..) => "1.00x",
        (_, true, true) => "faster",
        (_, true, false) => "slower",
        (_, false, true) => "less",
        (_, false, false) => "more",
    };
    assert!(said.ends_with(word), "{said}");
}

#[test]
fn every_number_of_the_embedded_series_is_that_of_the_records() {
    let results = common::results(5);
    let truth = Truth::new(&results.to_json().unwrap());
    let page = parse(&render(&results));
    let script = first(page.root_element(), "script#series").unwrap();
    let embedded: serde_json::Value =
        serde_json::from_str(&script.text().collect::<String>()).unwrap();
    let names = embedded["names"].as_array().unwrap();
    let mut seen = 0;
    for series in embedded["series"].as_array().unwrap() {
        let word = |at: usize| {
            let place = usize::try_from(series[at].as_u64().unwrap()).unwrap();
            names[place].as_str().unwrap().to_owned()
        };
        let params = word(5);
        let params = params.split(' ').filter_map(|pair| pair.split_once('='));
        let of: Name = (
            word(0),
            word(1),
            word(2),
            word(3),
            params.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        );
        assert_eq!(truth.units[&of], word(4));
        let power = i32::try_from(series[6].as_i64().unwrap()).unwrap();
        let rounds = &truth.series[&of];
        let values = series[7].as_array().unwrap();
        assert_eq!(values.len(), rounds.len(), "{of:?}");
        for (round, value) in (0..).zip(values) {
            let value = value.as_f64().unwrap() * 10_f64.powi(power);
            let due = rounds[&round];
            assert!(
                (value - due).abs() <= due.abs() * 5e-5,
                "{of:?}: {value} for {due}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, truth.series.len());
}

#[test]
fn every_answer_of_the_suite_stands_in_its_cell() {
    let results = common::results(1);
    let page = parse(&render(&results));
    let section = first(page.root_element(), "#conformance").unwrap();
    let mut seen = 0;
    for case in &results.cases {
        let row = first(
            section,
            &format!("#case-{}", reports::anchor::anchor(&case.case)),
        )
        .unwrap();
        let table = first(section, "table").unwrap();
        let column = columns(table, &results)
            .iter()
            .position(|name| name.as_ref() == Some(&case.subject))
            .unwrap();
        let cell = text(all(row, "th, td")[column]);
        let word = match case.outcome {
            reports::Outcome::Pass => "pass",
            reports::Outcome::Fail => "fail",
            reports::Outcome::Deviates => "deviates",
            reports::Outcome::NotApplicable => "n/a",
            reports::Outcome::Broken => "broken",
        };
        assert!(
            cell.to_lowercase().contains(word),
            "{}, {}: {cell}",
            case.case,
            case.subject
        );
        seen += 1;
    }
    assert_eq!(seen, 30);
    assert_eq!(dom::numbers("[1.18, 1.30] at 97 %"), [1.18, 1.3, 97.0]);
}
