//! Where the time of a whole goes: its parts as shares of a bar, one bar to a subject.
//!
//! The whole is a headline phase called `total`, or like its workload; the parts are the workload's other timed phases
//! with the same parameters. Parts that overlap (their sum is more than the whole) are not shares: nothing is drawn.

use super::canvas::{Anchor, Canvas, Ink, along, short, svg};
use super::chart::{Chart, Figure, Scene, Worth};
use super::panel::{self, LEFT, RIGHT, WIDTH, name, number};
use crate::analysis::Analysis;
use crate::error::Result;
use crate::number::{Scale, alone};
use crate::series::Key;
use crate::table::Table;

/// See the module text.
pub const CHART: Chart = Chart {
    id: "parts",
    question: "Where does the time go?",
    first: true,
    worth: Worth::Further,
    in_matrix: false,
    draw,
};

const STRIP: i32 = 28;
/// Between the lines of the legend, and how wide it may be.
const LINE: i32 = 20;
const LEGEND: i32 = 860;

/// How far the sum of the parts may lie above the whole: medians of parts do not add up exactly.
const TOLERANCE: f64 = 1.1;

/// One subject: its name, its colour, the whole, its parts in seconds (0 where it has none).
struct Bar {
    name: String,
    colour: usize,
    whole: f64,
    parts: Vec<f64>,
}

fn draw(scene: &Scene<'_>, workload: &str) -> Result<Option<Figure>> {
    let analysis = scene.analysis;
    let whole = scene
        .of(workload)
        .map(|row| row.key.clone())
        .find(|key| key.metric == "time" && (key.phase == "total" || key.phase == workload));
    let Some(whole) = whole else { return Ok(None) };
    let names = part_names(analysis, &whole);
    let bars: Vec<Bar> = analysis
        .subjects()
        .into_iter()
        .enumerate()
        .filter_map(|(colour, subject)| {
            let time = |key: &Key| {
                analysis
                    .get(&subject.name, key)
                    .map(crate::series::Series::median)
            };
            Some(Bar {
                name: subject.name.clone(),
                colour,
                whole: time(&whole).filter(|whole| *whole > 0.0)?,
                parts: names
                    .iter()
                    .map(|name| time(&part(&whole, name)).unwrap_or(0.0))
                    .collect(),
            })
        })
        .collect();
    let overlap = bars
        .iter()
        .any(|bar| bar.parts.iter().sum::<f64>() > TOLERANCE * bar.whole);
    if names.len() < 2 || bars.is_empty() || overlap {
        return Ok(None);
    }
    let top = 14 + LINE * panel::legend(&shown(&names), LEGEND).1;
    let height = top + STRIP * i32::try_from(bars.len()).unwrap_or(0) + 30;
    let description: Vec<String> = bars.iter().map(|bar| describe(bar, &names)).collect();
    let params = whole.params_text();
    let svg = svg(
        &format!("{workload}-parts"),
        (WIDTH, u32::try_from(height).unwrap_or(0)),
        &format!("{workload}: where the time of {} goes", whole.phase),
        &description.join(" "),
        |canvas| {
            legend(canvas, &names)?;
            let scale = Scale::of("s", bars.iter().map(|bar| bar.whole));
            for (bar, y) in bars.iter().zip((0..).map(|i| top + STRIP * i + STRIP / 2)) {
                draw_bar(canvas, y, bar, scale)?;
            }
            for percent in [0, 25, 50, 75, 100] {
                let at = along(LEFT, RIGHT, f64::from(percent) / 100.0);
                canvas.text(
                    (at, height - 16),
                    &format!("{percent} %"),
                    Ink::Muted,
                    11,
                    Anchor::Middle,
                )?;
            }
            Ok(())
        },
    )?;
    let given = if params.is_empty() {
        String::new()
    } else {
        format!(" ({params})")
    };
    Ok(Some(Figure {
        svg,
        caption: format!(
            "Median time of each phase as a share of {}{given}; the number is the whole. What is left blank lies between the phases.",
            whole.phase
        ),
        table: table(&bars, &names, &whole.phase),
    }))
}

