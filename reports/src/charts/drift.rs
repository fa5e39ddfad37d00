//! Whether the machine stayed the same: every cell against its subject's own median, by time and by place in the round.
//!
//! A cell's value is the mean, over the workload's headline numbers, of how far each lies from its subject's median, as a
//! logarithm; numbers that repeat exactly lie at 0.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Chart, Figure, Scene, Worth};
use super::panel::{WIDTH, ends, grouped, legend, tick_text};
use super::rounds::some;
use crate::error::Result;
use crate::number::three;
use crate::stats::quantile::{mean, median, quantile};
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "drift",
    question: "Did the machine change during the run?",
    first: false,
    worth: Worth::Check,
    in_matrix: false,
    draw,
};

const TOP: i32 = 30;
const TALL: i32 = 150;
const FOOT: i32 = 44;
const LINE: i32 = 20;
/// Left and right end of the plots: by time, by place.
const PLOTS: [(i32, i32); 2] = [(62, 560), (640, 866)];
/// Deviations beyond this are drawn at the edge, percent.
const EDGE: f64 = 400.0;
/// Fewer rounds show no drift.
const ROUNDS: usize = 3;

/// One cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// Minutes since the run began, or the round where that is not known.
    at: f64,
    /// Counted from 0.
    position: u32,
    /// Percent above the subject's median.
    above: f64,
    flagged: bool,
}

struct Line {
    name: String,
    /// `None` for a control.
    colour: Option<usize>,
    cells: Vec<Cell>,
}

/// When a cell was, its place in the round, whether something else disturbed it.
type Moment = (Option<f64>, u32, bool);

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let (lines, timed) = lines(scene, workload);
    if lines.iter().all(|line| line.cells.len() < ROUNDS) {
        return Ok(None);
    }
    let names: Vec<String> = lines.iter().map(|line| short(&line.name, 30)).collect();
    let (places, legend_lines) = legend(&names, 860);
    let top = legend_lines * LINE + TOP;
    let height = top + TALL + FOOT;
    let cells = || lines.iter().flat_map(|line| &line.cells);
    let most = cells().map(|cell| cell.above.abs()).fold(5.0, f64::max);
    let y = Axis::linear(-most, most);
    let reach = cells().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), cell| {
        (low.min(cell.at), high.max(cell.at))
    });
    let x = Axis::linear(reach.0, reach.1);
    let last = cells().map(|cell| cell.position).max().unwrap_or(0);
    let table = table(&lines, last);
    let spread = lines.iter().map(|line| {
        let above = line.cells.iter().map(|cell| cell.above.abs());
        (line.name.as_str(), above.fold(0.0, f64::max))
    });
    let description = ends("furthest from its own median", spread, |above| {
        format!("{} %", three(above))
    });
    let svg = svg(
        &format!("{workload}-drift"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: deviation from the median by time and by place in the round"),
        &description,
        |canvas| {
            for ((line, name), (dx, row)) in lines.iter().zip(&names).zip(places) {
                let at = (dx + 8, 10 + LINE * row);
                canvas.dot(at, 4, ink(line.colour), 1.0)?;
                canvas.text((at.0 + 12, at.1), name, Ink::Text, 12, Anchor::Start)?;
            }
            by_time(canvas, top, &lines, (x, y), timed)?;
            by_place(canvas, top, &lines, y, last)
        },
    )?;
    Ok(Some(Figure {
        svg,
        caption: "How far each cell lies from its own subject's median, over all headline numbers; at the places in the round the middle half and the median. Rings: the \
                  machine was busy with something else. What rises and falls together is the machine, and cancels in the ratios."
            .to_owned(),
        table,
    }))
}

fn ink(colour: Option<usize>) -> Ink {
    colour.map_or(Ink::Muted, Ink::Subject)
}

