//! What is paid beside time: CPU, memory, disk, inodes, and the way back. One chart to a kind of cost, a line to a headline
//! number, a mark to a subject.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Figure, Scene};
use super::panel::{WIDTH, ends, legend, tick_alone};
use crate::error::Result;
use crate::metric::words;
use crate::number::{Scale, alone};
use crate::series::{Key, Series};
use crate::stats::quantile::mean;
use crate::table::Table;

/// A kind of cost.
#[derive(Debug)]
pub struct Cost {
    /// Part of its anchors: `cpu`.
    pub id: &'static str,
    /// In two or three words, for a column.
    pub short: &'static str,
    /// What its chart answers.
    pub question: &'static str,
    metrics: &'static [&'static str],
    /// Which phases; empty: those of the headline numbers.
    phases: &'static [&'static str],
}

/// Every kind, in the order of the page.
#[rustfmt::skip]
pub const ALL: &[Cost] = &[
    Cost { id: "cpu", short: "CPU time", question: "How much CPU time does it take?", metrics: &["cpu"], phases: &[] },
    Cost { id: "memory", short: "memory", question: "How much memory does it hold?", metrics: &["memory", "daemon-memory", "page-cache"], phases: &[] },
    Cost { id: "space", short: "disk space", question: "How much disk space does it take?", metrics: &["allocated"], phases: &[] },
    Cost { id: "amplification", short: "bytes per byte", question: "How many bytes lie on the disk for each one written?", metrics: &["amplification"], phases: &[] },
    Cost { id: "written", short: "device writes", question: "How much is written to the device?", metrics: &["device-written"], phases: &[] },
    Cost { id: "inodes", short: "inodes", question: "How many inodes does it take?", metrics: &["inodes"], phases: &[] },
    Cost { id: "removal", short: "removal", question: "How long does it take until it is gone again?", metrics: &["time"], phases: &["remove", "teardown", "remove-all", "delete", "space-back"] },
];

/// The most lines of one chart.
const MOST: usize = 12;

/// One line: what, and everyone's series.
#[derive(Debug)]
pub struct Line<'a> {
    key: Key,
    /// It is a headline number, or beside one.
    shown: bool,
    label: String,
    unit: String,
    /// Subject, colour, own median, and that of the control.
    marks: Vec<(&'a str, usize, f64, Option<f64>)>,
}

/// The lines of a kind of cost, one for each workload and metric.
pub fn lines<'a>(scene: &Scene<'a>, cost: &Cost) -> Vec<Line<'a>> {
    let each = MOST / cost.metrics.len();
    let mut found = Vec::new();
    for metric in cost.metrics {
        let mut lines: Vec<Line<'a>> = scene
            .analysis
            .workloads()
            .iter()
            .filter_map(|workload| {
                keys(scene, workload, metric, cost.phases)
                    .into_iter()
                    .find_map(|key| line(scene, cost, key))
            })
            .collect();
        // Headline numbers first, then those that name what they measured; each in the order of the run.
        lines.sort_by_key(|line| !line.shown);
        lines.truncate(each);
        found.extend(lines);
    }
    found
}

/// The keys of a metric in a workload: those of headline numbers first, then the largest.
fn keys(scene: &Scene<'_>, workload: &str, metric: &str, phases: &[&str]) -> Vec<Key> {
    let headline = scene.of(workload).map(|row| Key {
        metric: metric.to_owned(),
        ..row.key.clone()
    });
    let allowed = |key: &Key| phases.is_empty() || phases.contains(&key.phase.as_str());
    let mut keys: Vec<Key> = headline.filter(allowed).collect();
    let mut others: Vec<(&Key, f64)> = scene
        .analysis
        .series
        .iter()
        .filter(|s| s.key.workload == workload && s.key.metric == metric && allowed(&s.key))
        .map(|s| (&s.key, s.median()))
        .collect();
    others.sort_by(|a, b| b.1.total_cmp(&a.1));
    keys.extend(others.into_iter().map(|(key, _)| key.clone()));
    keys
}

