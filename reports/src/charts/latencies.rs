//! How long single operations take: the duration that a share of them did not exceed, to the slowest of ten thousand.
//!
//! The curve ends where fewer than ten operations lie beyond it.

use super::axis::Axis;
use super::chart::{Chart, Figure, Scene, Worth};
use super::curves::{self, Curve, MOST, Plot};
use super::panel::{ends, grouped};
use crate::error::Result;
use crate::latency::Latencies;
use crate::number::{Scale, alone};
use crate::series::{Key, Series};
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "latencies",
    question: "How long do single operations take, and the slow ones among them?",
    first: false,
    worth: Worth::Further,
    in_matrix: false,
    draw,
};

/// Points to a factor of ten in the share of slower operations.
const POINTS: i32 = 6;

/// Shares of slower operations that get a tick and a column.
const TICKS: [(f64, &str); 6] = [
    (0.5, "50 %"),
    (0.1, "90 %"),
    (0.05, "95 %"),
    (0.01, "99 %"),
    (0.001, "99.9 %"),
    (0.0001, "99.99 %"),
];

/// One phase: its key without the metric's name, and everyone's operations.
struct Operations<'a> {
    key: &'a Key,
    lines: Vec<(&'a str, Option<usize>, &'a Latencies)>,
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let all = operations(scene, workload);
    let left_out = all.len().saturating_sub(MOST);
    let shown = &all[..all.len().min(MOST)];
    if shown.is_empty() {
        return Ok(None);
    }
    let quantiles: Vec<f64> = shown
        .iter()
        .flat_map(|operations| &operations.lines)
        .flat_map(|(_, _, latencies)| points(latencies))
        .map(|(_, seconds)| seconds)
        .collect();
    let y = Axis::logarithmic(quantiles);
    let plots: Vec<Plot> = shown.iter().map(|operations| plot(operations, y)).collect();
    let table = table(shown);
    let description: Vec<String> = shown
        .iter()
        .map(|operations| {
            let medians = operations
                .lines
                .iter()
                .filter_map(|(name, _, latencies)| Some((*name, latencies.quantile(0.5)?)));
            let what = format!("{}, median", title(operations.key));
            ends(&what, medians, |seconds| alone("s", seconds))
        })
        .collect();
    let svg = curves::draw(
        &format!("{workload}-latencies"),
        &format!("{workload}: latency by quantile"),
        &description.join(" "),
        &plots,
    )?;
    let more = match left_out {
        0 => String::new(),
        1 => " One more phase is in the data.".to_owned(),
        more => format!(" {more} more phases are in the data."),
    };
    Ok(Some(Figure {
        svg,
        caption: format!(
            "How long an operation took at most, for a share of the operations of all rounds; further right are the slow ones. A curve ends where fewer than ten operations lie \
             beyond. Both axes are logarithmic, the upright one is the same in every plot. Grey is the control. Lower is better.{more}"
        ),
        table,
    }))
}

/// The phases of a workload whose operations were timed one by one, those of headline numbers first.
fn operations<'a>(scene: &Scene<'a>, workload: &str) -> Vec<Operations<'a>> {
    let analysis = scene.analysis;
    let mut keys: Vec<&'a Key> = Vec::new();
    let subjects = analysis.subjects();
    let timed = |series: &&'a Series| {
        series.key.workload == workload
            && series
                .latencies
                .as_ref()
                .is_some_and(|l| points(l).count() > 1)
            && subjects
                .iter()
                .any(|subject| subject.name == series.subject)
    };
    for series in analysis.series.iter().filter(timed) {
        let key = &series.key;
        if !keys.iter().any(|known| same(known, key)) {
            keys.push(key);
        }
    }
    keys.sort_by_key(|key| !scene.of(workload).any(|row| same(&row.key, key)));
    keys.into_iter()
        .map(|key| {
            let mut lines: Vec<(&str, Option<usize>, &Latencies)> = Vec::new();
            for (colour, subject) in subjects.iter().enumerate() {
                let own = analysis.get(&subject.name, key);
                if let Some(latencies) = own.and_then(|series| series.latencies.as_ref()) {
                    lines.push((&subject.name, Some(colour), latencies));
                }
            }
            for subject in &subjects {
                let control = analysis.control_of(&subject.name, key);
                if let Some((control, latencies)) =
                    control.and_then(|control| Some((control, control.latencies.as_ref()?)))
                    && !lines.iter().any(|(name, _, _)| *name == control.subject)
                {
                    lines.push((&control.subject, None, latencies));
                }
            }
            lines.retain(|(_, _, latencies)| points(latencies).count() > 1);
            Operations { key, lines }
        })
        .collect()
}

/// Whether two keys are of one phase, whatever the metric.
fn same(a: &Key, b: &Key) -> bool {
    a.phase == b.phase && a.params == b.params
}

/// The share of slower operations and the duration, from half of them down to where ten are left.
fn points(latencies: &Latencies) -> impl Iterator<Item = (f64, f64)> {
    let slower =
        (0..=4 * POINTS).map(|step| 0.5 * 10_f64.powf(-f64::from(step) / f64::from(POINTS)));
    std::iter::once(0.9)
        .chain(slower)
        .map_while(|slower| Some((slower, latencies.quantile(1.0 - slower)?)))
        .filter(|(_, seconds)| *seconds > 0.0)
}

/// `random-write, target layer-new`.
fn title(key: &Key) -> String {
    let params = key.params_text();
    let comma = if params.is_empty() { "" } else { ", " };
    format!("{}{comma}{params}", key.phase)
}

fn plot(operations: &Operations<'_>, y: Axis) -> Plot {
    Plot {
        title: title(operations.key),
        curves: operations
            .lines
            .iter()
            .map(|(name, colour, latencies)| Curve {
                name: (*name).to_owned(),
                colour: *colour,
                points: points(latencies)
                    .map(|(slower, s)| (1.0 / slower, s))
                    .collect(),
                marked: false,
            })
            .collect(),
        x: Axis::logarithmic([1.0, 10_000.0]),
        y,
        ticks: TICKS
            .iter()
            .map(|(slower, text)| (1.0 / slower, (*text).to_owned()))
            .collect(),
        below: "of the operations took no longer".to_owned(),
        unit: "s".to_owned(),
    }
}

fn table(shown: &[Operations<'_>]) -> Table {
    let head: Vec<&str> = ["who", "operations"]
        .into_iter()
        .chain(TICKS.iter().map(|(_, text)| *text))
        .collect();
    let rows = shown.iter().flat_map(|operations| {
        let of = |latencies: &Latencies, slower: f64| latencies.quantile(1.0 - slower);
        let known = operations
            .lines
            .iter()
            .flat_map(|(_, _, l)| TICKS.iter().filter_map(move |(slower, _)| of(l, *slower)));
        let scale = Scale::of("s", known);
        operations.lines.iter().map(move |(name, _, latencies)| {
            let cell = |(slower, _): &(f64, &str)| {
                of(latencies, *slower).map_or_else(String::new, |seconds| scale.number(seconds))
            };
            let cells = [(*name).to_owned(), latencies.count.to_string()]
                .into_iter()
                .chain(TICKS.iter().map(cell))
                .collect();
            (format!("{}, {}", title(operations.key), scale.unit), cells)
        })
    });
    grouped(&head, rows)
}