fn table(bars: &[Bar], names: &[String], whole: &str) -> Table {
    let scale = Scale::of("s", bars.iter().map(|bar| bar.whole));
    let head = ["who".to_owned(), format!("{whole}, {}", scale.unit)]
        .into_iter()
        .chain(names.iter().map(|name| format!("{name}, {}", scale.unit)));
    let rows = bars.iter().map(|bar| {
        [bar.name.clone(), scale.number(bar.whole)]
            .into_iter()
            .chain(bar.parts.iter().map(|part| scale.number(*part)))
            .collect()
    });
    Table {
        head: head.collect(),
        rows: rows.collect(),
    }
}

/// The workload's other timed phases, as planned, that some subject has with the whole's parameters.
fn part_names(analysis: &Analysis<'_>, whole: &Key) -> Vec<String> {
    let planned = analysis
        .results
        .run
        .workloads
        .iter()
        .filter(|w| w.name == whole.workload)
        .flat_map(|w| &w.phases);
    planned
        .map(|(name, _)| name.clone())
        .filter(|name| *name != whole.phase)
        .filter(|name| {
            let key = part(whole, name);
            analysis
                .subjects()
                .iter()
                .any(|s| analysis.get(&s.name, &key).is_some())
        })
        .collect()
}

fn part(whole: &Key, phase: &str) -> Key {
    Key {
        phase: phase.to_owned(),
        ..whole.clone()
    }
}

fn describe(bar: &Bar, names: &[String]) -> String {
    let parts: Vec<String> = names
        .iter()
        .zip(&bar.parts)
        .map(|(name, time)| format!("{name} {}", alone("s", *time)))
        .collect();
    format!(
        "{}: {} in all; {}.",
        bar.name,
        alone("s", bar.whole),
        parts.join(", ")
    )
}

/// Shades from strong to faint, one to a part.
fn shade(index: usize) -> f64 {
    const SHADES: [f64; 6] = [1.0, 0.62, 0.36, 0.8, 0.48, 0.24];
    SHADES[index % SHADES.len()]
}

/// Names as long as a legend shows them.
fn shown(names: &[String]) -> Vec<String> {
    names.iter().map(|name| short(name, 24)).collect()
}

fn legend(canvas: &Canvas<'_>, names: &[String]) -> Result<()> {
    let names = shown(names);
    let (places, _) = panel::legend(&names, LEGEND);
    for ((index, name), (x, line)) in names.iter().enumerate().zip(places) {
        let y = 12 + LINE * line;
        canvas.rect([(x, y - 6), (x + 12, y + 6)], Ink::Muted, shade(index))?;
        canvas.text((x + 18, y), name, Ink::Text, 12, Anchor::Start)?;
    }
    Ok(())
}

fn draw_bar(canvas: &Canvas<'_>, y: i32, bar: &Bar, scale: Scale) -> Result<()> {
    name(canvas, y, &bar.name)?;
    canvas.rect([(LEFT, y - 9), (RIGHT, y + 9)], Ink::Grid, 0.6)?;
    let sum: f64 = bar.parts.iter().sum();
    let whole = bar.whole.max(sum);
    let mut before = 0.0;
    for (index, time) in bar.parts.iter().enumerate() {
        let (from, to) = (
            along(LEFT, RIGHT, before / whole),
            along(LEFT, RIGHT, (before + time) / whole),
        );
        if to > from {
            canvas.rect([(from, y - 9), (to, y + 9)], Ink::Paper, 1.0)?;
            // A hair of paper keeps neighbours apart.
            canvas.rect(
                [(from, y - 9), ((to - 1).max(from + 1), y + 9)],
                Ink::Subject(bar.colour),
                shade(index),
            )?;
        }
        before += time;
    }
    number(canvas, y, &scale.with_unit(bar.whole))
}