/// The line of a key, when some subject under test has a value above 0.
fn line<'a>(scene: &Scene<'a>, cost: &Cost, key: Key) -> Option<Line<'a>> {
    let analysis = scene.analysis;
    let mut unit = String::new();
    let marks: Vec<(&str, usize, f64, Option<f64>)> = analysis
        .subjects()
        .into_iter()
        .enumerate()
        .filter_map(|(colour, subject)| {
            let series = analysis.get(&subject.name, &key)?;
            unit.clone_from(&series.unit);
            let control = analysis.control_of(&subject.name, &key);
            let control = control.map(Series::median);
            Some((subject.name.as_str(), colour, series.median(), control))
        })
        .collect();
    let shown = scene
        .of(&key.workload)
        .any(|row| row.key.phase == key.phase && row.key.params == key.params);
    marks.iter().any(|mark| mark.2 > 0.0).then(|| Line {
        shown,
        label: label(scene, cost, &key),
        key,
        unit,
        marks,
    })
}

fn label(scene: &Scene<'_>, cost: &Cost, key: &Key) -> String {
    let of =
        |row: &&crate::headline::Row| row.key.phase == key.phase && row.key.params == key.params;
    let mut label = match scene.of(&key.workload).find(of) {
        Some(row) => row.label.clone(),
        None => format!("{} {}", key.workload, key.phase),
    };
    // "The same" needs the line before it, which is not here.
    if label.starts_with("The same") {
        label = format!("{} {} {}", key.workload, key.phase, key.params_text());
    }
    if cost.metrics.len() > 1 {
        label = format!("{label}: {}", words(&key.metric));
    }
    label
}

