//! What a phase costs by the size of the file, first time against second time, both axes logarithmic.
//!
//! It draws phases called `X-first` and `X-second` that were measured at two sizes or more.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::chart::{Chart, Figure, Scene, Worth};
use super::curves::{self, Curve, MOST, Plot};
use super::panel;
use crate::analysis::Analysis;
use crate::error::Result;
use crate::number::{Scale, alone, size};
use crate::series::Key;
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "sizes",
    question: "How does the cost grow with the file, the first time and the second?",
    first: true,
    worth: Worth::Answer,
    in_matrix: false,
    draw,
};

/// Medians by size of one subject in one phase.
struct Line {
    name: String,
    colour: Option<usize>,
    points: BTreeMap<u64, f64>,
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let phases = phases(scene.analysis, workload);
    let plots: Vec<(String, Vec<Line>)> = phases
        .into_iter()
        .map(|phase| {
            let lines = lines(scene.analysis, workload, &phase);
            (phase, lines)
        })
        // Controls alone answer nothing.
        .filter(|(_, lines)| {
            let curve = |line: &Line| line.colour.is_some() && line.points.len() > 1;
            lines.iter().any(curve)
        })
        .take(MOST)
        .collect();
    if plots.is_empty() {
        return Ok(None);
    }
    let table = table(&plots);
    let svg = curves::draw(
        &format!("{workload}-sizes"),
        &format!("{workload}: median time by the size of the file"),
        &describe(&plots),
        &drawn(&plots),
    )?;
    Ok(Some(Figure {
        svg,
        caption: "Median time of one operation by the size of the file, from warm caches; both axes are logarithmic and the same in every plot. A line that climbs copies the \
                  file; one that stays flat shares its blocks or changes names only. The second time everyone should be as flat as the control, grey."
            .to_owned(),
        table,
    }))
}

/// Phases measured by size that are called `X-first` or `X-second`, in order of appearance.
fn phases(analysis: &Analysis<'_>, workload: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for series in &analysis.series {
        let key = &series.key;
        let phase = &key.phase;
        if key.workload == workload
            && key.metric == "time"
            && key.params.contains_key("size")
            && (phase.ends_with("-first") || phase.ends_with("-second"))
            && !found.contains(phase)
        {
            found.push(phase.clone());
        }
    }
    found
}

/// Phases of first writes that were measured at several sizes.
pub(crate) fn first_phases(analysis: &Analysis<'_>, workload: &str) -> Vec<String> {
    let mut found = phases(analysis, workload);
    found.retain(|phase| phase.ends_with("-first") && keys(analysis, workload, phase).len() > 1);
    found
}

/// The keys of a phase by size, as the curves show them: from warm caches, where there are several states.
pub(crate) fn keys(analysis: &Analysis<'_>, workload: &str, phase: &str) -> BTreeMap<u64, Key> {
    let own = analysis.series.iter().map(|series| &series.key);
    own.filter(|key| {
        let what = (&*key.workload, &*key.phase, &*key.metric);
        what == (workload, phase, "time") && on_curve(key)
    })
    .filter_map(|key| Some((key.params.get("size")?.parse().ok()?, key.clone())))
    .collect()
}

/// One line each: from warm caches, where there are several states.
fn on_curve(key: &Key) -> bool {
    let mut params = key.params.iter();
    params.all(|(name, value)| name == "size" || (name == "cache" && value == "warm"))
}

#[expect(clippy::cast_precision_loss, reason = "file sizes below 2^53")]
fn drawn(plots: &[(String, Vec<Line>)]) -> Vec<Plot> {
    let all = || {
        plots
            .iter()
            .flat_map(|(_, lines)| lines)
            .flat_map(|line| &line.points)
    };
    let sizes: BTreeSet<u64> = all().map(|(size, _)| *size).collect();
    let x = Axis::logarithmic(sizes.iter().map(|size| *size as f64));
    let y = Axis::logarithmic(all().map(|(_, time)| *time));
    let ticks: Vec<(f64, String)> = sizes
        .iter()
        .map(|bytes| (*bytes as f64, size(&bytes.to_string())))
        .collect();
    let curve = |line: &Line| Curve {
        name: line.name.clone(),
        colour: line.colour,
        points: line
            .points
            .iter()
            .map(|(size, time)| (*size as f64, *time))
            .collect(),
        marked: true,
    };
    plots
        .iter()
        .map(|(phase, lines)| Plot {
            title: phase.clone(),
            curves: lines.iter().map(curve).collect(),
            x,
            y,
            ticks: ticks.clone(),
            below: "size of the file".to_owned(),
            unit: "s".to_owned(),
        })
        .collect()
}

fn lines(analysis: &Analysis<'_>, workload: &str, phase: &str) -> Vec<Line> {
    let subjects = analysis.subjects();
    let controls = analysis.controls();
    let colours = (0..subjects.len())
        .map(Some)
        .chain(controls.iter().map(|_| None));
    subjects
        .iter()
        .chain(&controls)
        .zip(colours)
        .map(|(subject, colour)| {
            let mine = analysis.of(&subject.name, workload).filter(|s| {
                let key = &s.key;
                (&*key.phase, &*key.metric) == (phase, "time") && on_curve(key)
            });
            Line {
                name: subject.name.clone(),
                colour,
                points: mine
                    .filter_map(|s| Some((s.key.params.get("size")?.parse().ok()?, s.median())))
                    .filter(|(_, time)| *time > 0.0)
                    .collect(),
            }
        })
        .filter(|line| !line.points.is_empty())
        .collect()
}

/// What each takes for its largest file.
fn describe(plots: &[(String, Vec<Line>)]) -> String {
    let sentences: Vec<String> = plots
        .iter()
        .map(|(phase, lines)| {
            let last = lines.iter().filter(|line| line.colour.is_some());
            let last = last.filter_map(|line| {
                let (_, time) = line.points.last_key_value()?;
                Some((line.name.as_str(), *time))
            });
            panel::ends(&format!("{phase} of the largest file"), last, |time| {
                alone("s", time)
            })
        })
        .collect();
    sentences.join(" ")
}

fn table(plots: &[(String, Vec<Line>)]) -> Table {
    let sizes: BTreeSet<u64> = plots
        .iter()
        .flat_map(|(_, lines)| lines)
        .flat_map(|line| line.points.keys().copied())
        .collect();
    let names: Vec<String> = sizes.iter().map(|bytes| size(&bytes.to_string())).collect();
    let head: Vec<&str> = std::iter::once("who")
        .chain(names.iter().map(String::as_str))
        .collect();
    let rows = plots.iter().flat_map(|(phase, lines)| {
        let times = lines.iter().flat_map(|line| line.points.values().copied());
        let scale = Scale::of("s", times);
        let sizes = &sizes;
        lines.iter().map(move |line| {
            let cell = |bytes: &u64| {
                let time = line.points.get(bytes);
                time.map_or_else(String::new, |time| scale.number(*time))
            };
            let who = std::iter::once(line.name.clone());
            let cells = who.chain(sizes.iter().map(cell)).collect();
            (format!("{phase}, {}", scale.unit), cells)
        })
    });
    panel::grouped(&head, rows)
}