/// The lines of a workload, and whether the cells' times are known.
fn lines(scene: &Scene<'_>, workload: &str) -> (Vec<Line>, bool) {
    let moments = moments(scene, workload);
    let timed = !moments.is_empty() && moments.values().all(|moment| moment.0.is_some());
    let analysis = scene.analysis;
    let controls = analysis.controls().into_iter().zip(std::iter::repeat(None));
    let subjects = analysis.subjects().into_iter().zip((0..).map(Some));
    let lines = subjects
        .chain(controls)
        .map(|(subject, colour)| {
            let mut logs: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
            for row in scene.of(workload) {
                let series = match colour {
                    Some(_) => analysis.get(&subject.name, &row.key),
                    // The control has its own name for the target, so it is found through a subject.
                    None => analysis
                        .subjects()
                        .iter()
                        .filter_map(|other| analysis.control_of(&other.name, &row.key))
                        .find(|series| series.subject == subject.name),
                };
                let Some(series) = series.filter(|series| series.median() > 0.0) else {
                    continue;
                };
                for (round, value) in series.rounds.iter().filter(|(_, value)| **value > 0.0) {
                    let log = (value / series.median()).ln();
                    logs.entry(*round).or_default().push(log);
                }
            }
            let mut cells: Vec<Cell> = logs
                .into_iter()
                .filter_map(|(round, logs)| {
                    let moment = moments.get(&(subject.name.as_str(), round));
                    let (began, position, flagged) = moment.copied().unwrap_or_default();
                    let above = (mean(&logs)?.exp() - 1.0) * 100.0;
                    Some(Cell {
                        at: began.filter(|_| timed).unwrap_or(f64::from(round) + 1.0),
                        position,
                        above: above.min(EDGE),
                        flagged,
                    })
                })
                .collect();
            cells.sort_by(|a, b| a.at.total_cmp(&b.at));
            Line {
                name: subject.name.clone(),
                colour,
                cells: some(&cells, scene.rounds.max(40)),
            }
        })
        .filter(|line| !line.cells.is_empty())
        .collect();
    (lines, timed)
}

/// What is known of each subject's cell in each round.
fn moments<'a>(scene: &Scene<'a>, workload: &str) -> BTreeMap<(&'a str, u32), Moment> {
    let results = scene.analysis.results;
    if results.cells.is_empty() {
        let records = results.records.iter().filter(|r| r.workload == workload);
        return records
            .map(|r| {
                let key = (r.subject.as_str(), r.round);
                (key, (None, r.position, !r.flags.is_empty()))
            })
            .collect();
    }
    let cells = results.cells.iter().filter(|c| c.workload == workload);
    cells
        .map(|c| {
            let key = (c.subject.as_str(), c.round);
            (
                key,
                (Some(c.began_s / 60.0), c.position, !c.flags.is_empty()),
            )
        })
        .collect()
}

fn frame(
    canvas: &Canvas<'_>,
    (left, right): (i32, i32),
    top: i32,
    y: Axis,
    title: &str,
) -> Result<()> {
    let place = |value: f64| along(top + TALL, top, y.place(value));
    canvas.bold((left, top - 14), title, Ink::Text, 13, Anchor::Start)?;
    for tick in y.ticks() {
        canvas.line((left, place(tick)), (right, place(tick)), Ink::Grid, 1)?;
    }
    canvas.line((left, place(0.0)), (right, place(0.0)), Ink::Muted, 1)?;
    for tick in y.ticks() {
        let sign = if tick > 0.0 {
            "+"
        } else if tick < 0.0 {
            "−"
        } else {
            ""
        };
        let text = format!("{sign}{} %", tick_text(tick.abs()));
        canvas.text((left - 7, place(tick)), &text, Ink::Muted, 11, Anchor::End)?;
    }
    Ok(())
}

