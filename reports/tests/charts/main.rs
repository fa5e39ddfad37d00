//! The charts: each says what it shows, has its numbers beside it, draws them where they belong, and is never empty.

#[path = "../common/mod.rs"]
mod common;
mod path;

use std::collections::BTreeMap;

use path::{attribute, paths, size};
use reports::charts::{self, Figure, Scene};
use reports::headline::rows;
use reports::number::Times;
use reports::table::Table;
use reports::trend::{Filter, History};
use reports::{Analysis, Beside, Latencies, Results, render, render_with};

/// The made-up run, with operations timed one by one.
fn results(rounds: u32) -> Results {
    let mut results = common::results(rounds);
    let timed: Vec<_> = results
        .records
        .iter()
        .filter(|r| r.phase == "random-write" && r.metric == "time")
        .cloned()
        .collect();
    results.records.extend(timed.into_iter().map(|mut record| {
        record.metric = "latency-p50".to_owned();
        record.value /= 1000.0;
        let ns = |times: f64| (record.value * 1e9 * times) as u64;
        record.histogram = Some(Latencies {
            count: 3000,
            min_ns: ns(0.5),
            max_ns: ns(40.0),
            bins: vec![
                (ns(1.0), 2400),
                (ns(2.0), 500),
                (ns(9.0), 80),
                (ns(40.0), 20),
            ],
        });
        record
    }));
    results
}

/// Every chart of every workload, by their ids.
fn all(results: &Results) -> Vec<(String, Figure)> {
    let analysis = Analysis::new(results);
    let rows = rows(&analysis);
    let scene = Scene::new(&analysis, &rows);
    let mut found = Vec::new();
    for workload in analysis.workloads() {
        for chart in charts::ALL {
            if let Some(figure) = (chart.draw)(&scene, &workload).unwrap() {
                found.push((format!("{workload} {}", chart.id), figure));
            }
        }
    }
    for cost in charts::cost::ALL {
        let lines = charts::cost::lines(&scene, cost);
        if let Some(figure) = charts::cost::figure(cost, &lines).unwrap() {
            found.push((format!("cost {}", cost.id), figure));
        }
    }
    found
}

/// What holds for every chart.
fn check(id: &str, figure: &Figure) {
    let svg = &figure.svg;
    assert_eq!(attribute(svg, "role"), "img", "{id}");
    for id in attribute(svg, "aria-labelledby").split(' ') {
        let (_, rest) = svg.split_once(&format!("id=\"{id}\">")).unwrap();
        assert!(!rest.starts_with('<'), "{id} is empty");
    }
    let (width, height) = size(svg);
    let paths = paths(svg);
    let drawn = paths.iter().filter(|path| path.classes.contains(" s"));
    assert!(drawn.count() > 0, "{id} shows no subject");
    for path in &paths {
        for (x, y) in &path.places {
            let inside = (-9.0..=width + 9.0).contains(x) && (-9.0..=height + 9.0).contains(y);
            assert!(inside, "{id}: {x}, {y} is not within {width} x {height}");
        }
    }
    assert!(!figure.caption.is_empty(), "{id}");
    assert!(!figure.table.rows.is_empty(), "{id} has no numbers");
    for row in figure.table.rows.iter().filter(|row| row.len() > 1) {
        assert!(row.len() <= figure.table.head.len(), "{id}: {row:?}");
        assert!(
            row.iter().skip(1).any(|cell| !cell.is_empty()),
            "{id}: {row:?}"
        );
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{id}");
}

#[test]
fn every_chart_says_what_it_shows_and_shows_it() {
    let figures = all(&results(12));
    for (id, figure) in &figures {
        check(id, figure);
    }
    let ids: Vec<&str> = figures.iter().map(|(id, _)| id.as_str()).collect();
    for wanted in [
        "pull forest",
        "start parts",
        "start growth",
        "copy-up sizes",
        "write-heavy volumes",
        "write-heavy latencies",
        "pull rounds",
        "start drift",
        "cost cpu",
        "cost space",
        "cost removal",
    ] {
        assert!(ids.contains(&wanted), "no {wanted} among {ids:?}");
    }
}

/// The row of a subject below a head.
fn find<'a>(table: &'a Table, group: &str, who: &str) -> &'a [String] {
    let mut rows = table
        .rows
        .iter()
        .skip_while(|row| row.as_slice() != [group]);
    rows.find(|row| row[0] == who).unwrap()
}