/// How many times the control's cost a subject has: the geometric mean over the lines where both are above 0, and over how
/// many that is.
pub fn against_control(lines: &[Line<'_>], subject: &str) -> Option<(f64, usize)> {
    let logs: Vec<f64> = lines
        .iter()
        .flat_map(|line| &line.marks)
        .filter(|mark| mark.0 == subject)
        .filter_map(|(_, _, own, control)| Some((own, (*control)?)))
        .filter(|(own, control)| **own > 0.0 && *control > 0.0)
        .map(|(own, control)| (own / control).ln())
        .collect();
    Some((mean(&logs)?.exp(), logs.len()))
}

const ZERO: i32 = 318;
const LEFT: i32 = 346;
const RIGHT: i32 = 858;
const STRIP: i32 = 30;
const ROW: i32 = 20;

/// Draws a kind of cost; `None` where nothing of it was measured.
///
/// # Errors
/// `Drawing`.
pub fn figure(cost: &Cost, lines: &[Line<'_>]) -> Result<Option<Figure>> {
    let values = || lines.iter().flat_map(|line| &line.marks);
    let Some(unit) = lines.first().map(|line| line.unit.as_str()) else {
        return Ok(None);
    };
    let axis = Axis::of(
        unit,
        values().flat_map(|(_, _, own, control)| [*own, control.unwrap_or(0.0)]),
    );
    let mut who: Vec<(&str, usize)> = values()
        .map(|(name, colour, ..)| (*name, *colour))
        .collect();
    who.sort_by_key(|(_, colour)| *colour);
    who.dedup();
    let names: Vec<String> = who.iter().map(|(name, _)| short(name, 30)).collect();
    let (places, legend_lines) = legend(&names, 860);
    let top = legend_lines * ROW + 14;
    let bottom = top + STRIP * i32::try_from(lines.len()).unwrap_or(0);
    let table = table(lines, &who);
    let description: Vec<String> = lines
        .iter()
        .map(|line| {
            let medians = line.marks.iter().map(|mark| (mark.0, mark.2));
            ends(&line.label, medians, |median| alone(&line.unit, median))
        })
        .collect();
    let svg = svg(
        &format!("cost-{}", cost.id),
        (WIDTH, u32::try_from(bottom + 30).unwrap_or(0)),
        cost.question,
        &description.join(" "),
        |canvas| {
            for (((_, colour), name), (x, row)) in who.iter().zip(&names).zip(places) {
                let y = 10 + ROW * row;
                canvas.marker((x + 8, y), *colour)?;
                canvas.text((x + 20, y), name, Ink::Text, 12, Anchor::Start)?;
            }
            for tick in axis.ticks() {
                let at = along(LEFT, RIGHT, axis.place(tick));
                canvas.line((at, top), (at, bottom), Ink::Grid, 1)?;
            }
            for tick in axis.ticks() {
                let at = (along(LEFT, RIGHT, axis.place(tick)), bottom + 13);
                canvas.text(at, &tick_alone(unit, tick), Ink::Muted, 11, Anchor::Middle)?;
            }
            if values().any(|(_, _, own, control)| *own <= 0.0 || *control == Some(0.0)) {
                canvas.text((ZERO, bottom + 13), "0", Ink::Muted, 11, Anchor::Middle)?;
            }
            for (line, y) in lines.iter().zip((0..).map(|i| top + STRIP * i + STRIP / 2)) {
                draw_line(canvas, y, axis, line, who.len())?;
            }
            Ok(())
        },
    )?;
    Ok(Some(Figure {
        svg,
        caption: "Medians, on a logarithmic axis; left is less. Grey dots are the controls. One line to a workload: what was measured beside its first headline number, else its largest."
            .to_owned(),
        table,
    }))
}

/// Where a value lies: 0, which no logarithm has, left of the axis.
fn place(axis: Axis, value: f64) -> i32 {
    if value > 0.0 {
        along(LEFT, RIGHT, axis.place(value))
    } else {
        ZERO
    }
}

fn draw_line(canvas: &Canvas<'_>, y: i32, axis: Axis, line: &Line<'_>, of: usize) -> Result<()> {
    let x = |value: f64| place(axis, value);
    canvas.text(
        (0, y),
        &short(&line.label, 48),
        Ink::Text,
        12,
        Anchor::Start,
    )?;
    canvas.line((ZERO, y), (RIGHT, y), Ink::Grid, 1)?;
    let mut controls: Vec<i32> = line.marks.iter().filter_map(|mark| mark.3).map(x).collect();
    controls.sort_unstable();
    controls.dedup();
    for control in controls {
        canvas.dot((control, y), 3, Ink::Muted, 1.0)?;
    }
    // Marks of equal values stand below each other.
    let middle = i32::try_from(of.saturating_sub(1)).unwrap_or(0);
    for (_, colour, own, _) in &line.marks {
        let above = 2 * i32::try_from(*colour).unwrap_or(0) - middle;
        let by = above * 16 / (2 * middle.max(4));
        canvas.marker((x(*own), y + by.clamp(-9, 9)), *colour)?;
    }
    Ok(())
}

fn table(lines: &[Line<'_>], who: &[(&str, usize)]) -> Table {
    let head =
        std::iter::once("what".to_owned()).chain(who.iter().map(|(name, _)| (*name).to_owned()));
    let rows = lines.iter().map(|line| {
        let scale = Scale::of(&line.unit, line.marks.iter().map(|mark| mark.2));
        let cell = |(name, _): &(&str, usize)| {
            let mark = line.marks.iter().find(|mark| mark.0 == *name);
            mark.map_or_else(|| "–".to_owned(), |mark| scale.with_unit(mark.2))
        };
        let params = line.key.params_text();
        let what = if params.is_empty() {
            line.label.clone()
        } else {
            format!("{} ({params})", line.label)
        };
        std::iter::once(what).chain(who.iter().map(cell)).collect()
    });
    Table {
        head: head.collect(),
        rows: rows.collect(),
    }
}