fn by_time(
    canvas: &Canvas<'_>,
    top: i32,
    lines: &[Line],
    (x, y): (Axis, Axis),
    timed: bool,
) -> Result<()> {
    let (left, right) = PLOTS[0];
    frame(canvas, PLOTS[0], top, y, "By time")?;
    for tick in x.ticks() {
        let at = (along(left, right, x.place(tick)), top + TALL + 12);
        canvas.text(at, &tick_text(tick), Ink::Muted, 11, Anchor::Middle)?;
    }
    let name = if timed {
        "minutes since the run began"
    } else {
        "round"
    };
    let below = (along(left, right, 0.5), top + TALL + 30);
    canvas.text(below, name, Ink::Muted, 11, Anchor::Middle)?;
    for line in lines {
        let at = |cell: &Cell| {
            (
                along(left, right, x.place(cell.at)),
                along(top + TALL, top, y.place(cell.above)),
            )
        };
        let points: Vec<(i32, i32)> = line.cells.iter().map(at).collect();
        canvas.path(&points, ink(line.colour), 1)?;
        for cell in line.cells.iter().filter(|cell| cell.flagged) {
            canvas.ring(at(cell), 4, ink(line.colour))?;
        }
    }
    Ok(())
}

fn by_place(canvas: &Canvas<'_>, top: i32, lines: &[Line], y: Axis, last: u32) -> Result<()> {
    let (left, right) = PLOTS[1];
    frame(canvas, PLOTS[1], top, y, "By place in the round")?;
    let column = |position: u32| {
        along(
            left,
            right,
            (f64::from(position) + 0.5) / f64::from(last + 1),
        )
    };
    let height = |above: f64| along(top + TALL, top, y.place(above));
    for position in 0..=last {
        let at = column(position);
        let text = (position + 1).to_string();
        canvas.text((at, top + TALL + 12), &text, Ink::Muted, 11, Anchor::Middle)?;
    }
    for position in 0..=last {
        let above = of_place(lines, position);
        let at = column(position);
        if let (Some(low), Some(high)) = (quantile(&above, 0.25), quantile(&above, 0.75)) {
            let (top, bottom) = (height(high), height(low).max(height(high) + 1));
            canvas.rect([(at - 7, top), (at + 7, bottom)], Ink::Muted, 0.3)?;
        }
    }
    for position in 0..=last {
        if let Some(middle) = median(&of_place(lines, position)) {
            let (at, y) = (column(position), height(middle));
            canvas.rect([(at - 7, y - 1), (at + 7, y + 1)], Ink::Text, 1.0)?;
        }
    }
    Ok(())
}

fn of_place(lines: &[Line], position: u32) -> Vec<f64> {
    lines
        .iter()
        .flat_map(|line| &line.cells)
        .filter(|cell| cell.position == position)
        .map(|cell| cell.above)
        .collect()
}

/// `+3.20 %`.
fn percent(values: &[f64]) -> String {
    median(values).map_or_else(String::new, |value| {
        let sign = if value < 0.0 { "−" } else { "+" };
        format!("{sign}{} %", three(value.abs()))
    })
}

fn table(lines: &[Line], last: u32) -> Table {
    let subjects = lines.iter().map(|line| {
        let above: Vec<f64> = line.cells.iter().map(|cell| cell.above).collect();
        let (first, second) = above.split_at(above.len() / 2);
        let disturbed = line.cells.iter().filter(|cell| cell.flagged).count();
        let cells = vec![
            line.name.clone(),
            above.len().to_string(),
            percent(first),
            percent(second),
            disturbed.to_string(),
        ];
        ("by time".to_owned(), cells)
    });
    let places: Vec<String> = (0..=last)
        .map(|place| percent(&of_place(lines, place)))
        .collect();
    let places = (
        "by place in the round".to_owned(),
        vec![
            format!("medians of places 1 to {}", last + 1),
            places.join(", "),
        ],
    );
    let head = ["who", "cells", "first half", "second half", "disturbed"];
    grouped(&head, subjects.chain([places]))
}