#[test]
fn the_forest_has_every_ratio_in_its_place() {
    let results = results(12);
    let analysis = Analysis::new(&results);
    let rows = rows(&analysis);
    let scene = Scene::new(&analysis, &rows);
    let mut seen = 0;
    for row in &rows {
        let draw = charts::forest::CHART.draw;
        let Some(figure) = draw(&scene, &row.key.workload).unwrap() else {
            continue;
        };
        for subject in analysis.subjects() {
            let Some(compared) = analysis.against_control(&subject.name, &row.key) else {
                continue;
            };
            let unit = &analysis.get(&subject.name, &row.key).unwrap().unit;
            let way = reports::metric::direction(&row.key.metric);
            let times = Times::new(&compared.pair, unit, way);
            let shown = find(&figure.table, &row.label, &subject.name);
            assert_eq!(shown[1..3], [times.words.clone(), times.interval.clone()]);
            assert_eq!(shown[4], compared.pair.rounds.to_string());
            let text = format!(
                "{} {} {}",
                compared.verdict.glyph(),
                times.words,
                times.interval
            );
            assert!(figure.svg.contains(&format!(">{text}</text>")), "{text}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn marks_lie_in_the_order_of_their_values() {
    let results = results(12);
    let analysis = Analysis::new(&results);
    let rows = rows(&analysis);
    let one = &rows[..1];
    let scene = Scene::new(&analysis, one);
    let figure = (charts::rounds::CHART.draw)(&scene, &one[0].key.workload)
        .unwrap()
        .unwrap();
    // A dot for each round of each subject; a subject's dots are one path.
    let values: usize = analysis
        .subjects()
        .iter()
        .map(|s| analysis.get(&s.name, &one[0].key).unwrap().rounds.len())
        .sum();
    let dots: Vec<_> = paths(&figure.svg)
        .into_iter()
        .filter(|path| path.classes.starts_with("d s"))
        .collect();
    assert_eq!(dots.iter().map(|path| path.dots).sum::<usize>(), values);
    for (colour, subject) in analysis.subjects().iter().enumerate() {
        let series = analysis.get(&subject.name, &one[0].key).unwrap();
        let path = dots
            .iter()
            .find(|path| path.classes.starts_with(&format!("d s{colour} ")))
            .unwrap();
        let x: Vec<f64> = path.places.iter().step_by(2).map(|place| place.0).collect();
        let mut by_value: Vec<(f64, f64)> = series.values().into_iter().zip(x).collect();
        by_value.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(by_value.is_sorted_by_key(|(_, x)| *x), "{by_value:?}");
    }
}

#[test]
fn latencies_end_where_operations_do() {
    let results = results(6);
    let figures = all(&results);
    let (_, figure) = figures
        .iter()
        .find(|(id, _)| id == "write-heavy latencies")
        .unwrap();
    for row in figure.table.rows.iter().filter(|row| row.len() > 1) {
        // 6 x 3000 operations: 18 are beyond 99.9 %, and 2 beyond 99.99 %.
        assert_eq!(row[1], "18000");
        assert!(!row[6].is_empty() && row[7].is_empty(), "{row:?}");
    }
}

#[test]
fn odd_runs_have_no_empty_chart() {
    let one_round = results(1);
    let mut alone = results(6);
    alone.subjects.retain(|s| s.name == "btrfs@btrfs");
    let mut none = results(6);
    none.records.clear();
    let mut zero = results(6);
    zero.records.iter_mut().for_each(|r| r.value = 0.0);
    let mut huge = results(6);
    for record in &mut huge.records {
        record.value *= 1e15;
        if let Some(histogram) = &mut record.histogram {
            histogram.count = u64::MAX / 64;
            histogram.bins = (1..400).map(|i| (i << 50, u64::MAX / 64 / 400)).collect();
        }
    }
    let mut tiny = results(6);
    tiny.records
        .iter_mut()
        .for_each(|r| r.value = f64::MIN_POSITIVE);
    let mut odd = results(6);
    for (record, value) in odd
        .records
        .iter_mut()
        .zip([1e-300, 1e300, 0.0, -1.0, 5.0].into_iter().cycle())
    {
        record.value = value;
    }
    for (what, results) in [
        ("one round", one_round),
        ("alone", alone),
        ("none", none),
        ("zero", zero),
        ("huge", huge),
        ("tiny", tiny),
        ("odd", odd),
    ] {
        for (id, figure) in all(&results) {
            check(&format!("{what}: {id}"), &figure);
        }
        let page = render(&results);
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    }
    assert!(all(&Results::default()).is_empty());
}

/// 24 workloads of the made-up run, all with charts of their own.
fn wide(rounds: u32) -> Results {
    let one = results(rounds);
    let mut wide = one.clone();
    for copy in 1..6 {
        let rename = |name: &str| format!("{name}-{copy}");
        wide.run.workloads.extend(one.run.workloads.iter().map(|w| {
            let mut w = w.clone();
            w.name = rename(&w.name);
            w
        }));
        wide.records.extend(one.records.iter().map(|record| {
            let mut record = record.clone();
            record.workload = rename(&record.workload);
            record
        }));
    }
    wide
}

/// Bytes in the page by kind of chart.
fn bytes(results: &Results) -> BTreeMap<String, usize> {
    let mut bytes = BTreeMap::new();
    for (id, figure) in all(results) {
        let kind = id.split(' ').next_back().unwrap().to_owned();
        let cells = figure.table.rows.iter().flatten();
        let table: usize = cells.map(|cell| cell.len() + 9).sum();
        *bytes.entry(kind).or_default() += figure.svg.len() + table;
    }
    bytes
}

#[test]
fn many_workloads_and_rounds_do_not_flood_the_page() {
    let ordinary = bytes(&wide(20));
    let sum: usize = ordinary.values().sum();
    assert!(sum < 750_000, "{sum}: {ordinary:?}");
    // Three times the rounds are not three times the page.
    let (short, long) = (bytes(&results(80)), bytes(&results(240)));
    let sum = |bytes: &BTreeMap<String, usize>| bytes.values().sum::<usize>();
    assert!(sum(&long) * 2 < sum(&short) * 3, "{short:?}, then {long:?}");
}

#[test]
fn the_trend_shows_where_runs_changed() {
    let mut history = History::new(Filter::default());
    for run in 0..10_u32 {
        let mut results = common::results(6);
        results.run.started = format!("2026-01-{:02}T00:00:00Z", run + 1);
        // Each run has a little weather of its own; from the seventh on, one subject starts slower.
        let weather = 1.0 + 0.004 * f64::from(run * 7 % 5);
        for record in &mut results.records {
            if record.subject == "overlay2@ext4" && record.metric == "time" {
                let slower = record.workload == "start" && run >= 6;
                record.value *= weather * if slower { 1.4 } else { 1.0 };
            }
        }
        history.add(&format!("run-{run}"), "host", &results);
    }
    let groups = history.groups();
    let beside = Beside {
        history: &groups,
        ..Beside::default()
    };
    let page = render_with(&results(6), &beside);
    let (_, trend) = page.split_once("<section id=\"trend\"").unwrap();
    let (trend, _) = trend.split_once("</section>").unwrap();
    assert!(trend.contains("10 runs"), "{}", &trend[..500]);
    assert!(trend.contains("▼ worse") && trend.contains("x slower ["));
    assert!(trend.contains("since 2026-01-07"));
    assert_eq!(
        trend.matches("<svg").count(),
        trend.matches("<tr>").count() - 1
    );
    assert!(!render(&results(6)).contains("<section id=\"trend\""));
}
